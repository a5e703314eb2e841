"""The position record: how far a task has decided, written beside its profiles in every checkpoint."""

from __future__ import annotations

from typing import Final

import msgspec

from stream.decision.items.news import Place
from stream.decision.turn import Use
from stream.model.errors import StreamStop
from stream.model.profile import NEVER

POSITION_KEY: Final = b"\xffposition"
"""Its key in the changelog: no user id, since 0xff never occurs in UTF-8."""


class Position(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Everything of a task that is in no profile.

    `next_offsets` is by topic, the lowest undecided offset; `decided_beyond` has ranges (first, last) of offsets
    above it that were decided all the same. Heartbeats need no place of their own: one is passed by the position only
    when the clock has reached it. `topic_ids` is empty where the broker's are not known. `wrong` and `misplaced` are
    the windows of `Limits`, by topic: (offset, what was wrong there). `catalogue`, of task 0 alone, has by partition
    the offset up to which wrong records of the catalogue are among the dead letters. `uses` are who goes by which
    definition of a journey, None where a version wrote this that did not count them. `told` says by partition of the
    catalogue up to where users were told of changes: the offset to go on with, and the last user told of that one.
    """

    next_offsets: dict[str, int] = {}
    decided_beyond: dict[str, list[tuple[int, int]]] = {}
    clock_ms: int = -NEVER
    segments: dict[str, int] = {}
    runs: dict[str, int] = {}
    uses: dict[str, Use] | None = None
    topic_ids: dict[str, str] = {}
    wrong: dict[str, list[tuple[int, str]]] = {}
    misplaced: dict[str, list[tuple[int, str]]] = {}
    catalogue: dict[int, int] = {}
    told: dict[int, Place] = {}

    def skipped(self, topic: str) -> set[int]:
        """Return the offsets not to decide again though they are read again."""
        return {offset for first, last in self.decided_beyond.get(topic, []) for offset in range(first, last + 1)}


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Position)


def encode_position(position: Position) -> bytes:
    """Return the record's value."""
    return _encoder.encode(position)


def decode_position(value: bytes) -> Position:
    """Read the record's value; raises StreamStop where this version cannot."""
    try:
        return _decoder.decode(value)
    except msgspec.DecodeError as error:
        raise StreamStop(f"the changelog's position record cannot be read by this version: {error}") from error
