"""Header names that are not UTF-8: brokers take them, and aiokafka raises UnicodeDecodeError at each fetch of one.

Any producer whose strings are bytes can write such a name, and it is no reason to reject the record. Where it comes
up, the batch concerned is read again, by aiokafka's reader in Python, with `\\xff` in the place of a byte that is no
UTF-8. Such a name can be written again, into a dead letter, and read by whoever reads that; surrogates could not.
"""

from typing import Any, Final

import aiokafka
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy

_REPLACED: Final = {"MemoryRecords", "PartitionRecords"}


def accept_any_header_name() -> None:
    """Let all of aiokafka's consumers in this process read them; may be called again.

    Raises RuntimeError where aiokafka has changed, and no longer reads by the parts that are replaced.
    """
    if not set(fetcher.Fetcher._proc_fetch_request.__code__.co_names) >= _REPLACED:
        raise RuntimeError(f"aiokafka {aiokafka.__version__} reads records in another way: header names may stop it")
    fetcher.MemoryRecords = _Fetched
    fetcher.PartitionRecords = _PartitionRecords


class _Fetched(MemoryRecords):  # type: ignore[misc]  # aiokafka ships no types
    """The batches of a fetch as aiokafka reads them, and their bytes, should they have to be read again."""

    def __init__(self, fetched: bytes) -> None:
        super().__init__(fetched)
        self.fetched: Final = fetched


class _PartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka ships no types
    """The records of a fetch; costs nothing more than aiokafka's own until a name cannot be read."""

    _records: Any
    _records_iterator: Any

    def __next__(self) -> Any:
        while True:
            try:
                return next(self._records_iterator)
            except StopIteration:
                self._records_iterator = None
                raise
            except UnicodeDecodeError:
                if not isinstance(self._records, _FetchedAgain):
                    self._records = _FetchedAgain(self._records.fetched, self.next_fetch_offset)
                elif not self._records.repeat():
                    raise
                # It skips what was read of the batch before, by `next_fetch_offset`.
                self._records_iterator = self._unpack_records()


class _FetchedAgain(_MemoryRecordsPy):  # type: ignore[misc]  # aiokafka ships no types
    """The batches of a fetch from the one on that holds `offset`, that one so that any name can be read."""

    _batch: Any
    _batch_bytes: memoryview

    def __init__(self, fetched: bytes, offset: int) -> None:
        super().__init__(fetched)
        self._is_repeated = False
        while self.next_batch().next_offset <= offset:
            pass
        self.repeat()

    def repeat(self) -> bool:
        """Return the last batch once more, now with any name; False where it was, so that names are not what fails."""
        self._is_repeated = not isinstance(self._batch, _AnyNames)
        return self._is_repeated

    def has_next(self) -> bool:
        return self._is_repeated or bool(super().has_next())

    def next_batch(self) -> Any:
        if self._is_repeated:
            self._is_repeated = False
            self._batch = _AnyNames(self._batch_bytes)
        else:
            self._batch_bytes = self._next_slice
            self._batch = super().next_batch()
        return self._batch


class _AnyNames(_DefaultRecordBatchPy):  # type: ignore[misc]  # aiokafka ships no types
    """A batch of which every header name can be read."""

    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _AnyText(self._buffer)


class _AnyText(bytearray):
    """Bytes of which every slice can be decoded."""

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return _AnyText(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        """Return text, whatever it is."""
        return super().decode(encoding, errors)
