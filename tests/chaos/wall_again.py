"""One user's part of a checkpoint, decided again with the pure core.

What a worker decides live depends on the moment at two places: whether a timer that is due fires before or after a late
event, and which of two events comes first that stand in different topics and were written at almost the same time. All
ways that are right are tried, the usual one first; one of them must lead to just the state and the outcomes found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from stream.decision.decider import Decider
from stream.definitions.shapes import Definitions
from stream.model.outcomes import TOPIC_OF, AnyOutcome, Decision, Trigger, encode_outcome
from stream.model.profile import NEVER, Profile, decode_profile, due_ms_of, encode_profile
from tests.chaos.wall_log import DECIDED_TOPICS, Seen, Told

APART_MS: Final = 1_000
"""Events of different topics written so far apart are decided in the order of their times."""

WAYS: Final = 5_000

UNCHANGED: Final = b""
"""Stands for a profile that a checkpoint does not have."""


class Again:
    """Decides for one user at a time, from an encoded profile to an encoded one; None is no profile."""

    def __init__(self, definitions: Definitions) -> None:
        self._profiles: Final[dict[str, Profile]] = {}
        self._decider: Final = Decider(definitions, self._profiles)

    def decide(self, user: str, before: bytes | None, told: Told, limit_ms: int) -> Move:
        """Take in an event, the user's own timers before it first."""
        self._begin(user, before)
        self._decider.decide(told.event, limit_ms)
        return self._end(user)

    def fire(self, user: str, before: bytes) -> Move:
        """Fire the user's next timer."""
        profile = self._begin(user, before)
        assert profile is not None
        due_ms = profile.due_ms
        self._decider.schedule(user, due_ms)
        self._decider.advance(due_ms)
        return self._end(user)

    def _begin(self, user: str, before: bytes | None) -> Profile | None:
        # The others' timers are still in the decider's index, but without profiles they come to nothing.
        self._profiles.clear()
        if before is not None:
            self._profiles[user] = decode_profile(before)
        return self._profiles.get(user)

    def _end(self, user: str) -> Move:
        taken = self._decider.take()
        profile = self._profiles.get(user)
        return Move(None if profile is None else encode_profile(profile), taken.outcomes, user in taken.changed)


@dataclass(frozen=True)
class Move:
    """What one event or timer leads to."""

    after: bytes | None
    outcomes: list[AnyOutcome]
    changed: bool


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

    profile: bytes | None
    rest: tuple[Told, ...]
    counts: tuple[int, ...]
    changed: bool = False
    fired: tuple[Fired, ...] = ()
    outcomes: tuple[AnyOutcome, ...] = ()


@dataclass(frozen=True)
class Step:
    """One user in one checkpoint: the profile before it, the events decided in it, the clock at its end."""

    user: str
    before: bytes | None
    told: tuple[Told, ...]
    clock_ms: int


def way_to(step: Step, after: bytes | None, again: Again, subscriber: Subscriber) -> Way | None:
    """Return how the profile came to be what it was found to be, None where no right way leads there."""
    for way in _ways(step, again, subscriber):
        reached = way.profile if way.changed else UNCHANGED
        if not way.rest and reached == after:
            return way
    return None


def _ways(step: Step, again: Again, subscriber: Subscriber) -> Iterator[Way]:
    """Yield all that is reached, whole ways and parts of them, those with fewest timers fired by the clock first."""
    rest = tuple(sorted(step.told, key=lambda told: (told.order_ms, told.rank, told.offset)))
    waiting = [Way(step.before, rest, subscriber.accounted)]
    known: set[tuple[bytes | None, tuple[tuple[int, int], ...], tuple[int, ...]]] = set()
    while waiting and len(known) < WAYS:
        way = waiting.pop()
        key = (way.profile, tuple(told.place for told in way.rest), way.counts)
        if key in known:
            continue
        known.add(key)
        yield way
        onward = [*_fired(step, way, again, subscriber), *reversed(list(_decided(step, way, again, subscriber)))]
        waiting += onward


def _decided(step: Step, way: Way, again: Again, subscriber: Subscriber) -> Iterator[Way]:
    """Yield the way with each event decided that may come next."""
    for told in _next_ones(way.rest):
        move = again.decide(step.user, way.profile, told, told.order_ms)
        counts = subscriber.account(way.counts, move.outcomes)
        if counts is not None:
            rest = tuple(other for other in way.rest if other is not told)
            outcomes, fired = (*way.outcomes, *move.outcomes), way.fired
            due_ms = NEVER if way.profile is None else due_ms_of(way.profile)
            if due_ms < told.event.time_ms and due_ms <= told.order_ms:
                fired = (*fired, Fired(due_ms, rest, by_clock=False))
            yield Way(move.after, rest, counts, way.changed or move.changed, fired, outcomes)


def _fired(step: Step, way: Way, again: Again, subscriber: Subscriber) -> Iterator[Way]:
    """Yield the way with the next timer fired by the clock, if it may."""
    if way.profile is None or (due_ms := due_ms_of(way.profile)) > step.clock_ms or due_ms >= NEVER:
        return
    move = again.fire(step.user, way.profile)
    counts = subscriber.account(way.counts, move.outcomes)
    if counts is not None:
        fired = (*way.fired, Fired(due_ms, way.rest, by_clock=True))
        yield Way(move.after, way.rest, counts, True, fired, (*way.outcomes, *move.outcomes))


def _next_ones(rest: tuple[Told, ...]) -> Iterator[Told]:
    """Yield the first event in order, then those that another source may have brought before it."""
    ranks: set[int] = set()
    for told in rest:
        if told.rank not in ranks and not (ranks and told.written_ms > rest[0].written_ms + APART_MS):
            yield told
        ranks.add(told.rank)
