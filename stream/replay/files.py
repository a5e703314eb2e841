"""The lines of files, plain or gzipped."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Final

from stream.adapters.rows import InputRefused

_GZIP: Final = b"\x1f\x8b"
_LINES_A_TICK: Final = 2_000

Tick = Callable[[int], None]
"""Told how many bytes were read since the last time, as they lie on disk."""


def lines_of(path: Path, tick: Tick) -> Iterator[bytes]:
    """Yield a file's lines with their ends; gzip is known by its first bytes. Raises `InputRefused` if it is broken."""
    try:
        with path.open("rb") as file:
            if file.peek(2)[:2] == _GZIP:
                with gzip.open(file) as unpacked:
                    yield from _ticked(unpacked, file, tick)
            else:
                yield from _ticked(file, file, tick)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputRefused(f"cannot read {path}: {reason}") from error


def _ticked(lines: Iterable[bytes], file: BufferedReader, tick: Tick) -> Iterator[bytes]:
    told = 0
    for count, line in enumerate(lines):
        if count % _LINES_A_TICK == 0:
            read = file.tell()
            tick(read - told)
            told = read
        yield line
    tick(file.tell() - told)


def unique_sources(paths: Iterable[Path]) -> list[str]:
    """Return a name for each file, its own up to the first dot; a name met before gets a number, so that ids differ."""
    met: dict[str, int] = {}
    names = []
    for path in paths:
        stem = path.name.split(".")[0].encode("utf-8", "replace").decode()[:64] or "file"
        met[stem] = met.get(stem, 0) + 1
        names.append(stem if met[stem] == 1 else f"{stem}.{met[stem]}")
    return names
