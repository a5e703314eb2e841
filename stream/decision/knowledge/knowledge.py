"""What everyone's decisions teach, published in event time: the one idea of what is learnt here.

Time is cut by *barriers*, at multiples of a period since 1970. At each, what was told before it is summed up and
published, in force a period later: by then whoever decides has it, without having waited for it. So what is decided at
a time goes by what was told up to some time before, and not by who told it where, or how soon.

**Bounds.** Of arms, habits and products, what their modules say. What was told since the last barrier is kept as sums
of each period, since decisions may be ahead. Ids are remembered as numbers of 64 bits: of at most a million
contributions of each period, until one period after it was published.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec
from xxhash import xxh3_64_intdigest

from stream.decision.items.similarity import publish
from stream.decision.knowledge.sums import Sums, decode_sums, encode_sums
from stream.decision.learning.posteriors import Learnt, snapshot
from stream.decision.population import hours_of_everyone, rates_of_everyone
from stream.model.contributions import Contribution
from stream.model.items import NOTHING_NEAR, Neighbourhoods
from stream.model.profile import NEVER
from stream.model.reference import Reference, encode_neighbourhoods, encode_reference

DAY_MS: Final = 86_400_000
"""Neighbours are published once a day: it takes longest, and they change least."""

IDS_KEPT: Final = 1_000_000
KEYS_KEPT: Final = 1_000
"""Keys of choices that are learnt from: one for each step, goal and features that there ever were. Of more, those that
told nothing for longest are forgotten.
"""

_DIGITS: Final = 16


def next_barrier_ms(time_ms: int, every_ms: int) -> int:
    """Return the first barrier after a time: where what is told at this time is published."""
    return (time_ms // every_ms + 1) * every_ms


class Knowledge:
    """Takes in contributions, and publishes at barriers what they come to, with a period of `every_ms`.

    Contributions may come in any order, in any batches and from any number of deciders: as long as all that were told
    before a barrier are there when it is published, it publishes the same bytes. What comes in later counts at the next
    barrier. One that came before, by its id, is not counted again: also where it comes again a period late, and
    recognised so for certain up to `IDS_KEPT` in a period.
    """

    def __init__(self, every_ms: int) -> None:
        self.every_ms: Final = every_ms
        self._settled = Sums()
        self._open: dict[int, Sums] = {}
        self._ids: dict[int, set[int]] = {}
        self._told: dict[str, int] = {}
        self._items = NOTHING_NEAR
        self._items_ms = self._barrier_ms = -NEVER

    @property
    def due_ms(self) -> int:
        """The first barrier at which there is something to publish, `NEVER` if nothing was told since the last one."""
        return min(self._open, default=NEVER)

    @property
    def published_ms(self) -> int:
        """The barrier up to which it has published, `-NEVER` if none."""
        return self._barrier_ms

    def take_in(self, contributions: Iterable[Contribution]) -> None:
        """Take in what was told; repetitions are left out."""
        by_barrier: dict[int, list[Contribution]] = {}
        for each in contributions:
            barrier_ms = max(next_barrier_ms(each.told_ms, self.every_ms), self._barrier_ms + self.every_ms)
            if self._is_new(each.id, barrier_ms):
                by_barrier.setdefault(barrier_ms, []).append(each)
        for barrier_ms, told in by_barrier.items():
            if barrier_ms not in self._open:
                self._open[barrier_ms] = Sums()
            self._open[barrier_ms].add(told)

    def publish(self, barrier_ms: int) -> Reference | None:
        """Return the snapshot of what was told before a barrier, in force a period after it.

        None where nothing was told since the last one, which stays in force then. Barriers come in their order; one
        left out is made up for by the next. Raises ValueError at a time that is no barrier, or that is past.
        """
        if barrier_ms % self.every_ms or barrier_ms <= self._barrier_ms:
            raise ValueError(f"{barrier_ms} is no barrier after {self._barrier_ms}, every {self.every_ms} ms")
        due = sorted(open_ms for open_ms in self._open if open_ms <= barrier_ms)
        for open_ms in due:
            self._settle(open_ms)
        self._barrier_ms = barrier_ms
        self._ids = {its_ms: ids for its_ms, ids in self._ids.items() if its_ms > barrier_ms - self.every_ms}
        return self._snapshot(barrier_ms) if due else None

    def _is_new(self, contribution_id: str, barrier_ms: int) -> bool:
        digest = xxh3_64_intdigest(contribution_id.encode())
        if any(digest in ids for ids in self._ids.values()):
            return False
        ids = self._ids.setdefault(barrier_ms, set())
        if len(ids) < IDS_KEPT:
            ids.add(digest)
        return True

    def _settle(self, open_ms: int) -> None:
        sums = self._open.pop(open_ms)
        self._settled.merge(sums)
        self._told |= dict.fromkeys(sums.learnt.sums, open_ms)
        if len(self._told) > KEYS_KEPT:
            kept = sorted(self._told, key=lambda key: (-self._told[key], key))[:KEYS_KEPT]
            self._told = {key: self._told[key] for key in kept}
            self._settled.learnt = Learnt({key: self._settled.learnt.sums[key] for key in kept})

    def _snapshot(self, barrier_ms: int) -> Reference:
        sums = self._settled
        if barrier_ms // DAY_MS > self._items_ms // DAY_MS:
            self._items, self._items_ms = self._neighbourhoods(barrier_ms), barrier_ms
        hours = hours_of_everyone(sums.population, barrier_ms)
        found = Reference(
            version="",
            effective_ms=barrier_ms + self.every_ms,
            arms=snapshot(sums.learnt),
            hours=hours if any(hours) else (),
            channels=rates_of_everyone(sums.population, barrier_ms),
            items=self._items,
            as_of_ms=barrier_ms,
        )
        return msgspec.structs.replace(found, version=_hash(encode_reference(found)))

    def _neighbourhoods(self, barrier_ms: int) -> Neighbourhoods:
        sums, known = self._settled, self._items
        similar = publish(sums.viewed, barrier_ms, known.similar)
        goes_with = publish(sums.bought, barrier_ms, known.goes_with)
        if not (similar or goes_with):
            return NOTHING_NEAR
        found = Neighbourhoods("", similar, goes_with)
        return msgspec.structs.replace(found, version=_hash(encode_neighbourhoods(found)))


class _Kept(msgspec.Struct, array_like=True):
    every_ms: int
    barrier_ms: int
    settled: bytes
    open: list[tuple[int, bytes]]
    ids: list[tuple[int, list[int]]]
    told: dict[str, int]
    items: Neighbourhoods
    items_ms: int


_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(_Kept)


def encode_knowledge(knowledge: Knowledge) -> bytes:
    """Return all of it as MessagePack, the same bytes for the same contributions and barriers."""
    kept = _Kept(
        knowledge.every_ms,
        knowledge._barrier_ms,
        encode_sums(knowledge._settled),
        [(open_ms, encode_sums(sums)) for open_ms, sums in sorted(knowledge._open.items())],
        [(its_ms, sorted(ids)) for its_ms, ids in sorted(knowledge._ids.items())],
        knowledge._told,
        knowledge._items,
        knowledge._items_ms,
    )
    return _encoder.encode(kept)


def decode_knowledge(encoded: bytes, every_ms: int | None = None) -> Knowledge:
    """Read it back, to go on with, by another period if that was changed.

    Raises `msgspec.DecodeError` on bytes this version cannot read.
    """
    kept = _decoder.decode(encoded)
    knowledge = Knowledge(kept.every_ms if every_ms is None else every_ms)
    knowledge._settled = decode_sums(kept.settled)
    for open_ms, sums in kept.open:
        barrier_ms = next_barrier_ms(open_ms - 1, knowledge.every_ms)
        if barrier_ms not in knowledge._open:
            knowledge._open[barrier_ms] = Sums()
        knowledge._open[barrier_ms].merge(decode_sums(sums))
    knowledge._ids = {its_ms: set(ids) for its_ms, ids in kept.ids}
    knowledge._told = kept.told
    knowledge._items, knowledge._items_ms, knowledge._barrier_ms = kept.items, kept.items_ms, kept.barrier_ms
    return knowledge


def _hash(encoded: bytes) -> str:
    return hashlib.sha256(encoded).hexdigest()[:_DIGITS]
