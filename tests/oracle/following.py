"""Where one user is, followed from event to event and from instant to instant: all that can change is looked at."""

import copy
from collections.abc import Iterable
from typing import NamedTuple

from stream.definitions import expressions as x
from stream.definitions.shapes import Aggregate, Definitions, Segment
from stream.model.events import Event, Scalar
from tests.oracle.facts import Facts, Told
from tests.oracle.instants import next_instant
from tests.oracle.judging import Judge
from tests.oracle.worth import NEVER

Place = bool | str
CART_EVENTS = frozenset({"product_added", "product_removed", "order_completed"})
FOLLOWED_MOST = 300


class Endless(Exception):
    """Segments that count their own changes feed on each other without end."""


class Change(NamedTuple):
    """A border crossed; `to` is the tier, or whether inside."""

    at_ms: int
    segment: str
    to: Place


class Stay(NamedTuple):
    """From when until when (None: still) the user was in a place."""

    place: Place
    since_ms: int
    until_ms: int | None


class Following:
    """Follows one user: `take` wants events in the order in which they come, `pass_until` lets time pass."""

    def __init__(self, definitions: Definitions, spread: int) -> None:
        self.definitions = definitions
        self.facts = Facts(definitions.plan.sessions, definitions.plan.timezone)
        self.judge = Judge(definitions, self.facts, spread, self)
        self.stays: dict[str, list[Stay]] = {name: [] for name in definitions.segments}
        self.changes: list[Change] = []
        self._seen: set[str] = set()
        self._told: list[Told] = []
        self._reached: dict[str, list[str]] = {}
        self._next = 0, 0, -NEVER
        self._fed = {event for trait in self._aggregates() for event in _events(trait)} | {"session_started"}
        self.tells_sessions = not self._fed.isdisjoint(("session_ended", "page_left"))

    def take(self, event: Event) -> None:
        """Take in an event; one that came before (by its id) says nothing new."""
        if event.id in self._seen:
            return
        self._seen.add(event.id)
        self.pass_until(event.time_ms - 1)
        facts, is_first = self.facts, not self.facts.all
        facts.now_ms = max(facts.now_ms, event.time_ms)
        self._told += facts.visit(event) if event.name in facts.rules.activity else ()
        self._told += facts.change_cart(event) if event.name in CART_EVENTS else ()
        if event.zone:
            facts.context_zone = event.zone
        if event.name == "identify":
            facts.said.update(event.props)
        facts.add(event.name, event.time_ms, event.props, event.lists)
        self._decide(self.definitions.segments if is_first else self._touched(event.name))
        if event.zone:
            self._decide(self.definitions.segments)
        self._follow_up()
        if facts.visits and facts.visits[-1].last_ms + facts.rules.gap_ms < facts.now_ms:
            self._end_visit()  # a session that came so late that it was over before it was heard of

    def pass_until(self, end_ms: int) -> None:
        """Let time pass up to a moment, stopping at each instant at which anything might change."""
        while (at_ms := self.next_ms()) <= end_ms:
            self.facts.now_ms = at_ms
            self._end_visit()
            self._decide(self.definitions.segments)
            self._follow_up()
            if len(self.changes) > FOLLOWED_MOST:
                raise Endless

    def next_ms(self) -> int:
        """Return the next instant at which time alone might change anything."""
        facts, now_ms = self.facts, self.facts.now_ms
        if not facts.all:
            return NEVER
        if self._next[:2] == (len(facts.all), len(self.changes)) and self._next[2] > now_ms:
            return self._next[2]
        found = [NEVER]
        if self.tells_sessions and facts.visits and not facts.visits[-1].is_told:
            found.append(facts.visits[-1].last_ms + facts.rules.gap_ms)
        for segment in self.definitions.segments.values():
            found += [next_instant(self.judge, node, now_ms) for node in segment.conditions()]
            stays = self.stays[segment.name]
            if stays and stays[-1].until_ms is None and stays[-1].since_ms + segment.stay_ms > now_ms:
                found.append(stays[-1].since_ms + segment.stay_ms)
        self._next = len(facts.all), len(self.changes), min(found)
        return self._next[2]

    def changes_at(self, at_ms: int) -> bool:
        """Tell whether time alone changes anything at the very next moment, this one."""
        other = copy.copy(self)
        other.facts = copy.deepcopy(self.facts)
        other.stays = {name: [*stays] for name, stays in self.stays.items()}
        other.changes = [*self.changes]
        other.judge = Judge(self.definitions, other.facts, self.judge.spread, other)
        other.pass_until(at_ms)
        return len(other.changes) > len(self.changes) or len(other.facts.all) > len(self.facts.all)

    def place(self, segment: str) -> Place | None:
        """Tell where the user is now; in which tier is unknown before anything was decided."""
        stays = self.stays[segment]
        if stays and stays[-1].until_ms is None:
            return stays[-1].place
        return None if self.definitions.segments[segment].tiers else False

    def left_ms(self, segment: str, tier: str) -> int | None:
        """Return when the user left a segment, or a tier of it, last."""
        left = [
            stay.until_ms for stay in self.stays[segment] if stay.place == (tier or True) and stay.until_ms is not None
        ]
        return left[-1] if left else None

    def _end_visit(self) -> None:
        self._told += self.facts.end_visit() if self.tells_sessions else ()
        self._follow_up()

    def _follow_up(self) -> None:
        """Let what is told follow, and what is told of that."""
        for _ in range(FOLLOWED_MOST):
            if not self._told:
                return
            name, time_ms, props = self._told.pop(0)
            if name in self._fed:
                self._react(name, time_ms, props)
        raise Endless

    def _react(self, name: str, time_ms: int, props: dict[str, Scalar], lists: dict | None = None) -> None:
        """Take in a fact, and decide the segments that read what it feeds."""
        self.facts.add(name, time_ms, props, lists)
        self._decide(self._touched(name))

    def _touched(self, event: str) -> list[str]:
        """Return the segments that read, through whatever, what an event feeds."""
        if event not in self._reached:
            self._reached[event] = self._read_of(event)
        return self._reached[event]

    def _read_of(self, event: str) -> list[str]:
        reached = {trait.name for trait in self._aggregates() if event in _events(trait)}
        if event in CART_EVENTS:
            reached.add("cart")
        if event == "session_started":
            reached |= {trait.name for trait in self._aggregates() if trait.sessions is not None}
        if event == "identify":
            reached |= {*self.definitions.plan.events[event].properties, x.ZONE}
            reached |= {trait.name for trait in self._aggregates() if trait.op == "streak" or trait.calendar}
        for trait in self.definitions.traits.values():
            if not isinstance(trait, Aggregate) and x.names(trait.value) & reached:
                reached.add(trait.name)
        for segment in self.definitions.segments.values():
            if any(x.names(node) & reached for node in segment.conditions()):
                reached.add(segment.name)
        return [name for name in self.definitions.segments if name in reached]

    def _aggregates(self) -> list[Aggregate]:
        return [trait for trait in self.definitions.traits.values() if isinstance(trait, Aggregate)]

    def _decide(self, names: Iterable[str]) -> None:
        """Decide memberships; a segment stands after those it reads."""
        for name in names:
            segment, stays, now_ms = self.definitions.segments[name], self.stays[name], self.facts.now_ms
            before = self.place(name) or False
            stays_on = bool(before) and now_ms < stays[-1].since_ms + segment.stay_ms
            now_in = self._moved(segment, before, stays_on=stays_on)
            if now_in == before:
                continue
            if before:
                stays[-1] = stays[-1]._replace(until_ms=now_ms)
                self._told.append(("segment_exited", now_ms, _named(name, before)))
            if now_in:
                stays.append(Stay(now_in, now_ms, None))
                self._told.append(("segment_entered", now_ms, _named(name, now_in)))
            self.changes.append(Change(now_ms, name, now_in))

    def _moved(self, segment: Segment, place: Place, *, stays_on: bool) -> Place:
        value, now_ms = self.judge.value, self.facts.now_ms
        if segment.tiers:
            names = [tier.name for tier in segment.tiers]
            before = segment.tiers[: names.index(place)] if stays_on else segment.tiers
            held = (tier.name for tier in before if tier.when is None or value(tier.when, now_ms) is True)
            return next(held, place)
        if stays_on:
            return True
        leaves = segment.exit is not None and value(segment.exit, now_ms) is True
        holds = value(segment.when, now_ms) is True
        return not leaves and (holds or (bool(place) and segment.exit is not None))


def _named(segment: str, place: Place) -> dict[str, Scalar]:
    return {"segment": segment, **({"tier": place} if isinstance(place, str) else {})}


def _events(trait: Aggregate) -> set[str]:
    fed = {step.event for step in (*trait.steps, *trait.without)} or {trait.event}
    return fed | {by.event for by in (trait.minus, trait.other) if by is not None}
