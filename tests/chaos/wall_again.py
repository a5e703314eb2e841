"""One user's part of a checkpoint, decided again with the pure core.

What a worker decides live depends on the moment at two places: whether a timer that is due fires before or after a late
event, and which of two events comes first that stand in different topics and were written at almost the same time. All
ways that are right are tried, the usual one first; one of them must lead to just the state and the outcomes found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from stream.decision.decider import Decider
from stream.decision.remains import place_of
from stream.definitions.shapes import Definitions
from stream.model.outcomes import TOPIC_OF, AnyOutcome, Decision, Trigger, encode_outcome
from stream.model.profile import NEVER, Profile, decode_profile, due_ms_of, encode_profile
from tests.chaos.wall_log import DECIDED_TOPICS, Seen, Told

APART_MS: Final = 1_000
"""Events of different topics written so far apart are decided in the order of their times."""

WAYS: Final = 5_000

UNCHANGED: Final = b""
"""Stands for what a checkpoint does not have."""


class Kept(NamedTuple):
    """What is kept of one user, encoded: the profile, and what outlives an erasure. None is nothing."""

    profile: bytes | None = None
    remains: bytes | None = None

    @property
    def due_ms(self) -> int:
        return NEVER if self.profile is None else due_ms_of(self.profile)


class Again:
    """Decides for one user at a time; `key` is that of the pseudonyms."""

    def __init__(self, definitions: Definitions, key: bytes = b"") -> None:
        self._key: Final = key
        self._profiles: Final[dict[str, Profile]] = {}
        self._decider: Final = Decider(definitions, self._profiles, key=key)

    def remains_of(self, user: str) -> str:
        """Return where what outlives this user's erasure is kept."""
        return place_of(user, self._key)

    def decide(self, user: str, before: Kept, told: Told, limit_ms: int) -> Move:
        """Take in an event, the user's own timers before it first."""
        self._begin(user, before)
        self._decider.decide(told.event, limit_ms)
        return self._end(user)

    def fire(self, user: str, before: Kept) -> Move:
        """Fire the user's next timer."""
        self._begin(user, before)
        self._decider.schedule(user, before.due_ms)
        self._decider.advance(before.due_ms)
        return self._end(user)

    def _begin(self, user: str, before: Kept) -> None:
        # The others' timers are still in the decider's index, but without profiles they come to nothing.
        self._profiles.clear()
        for key, encoded in zip((user, self.remains_of(user)), before, strict=True):
            if encoded is not None:
                self._profiles[key] = decode_profile(encoded)

    def _end(self, user: str) -> Move:
        taken, keys = self._decider.take(), (user, self.remains_of(user))
        found = [None if (one := self._profiles.get(key)) is None else encode_profile(one) for key in keys]
        return Move(Kept(*found), taken.outcomes, frozenset(keys) & taken.changed)


@dataclass(frozen=True)
class Move:
    """What one event or timer leads to; `changed` are the keys of the changelog that get a record."""

    after: Kept
    outcomes: list[AnyOutcome]
    changed: frozenset[str]


class Subscriber:
    """What a subscriber saw of one user, and how much of it has been accounted for."""

    def __init__(self) -> None:
        self.seen: Final[dict[str, list[Seen]]] = {topic: [] for topic in DECIDED_TOPICS}
        self.accounted: tuple[int, ...] = (0,) * len(DECIDED_TOPICS)
        self._expired: set[str] = set()

    def add(self, topic: str, seen: Seen) -> None:
        self.seen[topic].append(seen)
        if topic == "decisions" and b'"expired"' in seen.value:
            decision = msgspec.json.decode(seen.value, type=Decision)
            if decision.verdict == "expired":
                self._expired.add(decision.id)

    def account(self, counts: tuple[int, ...], outcomes: list[AnyOutcome]) -> tuple[int, ...] | None:
        """Return the counts with these outcomes seen next, None where they were not."""
        found = list(counts)
        for outcome in outcomes:
            delivered = self._delivered(outcome)
            if delivered is None:
                continue
            index = DECIDED_TOPICS.index(TOPIC_OF[type(outcome)])
            seen = self.seen[DECIDED_TOPICS[index]]
            if found[index] >= len(seen) or seen[found[index]].value != encode_outcome(delivered):
                return None
            found[index] += 1
        return tuple(found)

    def unaccounted(self) -> list[str]:
        """Return what was seen and never decided."""
        pairs = zip(DECIDED_TOPICS, self.accounted, strict=True)
        return [f"{topic} {seen.value.decode()}" for topic, count in pairs for seen in self.seen[topic][count:]]

    def expired_too_soon(self, outcome: AnyOutcome) -> bool:
        """Whether a trigger was taken for expired before it was."""
        if not isinstance(outcome, Trigger) or outcome.id not in self._expired:
            return False
        written_ms = max(seen.written_ms for seen in self.seen["decisions"] if seen.id == outcome.id)
        return written_ms < outcome.valid_until_ms

    def _delivered(self, outcome: AnyOutcome) -> AnyOutcome | None:
        """Return the outcome as it leaves the worker: a trigger too old to send is none, and its decision says so."""
        if outcome.id not in self._expired:
            return outcome
        if isinstance(outcome, Trigger):
            return None
        if isinstance(outcome, Decision) and outcome.verdict == "sent":
            return msgspec.structs.replace(outcome, verdict="expired")
        return outcome


@dataclass(frozen=True)
class Fired:
    """A timer that fired, by the clock or before its user's next event; what of the checkpoint was undecided then."""

    due_ms: int
    undecided: tuple[Told, ...]
    by_clock: bool


@dataclass(frozen=True)
class Way:
    """How far a way has come."""

    kept: Kept
    rest: tuple[Told, ...]
    counts: tuple[int, ...]
    changed: frozenset[str] = frozenset()
    fired: tuple[Fired, ...] = ()
    outcomes: tuple[AnyOutcome, ...] = ()


@dataclass(frozen=True)
class Step:
    """One user in one checkpoint: what was kept before it, the events decided in it, the clock at its end.

    `waits_ms` is how far the user's own timers may have fired because of an event that waits for its turn.
    """

    user: str
    before: Kept
    told: tuple[Told, ...]
    clock_ms: int
    waits_ms: int = -NEVER


def way_to(step: Step, after: Kept, again: Again, subscriber: Subscriber) -> Way | None:
    """Return how what is kept came to be what it was found to be, None where no right way leads there."""
    keys = step.user, again.remains_of(step.user)
    for way in _ways(step, again, subscriber):
        reached = (one if key in way.changed else UNCHANGED for key, one in zip(keys, way.kept, strict=True))
        if not way.rest and Kept(*reached) == after:
            return way
    return None


def _ways(step: Step, again: Again, subscriber: Subscriber) -> Iterator[Way]:
    """Yield all that is reached, whole ways and parts of them, those with fewest timers fired by the clock first."""
    rest = tuple(sorted(step.told, key=lambda told: (told.order_ms, told.rank, told.offset)))
    waiting = [Way(step.before, rest, subscriber.accounted)]
    known: set[tuple[Kept, tuple[tuple[int, int], ...], tuple[int, ...]]] = set()
    while waiting and len(known) < WAYS:
        way = waiting.pop()
        key = (way.kept, tuple(told.place for told in way.rest), way.counts)
        if key in known:
            continue
        known.add(key)
        yield way
        onward = [*_fired(step, way, again, subscriber), *reversed(list(_decided(step, way, again, subscriber)))]
        waiting += onward


def _decided(step: Step, way: Way, again: Again, subscriber: Subscriber) -> Iterator[Way]:
    """Yield the way with each event decided that may come next."""
    for told in _next_ones(way.rest):
        move = again.decide(step.user, way.kept, told, told.order_ms)
        counts = subscriber.account(way.counts, move.outcomes)
        if counts is not None:
            rest = tuple(other for other in way.rest if other is not told)
            outcomes, fired = (*way.outcomes, *move.outcomes), way.fired
            due_ms = way.kept.due_ms
            if due_ms < told.event.time_ms and due_ms <= told.order_ms:
                fired = (*fired, Fired(due_ms, rest, by_clock=False))
            yield Way(move.after, rest, counts, way.changed | move.changed, fired, outcomes)


def _fired(step: Step, way: Way, again: Again, subscriber: Subscriber) -> Iterator[Way]:
    """Yield the way with the next timer fired, by the clock or for an event that waits, if it may."""
    due_ms = way.kept.due_ms
    if due_ms > max(step.clock_ms, step.waits_ms) or due_ms >= NEVER:
        return
    move = again.fire(step.user, way.kept)
    counts = subscriber.account(way.counts, move.outcomes)
    if counts is not None:
        fired = (*way.fired, Fired(due_ms, way.rest, by_clock=due_ms <= step.clock_ms))
        yield Way(move.after, way.rest, counts, way.changed | move.changed, fired, (*way.outcomes, *move.outcomes))


def _next_ones(rest: tuple[Told, ...]) -> Iterator[Told]:
    """Yield the first event in order, then those that another source may have brought before it."""
    ranks: set[int] = set()
    for told in rest:
        if told.rank not in ranks and not (ranks and told.written_ms > rest[0].written_ms + APART_MS):
            yield told
        ranks.add(told.rank)
