"""The topic of shared knowledge, as it is written by the learner and read by every worker. Pure.

It is compacted, so what is kept has few keys: the latest snapshots and neighbourhoods take turns in eight places each.
What belongs together is written in one transaction: the learner's state, what it publishes, and last of all up to which
barrier everything is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from stream.model.errors import StreamStop
from stream.model.items import Neighbourhoods
from stream.model.profile import NEVER
from stream.model.reference import (
    Reference,
    decode_neighbourhoods,
    decode_reference,
    encode_neighbourhoods,
    encode_reference,
)
from stream.runtime.parts import Assembly, Whole, parts_of
from stream.runtime.task_ports import Outgoing

PLACES: Final = 8
"""As many as a decider keeps: of those in force at the time of the slowest task none is replaced."""

_LEARNER: Final = "learner"
_NEIGHBOURS: Final = "neighbours"
_PUBLISHED: Final = "published"
_SNAPSHOT: Final = "snapshot"


class LearnerState(msgspec.Struct, array_like=True):
    """Where the learner stands: what it is to read next, which barrier each task has passed, and what it knows."""

    next_offset: int = 0
    passed: dict[int, int] = {}
    knowledge: bytes = b""


class ReferenceLog:
    """What the topic says, as far as it was read: `published_ms` is the barrier up to which all snapshots are there.

    `snapshots` are the latest of them, in the order of their times. `learner` is kept where it `keeps_learner`.
    """

    def __init__(self, *, keeps_learner: bool = False) -> None:
        self._keeps_learner: Final = keeps_learner
        self._assembly: Final = Assembly()
        self._neighbours: dict[str, Neighbourhoods] = {"": Neighbourhoods()}
        self._counts: Final[dict[str, int]] = {_SNAPSHOT: 0, _NEIGHBOURS: 0, _LEARNER: 0}
        self.published_ms = -NEVER
        self.snapshots: list[Reference] = []
        self.learner = LearnerState()

    def take(self, key: bytes | None, value: bytes | None) -> None:
        """Read the next record; raises StreamStop where this version cannot."""
        whole = self._assembly.take(key, value)
        if whole is None:
            return
        kind = whole.name.partition("-")[0]
        if kind in self._counts:
            self._counts[kind] = whole.stamp
        try:
            self._take(kind, whole)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StreamStop(f"{whole.name} of the shared knowledge cannot be read by this version: {error}") from error

    def _take(self, kind: str, whole: Whole) -> None:
        match kind:
            case "published":
                self.published_ms = max(self.published_ms, whole.stamp)
            case "neighbours":
                found = decode_neighbourhoods(whole.value)
                self._neighbours.pop(found.version, None)
                self._neighbours[found.version] = found
                self._neighbours = {"": Neighbourhoods(), **dict(list(self._neighbours.items())[-PLACES:])}
            case "snapshot":
                self._add(decode_reference(whole.value))
            case "learner" if self._keeps_learner:
                self.learner = _learner_decoder.decode(whole.value)
            case _:
                pass  # the learner's own, or what a later version wrote

    def _add(self, reference: Reference) -> None:
        # While the log is read from its start, one long replaced may name neighbours that compaction has taken.
        items = self._neighbours.get(reference.items.version, reference.items)
        self.snapshots = [*self.snapshots, msgspec.structs.replace(reference, items=items)][-PLACES:]

    def records(self, published_ms: int, references: Iterable[Reference], state: LearnerState) -> list[Outgoing]:
        """Return what to write: new snapshots, in order, with the learner's state if there are any; and how far."""
        return [*self._news(list(references), state), *parts_of(_PUBLISHED, published_ms, b"")]

    def _news(self, references: list[Reference], state: LearnerState) -> Iterator[Outgoing]:
        counts, known = dict(self._counts), set(self._neighbours)
        for reference in references:
            if reference.items.version not in known:
                known.add(reference.items.version)
                yield from _in_place(_NEIGHBOURS, counts, encode_neighbourhoods(reference.items))
            yield from _in_place(_SNAPSHOT, counts, encode_reference(reference))
        if references:
            yield from parts_of(_LEARNER, counts[_LEARNER] + 1, _encoder.encode(state))


_encoder: Final = msgspec.msgpack.Encoder()
_learner_decoder: Final = msgspec.msgpack.Decoder(LearnerState)


def _in_place(kind: str, counts: dict[str, int], value: bytes) -> Iterator[Outgoing]:
    counts[kind] += 1
    return parts_of(f"{kind}-{counts[kind] % PLACES}", counts[kind], value)
