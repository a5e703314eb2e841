"""Values too large for one record, in parts: written in one transaction, each under a key of its own.

A compacted topic keeps the latest part of each key. Parts that an earlier, longer value left behind bear its stamp, and
are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from stream.model.errors import StreamStop
from stream.runtime.task_ports import Outgoing

PART_BYTES: Final = 500_000
"""Well below the mebibyte that a broker takes."""


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One of so many parts of the value that bears this stamp."""

    stamp: int
    number: int
    count: int
    piece: bytes


class Whole(msgspec.Struct, frozen=True):
    """A value put together again."""

    name: str
    stamp: int
    value: bytes


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Part)


def parts_of(name: str, stamp: int, value: bytes, part_bytes: int = PART_BYTES) -> Iterator[Outgoing]:
    """Give the records of a value, at least one; the stamp tells it from all that the name had before."""
    count = max(1, -(-len(value) // part_bytes))
    for number in range(count):
        piece = value[number * part_bytes : (number + 1) * part_bytes]
        yield Outgoing(f"{name}/{number}".encode(), _encoder.encode(Part(stamp, number, count, piece)))


class Assembly:
    """Puts values together, of records in the order of the log."""

    def __init__(self) -> None:
        self._pieces: Final[dict[str, tuple[int, dict[int, bytes]]]] = {}

    def take(self, key: bytes | None, value: bytes | None) -> Whole | None:
        """Take the next record; return the value that is whole with it. Raises StreamStop on what is no part."""
        try:
            name = (key or b"").decode().rpartition("/")[0]
            part = _decoder.decode(value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StreamStop(f"a record of the shared knowledge cannot be read by this version: {error}") from error
        stamp, pieces = self._pieces.get(name, (part.stamp, {}))
        if stamp != part.stamp:
            # What is left of a value that compaction has taken apart, or this is.
            if stamp > part.stamp:
                return None
            pieces = {}
        pieces[part.number] = part.piece
        if len(pieces) < part.count:
            self._pieces[name] = (part.stamp, pieces)
            return None
        self._pieces.pop(name, None)
        return Whole(name, part.stamp, b"".join(pieces[number] for number in range(part.count)))
