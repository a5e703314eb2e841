"""In which segments, and by which triggers, two configs part ways over a share of the users."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

import msgspec

from stream.model.events import Event
from stream.replay.compare.groups import Gathered
from stream.replay.compare.shapes import Example
from stream.replay.compare.side import Side, Step
from stream.replay.compare.standings import of_segment, of_trigger
from stream.replay.review.axis import Axis

Explain = Callable[[str, list[Event], list[Event]], Example]
"""(user, events under A, events under B): how the user stands under either."""


class Case(NamedTuple):
    """Users of a share for whom the configs differ in one way, and how to explain each."""

    gathered: Gathered
    users: Collection[str]
    outside_is_a: bool
    explain: Explain


class SegmentTally(msgspec.Struct):
    """The users for whom one segment is not the same."""

    enter: Gathered = msgspec.field(default_factory=Gathered)
    leave: Gathered = msgspec.field(default_factory=Gathered)
    ever_only_a: Gathered = msgspec.field(default_factory=Gathered)
    ever_only_b: Gathered = msgspec.field(default_factory=Gathered)


class StepTally(msgspec.Struct):
    """The users who are sent one step's trigger."""

    users_a: int = 0
    users_b: int = 0
    moved: int = 0
    only_a: Gathered = msgspec.field(default_factory=Gathered)
    only_b: Gathered = msgspec.field(default_factory=Gathered)


class Compared:
    """A comparison under way."""

    def __init__(self, sides: tuple[Side, Side], axis: Axis) -> None:
        self.sides, self.axis = sides, axis
        names = sorted(sides[0].places.keys() | sides[1].places.keys())
        self.segments = {name: SegmentTally() for name in names}
        self.steps: dict[Step, StepTally] = {}
        self.users = 0
        self.affected = 0


def memberships_apart(compared: Compared, users: Collection[str]) -> Iterator[Case]:
    """Yield who is, or ever was, in a segment under one config only."""
    a, b = compared.sides
    end_ms = compared.axis.end_ms
    now = tuple({(user, place) for user in users for place in side.watch.inside(user)} for side in compared.sides)
    for place, found in _by_place(now[1] - now[0]).items():
        yield Case(compared.segments[place].enter, found, True, _at_end(compared, place, end_ms))
    for place, found in _by_place(now[0] - now[1]).items():
        yield Case(compared.segments[place].leave, found, False, _at_end(compared, place, end_ms))
    for place, found in _by_place(b.entered.keys() - a.entered.keys()).items():
        yield Case(compared.segments[place].ever_only_b, found, True, _at_entry(compared, place, b.entered))
    for place, found in _by_place(a.entered.keys() - b.entered.keys()).items():
        yield Case(compared.segments[place].ever_only_a, found, False, _at_entry(compared, place, a.entered))


def triggers_apart(compared: Compared) -> Iterator[Case]:
    """Yield whom a step sends its trigger under one config only, and count who gets it at other times."""
    a, b = compared.sides
    for step in sorted(a.sent.keys() | b.sent.keys()):
        tally = compared.steps.setdefault(step, StepTally())
        to_a, to_b = a.sent.get(step, {}), b.sent.get(step, {})
        tally.users_a += len(to_a)
        tally.users_b += len(to_b)
        tally.moved += sum(to_a[user] != to_b[user] for user in to_a.keys() & to_b.keys())
        yield Case(tally.only_b, to_b.keys() - to_a.keys(), True, _at_trigger(compared, step, to_b))
        yield Case(tally.only_a, to_a.keys() - to_b.keys(), False, _at_trigger(compared, step, to_a))


def _by_place(pairs: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for user, place in pairs:
        found.setdefault(place, []).append(user)
    return dict(sorted(found.items()))


def _at_end(compared: Compared, place: str, end_ms: int) -> Explain:
    a, b = compared.sides

    def explain(user: str, _events_a: list[Event], _events_b: list[Event]) -> Example:
        one = of_segment(a, place, a.profiles.get(user), end_ms)
        return Example(user, end_ms, one, of_segment(b, place, b.profiles.get(user), end_ms))

    return explain


def _at_entry(compared: Compared, place: str, entered: Mapping[tuple[str, str], int]) -> Explain:
    a, b = compared.sides

    def explain(user: str, events_a: list[Event], events_b: list[Event]) -> Example:
        at_ms = entered[user, place]
        one = of_segment(a, place, a.at(events_a, at_ms), at_ms)
        return Example(user, at_ms, one, of_segment(b, place, b.at(events_b, at_ms), at_ms))

    return explain


def _at_trigger(compared: Compared, step: Step, sent: Mapping[str, list[int]]) -> Explain:
    a, b = compared.sides

    def explain(user: str, events_a: list[Event], events_b: list[Event]) -> Example:
        at_ms = sent[user][0]
        one = of_trigger(a, step, user, a.at(events_a, at_ms), at_ms)
        return Example(user, at_ms, one, of_trigger(b, step, user, b.at(events_b, at_ms), at_ms))

    return explain
