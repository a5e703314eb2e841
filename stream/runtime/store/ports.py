"""What a store needs of a disk: keys in order, and batches that are written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Unreadable(Exception):
    """What is on the disk cannot be read: it is to be wiped."""


class KeyValues(Protocol):
    """Keys and values of one task. Raises StreamStop where the disk fails, and is then wiped at the next opening."""

    def get(self, key: bytes) -> bytes | None: ...

    def get_all(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """Return the values of several keys, in their order."""

    def scan(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Return what is at or above a key and below another, in order, at most so many."""

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Write it all, or after a crash nothing of it and nothing of what was written later; None removes a key."""

    def size_bytes(self) -> int:
        """Return how much room it takes."""

    def close(self) -> None:
        """Let go of it; once is enough, twice does no harm."""


class Disk(Protocol):
    """Where the stores of one worker are."""

    def open(self, partition: int) -> KeyValues:
        """Open what there is of a task, or begin with nothing.

        Raises Unreadable, or StreamStop where another process has it open.
        """

    def wipe(self, partition: int) -> None:
        """Remove all there is of a task; raises StreamStop where that cannot be."""
