"""Stores in RocksDB, one database a task, in a folder of the worker's own."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

from rocksdict import (
    BlockBasedOptions,
    Cache,
    DBCompressionType,
    Options,
    Rdict,
    ReadOptions,
    WriteBatch,
    WriteBufferManager,
)

from stream.model.errors import StreamStop
from stream.runtime.store.ports import Unreadable

logger = logging.getLogger(__name__)
T = TypeVar("T")

_WRITE_BUFFER_BYTES: Final = 32 << 20
"""Who does much is written again and again: one large buffer keeps only the latest of it."""

_WRITE_BUFFERS: Final = 3
_ALL_BUFFERS_BYTES: Final = 128 << 20
"""Of all tasks together: with many of them each writes its buffer out sooner."""

_BLOB_MIN_BYTES: Final = 256
"""A profile is larger. It lies beside the tables: these stay small, and putting them in order moves keys only."""

_BLOB_FILE_BYTES: Final = 64 << 20
_BLOB_AGE_CUTOFF: Final = 0.25
_BLOB_GARBAGE: Final = 0.5
"""Of the oldest quarter of blob files: once half of it is garbage, the rest is moved, and the files are removed."""

_LEVEL_BYTES: Final = 8 << 20
_TABLE_BYTES: Final = 2 << 20
"""Tables have keys only, so the usual sizes would make it one level, all of which is written anew each time."""

_LOG_FILE_BYTES: Final = 4 << 20
_OPEN_FILES: Final = 500
_FILES: Final = ("sst-files", "blob-file")
_IN_DOUBT: Final = "in-doubt"
"""A file beside the database: the disk failed while it was open."""


class RocksDisk:
    """The port `Disk`: `folder` is of one worker alone, and all its stores share one cache of so many bytes."""

    def __init__(self, folder: Path, cache_bytes: int) -> None:
        self._folder: Final = folder
        self._cache: Final = Cache(cache_bytes)
        self._buffers: Final = WriteBufferManager(_ALL_BUFFERS_BYTES, False)

    def open(self, partition: int) -> RocksValues:
        """Open one, or begin it."""
        path = self._path(partition)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StreamStop(f"state_dir: {path} cannot be made: {error}") from error
        if (path / _IN_DOUBT).exists():
            raise Unreadable("the disk failed when it was used last")
        return RocksValues(path, self._opened(path))

    def wipe(self, partition: int) -> None:
        """Remove one; the database's own lock keeps it from being one that is in use."""
        path = self._path(partition)
        if (path / "db").exists():
            # Held by whoever has it open: destroying what another process works on would be worse than to stop.
            _with_lock_told(path, lambda: Rdict.destroy(str(path / "db"), Options(raw_mode=True)))
        try:
            shutil.rmtree(path, ignore_errors=False)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StreamStop(f"state_dir: {path} cannot be removed: {error}; remove it by hand") from error

    def _path(self, partition: int) -> Path:
        return self._folder / str(partition)

    def _opened(self, path: Path) -> Rdict:
        try:
            return _with_lock_told(path, lambda: Rdict(str(path / "db"), _options(self._cache, self._buffers)))
        except StreamStop:
            raise
        except Exception as error:
            raise Unreadable(str(error)) from error


class RocksValues:
    """The port `KeyValues` over one database."""

    def __init__(self, path: Path, database: Rdict) -> None:
        self._path: Final = path
        self._database: Final = database
        self._is_closed = False

    def get(self, key: bytes) -> bytes | None:
        """Look one key up."""
        return self._or_in_doubt(lambda: self._database.get(key))

    def get_all(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """Look several up at once."""
        return self._or_in_doubt(lambda: self._database.get(list(keys)) or [])

    def scan(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Read in order, all at once: an iterator left open would keep the database open, too."""
        return self._or_in_doubt(lambda: self._scanned(start, end, limit))

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Write to the database's log, which outlives the process; a machine that stops may lose the latest."""
        batch = WriteBatch(raw_mode=True)
        for key, value in changes.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        self._or_in_doubt(lambda: self._database.write(batch))

    def size_bytes(self) -> int:
        """Ask the database for the size of its files."""
        if self._is_closed:
            return 0
        return sum(self._database.property_int_value(f"rocksdb.total-{files}-size") or 0 for files in _FILES)

    def close(self) -> None:
        """Close the database; whatever that brings, whoever lets go of it has more to let go of."""
        if not self._is_closed:
            self._is_closed = True
            try:
                self._database.close()
            except Exception as error:  # noqa: BLE001  # what is on the disk is judged when it is opened again
                logger.warning("while closing the store in %s: %s", self._path, error)

    def _scanned(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        options = ReadOptions()
        options.set_iterate_upper_bound(end)
        iterator, found = self._database.iter(options), list[tuple[bytes, bytes]]()
        iterator.seek(start)
        while len(found) < limit and iterator.valid():
            found.append((iterator.key(), iterator.value()))
            iterator.next()
        iterator.status()
        return found

    def _or_in_doubt(self, work: Callable[[], T]) -> T:
        """Do it; where it fails, see to it that this database is not believed again."""
        try:
            return work()
        except Exception as error:
            if not self._is_closed:
                self._note_doubt()
            raise StreamStop(
                f"state_dir: the store in {self._path} failed: {error}. See to the disk, its free space above all; "
                "the store is built anew from the changelog when the worker starts"
            ) from error

    def _note_doubt(self) -> None:
        try:
            (self._path / _IN_DOUBT).touch()
        except OSError as error:
            # A disk that is full may refuse even this; what it holds then is checked when it is opened.
            logger.warning("%s cannot be marked as in doubt: %s", self._path, error)


def _with_lock_told(path: Path, work: Callable[[], T]) -> T:
    try:
        return work()
    except Exception as error:
        if "lock" not in str(error).lower():
            raise
        raise StreamStop(
            f"state_dir: {path} is in use by another process ({error}). Two workers must not share a state_dir: give "
            "each its own, or wait until the former worker has ended"
        ) from error


def _options(cache: Cache, buffers: WriteBufferManager) -> Options:
    """Return options that bound the memory: by the cache and the write buffers, which all tasks share."""
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(_table_options(cache))
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(_WRITE_BUFFERS)
    options.set_max_open_files(_OPEN_FILES)
    options.set_write_buffer_manager(buffers)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(_LOG_FILE_BYTES)
    options.set_paranoid_checks(True)
    _keep_profiles_apart(options)
    return options


def _table_options(cache: Cache) -> BlockBasedOptions:
    table = BlockBasedOptions()
    table.set_block_cache(cache)
    table.set_cache_index_and_filter_blocks(True)
    # Ten bits a key answer all but one in a hundred look-ups of unknown users without a read.
    table.set_bloom_filter(10, False)
    table.set_format_version(5)
    return table


def _keep_profiles_apart(options: Options) -> None:
    """Keep profiles in blob files, and nothing compressed: they are so already, and keys are few bytes."""
    options.set_compression_type(DBCompressionType.none())
    options.set_enable_blob_files(True)
    options.set_min_blob_size(_BLOB_MIN_BYTES)
    options.set_blob_compression_type(DBCompressionType.none())
    options.set_blob_file_size(_BLOB_FILE_BYTES)
    options.set_enable_blob_gc(True)
    options.set_blob_gc_age_cutoff(_BLOB_AGE_CUTOFF)
    options.set_blob_gc_force_threshold(_BLOB_GARBAGE)
    options.set_max_bytes_for_level_base(_LEVEL_BYTES)
    options.set_target_file_size_base(_TABLE_BYTES)
