"""What an expression is worth, by walking its nodes over a plain list of events; slow, and free of the core's code."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from stream.definitions import expressions as x
from stream.definitions.parsing import Scope, parse_expression
from stream.definitions.shapes import Aggregate, Definitions
from stream.model.events import Event, Scalar
from tests.properties.cart_oracle import cart_of
from tests.properties.local_oracle import (
    days_to,
    identity_of,
    in_periods,
    is_in_story_season,
    local_date,
    local_part,
    streak,
)

if TYPE_CHECKING:
    from tests.properties.stays import Stays

OPERATIONS: Final = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}

Occurrence = tuple[int, Scalar]
"""When, and the value it brought."""


class Oracle:
    """Knows all events of one user up to some time; `inside` says which segments they are in, instead of asking."""

    def __init__(
        self,
        definitions: Definitions,
        events: Sequence[Event],
        spread: int = 0,
        inside: Mapping[str, bool | str] | None = None,
        stays: Stays | None = None,
    ) -> None:
        self._stays = stays
        self._occurrence: Event | None = None
        self._definitions, self._events, self._spread, self._inside = definitions, events, spread, inside

    def value(self, node: x.Expr, now_ms: int) -> Scalar | None:
        """Return the value of a node at a time that no event comes after."""
        match node:
            case x.Constant() | x.Name():
                return node.value if isinstance(node, x.Constant) else self._named(node, now_ms)
            case x.Logic():
                return _kleene(node.op, [self.value(part, now_ms) for part in node.parts])
            case x.Not() | x.Known() | x.OneOf():
                return _of_part(node, self.value(node.part, now_ms))
            case x.Default():
                part = self.value(node.part, now_ms)
                return self.value(node.otherwise, now_ms) if part is None else part
            case x.DaysTo() | x.LocalTime() | x.During():
                return self._local(node, now_ms)
            case x.AtKey() | x.Top() | x.Was():
                return self._keyed(node, now_ms)
            case x.Since():
                moment = self.value(node.moment, now_ms)
                return None if moment is None else (now_ms - moment) * node.direction
            case x.Compare() | x.Arithmetic():
                left, right = self.value(node.left, now_ms), self.value(node.right, now_ms)
                if left is None or right is None or (node.op == "/" and right == 0):
                    return None
                return OPERATIONS[node.op](left, right)

    def place(self, segment: str, now_ms: int) -> bool | str:
        """Tell whether the user is in a segment that is left as soon as its condition does not hold, or which tier."""
        if self._inside is not None:
            return self._inside[segment]
        its = self._definitions.segments[segment]
        if self._stays is not None and (its.stay_ms or its.exit is not None):
            return self._stays.place(segment, now_ms)
        for tier in its.tiers:
            if tier.when is None or self.value(tier.when, now_ms) is True:
                return tier.name
        return self.value(its.when, now_ms) is True

    def trait(self, trait: Aggregate, now_ms: int) -> Scalar | None:
        """Return an aggregate over the occurrences that count now."""
        if trait.op == "open":
            return len(self._open_ids(trait))
        if trait.calendar is not None and trait.op != "rate" and trait.minus is None:
            return self._in_periods(trait, now_ms)
        if trait.op == "rate":
            hits, others = (self.trait(of, now_ms) for of in _counts_of(trait))
            return hits / others if others >= trait.n else None
        if trait.by is not None:
            return self._top(trait, now_ms)
        found = [one for one in self._occurrences(trait) if self._counts(trait, one[0], now_ms)]
        values = [value for _, value in found]
        if trait.minus is not None:
            less = msgspec.structs.replace(trait, **msgspec.structs.asdict(trait.minus), minus=None)
            return self.trait(msgspec.structs.replace(trait, minus=None), now_ms) - self.trait(less, now_ms)
        if trait.op == "count":
            return len(found)
        if trait.op in ("streak", "nth", "gap"):
            return self._of_moments(trait, now_ms, sorted(found, key=lambda one: one[0]))
        if trait.op in ("distinct", "set"):
            return len(set(values))
        if trait.op == "sum":
            return sum(values)
        return _of_some(trait.op, found, values) if found else None

    def _keyed(self, node: x.AtKey | x.Top | x.Was, now_ms: int) -> Scalar | None:
        if isinstance(node, x.Was):
            return self._stays.was(node, now_ms)
        trait = self._definitions.traits[node.trait]
        if isinstance(node, x.Top):
            return self.trait(trait, now_ms)
        key = self.value(node.key, now_ms)
        if trait.op == "set":
            found = [value for at_ms, value in self._occurrences(trait) if self._counts(trait, at_ms, now_ms)]
            return None if key is None else key in found
        if node.among:
            return None if key is None else key in self._ranked(trait, now_ms)[: node.among]
        return None if key is None else self._of_key(trait, key, now_ms)

    def _in_periods(self, trait: Aggregate, now_ms: int) -> Scalar | None:
        """Take the occurrences that count, each in the zone known then, for all there are."""
        known, seen = {}, []
        for event in self._events:
            known |= identity_of([event])
            if Oracle(self._definitions, [event])._occurrences(trait) and self._meets(trait.where, event):
                seen.append((event, event.time_ms, known.get("timezone")))
        times, span = [one[1:] for one in seen], (trait.calendar.every, trait.calendar.previous)
        counts = in_periods(times, now_ms, known.get("timezone"), span, self._spread % 600_000)
        counting = [one[0] for one, does in zip(seen, counts, strict=True) if does]
        plain = msgspec.structs.replace(trait, calendar=None, where=None)
        return Oracle(self._definitions, counting, self._spread).trait(plain, now_ms)

    def _local(self, node: x.DaysTo | x.LocalTime | x.During, now_ms: int) -> Scalar | None:
        if isinstance(node, x.DaysTo):
            return days_to(self.value(node.date, now_ms), now_ms, identity_of(self._events).get("timezone"))
        known = self._events if self._occurrence is None else self._events[: self._events.index(self._occurrence) + 1]
        moment, zone = self.value(node.moment, now_ms), identity_of(known).get("timezone")
        if moment is None:
            return None
        if isinstance(node, x.LocalTime):
            return local_part(node.part, moment, zone)
        return is_in_story_season(node.season.name, local_date(moment, zone))

    def _of_moments(self, trait: Aggregate, now_ms: int, found: list[Occurrence]) -> Scalar | None:
        if trait.op == "streak":
            return self._streak(trait, now_ms - self._spread % 600_000)
        return _of_moments(trait, found)

    def _streak(self, trait: Aggregate, now_ms: int) -> int:
        known, at_ms = {}, []
        for event in self._events:
            known |= identity_of([event])
            if event.name == trait.event and self._meets(trait.where, event):
                at_ms.append((event.time_ms, known.get("timezone")))
        return streak(at_ms, now_ms, known.get("timezone"), trait.every)

    def _open_ids(self, trait: Aggregate) -> set[Scalar]:
        of = {event.props[trait.by] for event in self._events if trait.by in event.props}
        last = {
            (name, key): max([e.time_ms for e in self._events if (e.name, e.props.get(trait.by)) == (name, key)] + [-1])
            for name in (trait.event, trait.other.event)
            for key in of
        }
        return {key for key in of if last[trait.event, key] > last[trait.other.event, key]}

    def _of_key(self, trait: Aggregate, key: Scalar, now_ms: int) -> Scalar:
        if trait.calendar is not None:
            where = f"{trait.by} == '{key}'"
            same = parse_expression(where, Scope({trait.by: "string"}, event=trait.event))
            return self.trait(msgspec.structs.replace(trait, by=None, where=same), now_ms)
        of_key = [event for event in self._events if event.props.get(trait.by) == key]
        return Oracle(self._definitions, of_key, self._spread).trait(msgspec.structs.replace(trait, by=None), now_ms)

    def _top(self, trait: Aggregate, now_ms: int) -> Scalar | None:
        return next(iter(self._ranked(trait, now_ms)), None)

    def _ranked(self, trait: Aggregate, now_ms: int) -> list[Scalar]:
        plain = msgspec.structs.replace(trait, by=None)
        of = {id(event): event for event in self._events if event.name == trait.event and trait.by in event.props}
        keys = set()
        for event in of.values():
            alone = Oracle(self._definitions, [event], self._spread)
            if any(alone._counts(plain, at_ms, now_ms) for at_ms, _ in alone._occurrences(plain)):
                keys.add(event.props[trait.by])
        return sorted(keys, key=lambda key: (-self._of_key(trait, key, now_ms), key))

    def _named(self, node: x.Name, now_ms: int) -> Scalar | None:
        if node.kind == "cart":
            return cart_of(self._events).property(node.name)
        if node.kind == "identity":
            return identity_of(self._events).get(node.name)
        if node.kind == "property":
            return now_ms if node.name == "at" else self._occurrence.props.get(node.name)
        if node.kind in ("segment", "tier"):
            return self.place(node.name, now_ms)
        trait = self._definitions.traits[node.name]
        return self.trait(trait, now_ms) if isinstance(trait, Aggregate) else self.value(trait.value, now_ms)

    def _occurrences(self, trait: Aggregate) -> list[Occurrence]:
        of = [event for event in self._events if event.name == trait.event and self._meets(trait.where, event)]
        if trait.property in (None, "at"):
            return [(event.time_ms, event.time_ms) for event in of]
        return [(event.time_ms, event.props[trait.property]) for event in of if trait.property in event.props]

    def _meets(self, where: x.Expr | None, event: Event) -> bool:
        self._occurrence = event
        meets = where is None or self.value(where, event.time_ms) is True
        self._occurrence = None
        return meets

    def _counts(self, trait: Aggregate, at_ms: int, now_ms: int) -> bool:
        """The rule of windows: by whole buckets of a 168th; what was last (and last seen) by the millisecond."""
        if trait.within_ms is None:
            return True
        if trait.op in ("last", "distinct", "set"):
            return now_ms - at_ms <= trait.within_ms
        width_ms = max(1, trait.within_ms // 168)
        bucket_ends_ms = ((at_ms + self._spread) // width_ms + 1) * width_ms - self._spread
        since_ms = bucket_ends_ms + trait.ending_ms if trait.ending_ms else 0
        return since_ms <= now_ms < bucket_ends_ms + trait.ending_ms + trait.within_ms


def _of_part(node: x.Not | x.Known | x.OneOf, part: Scalar | None) -> bool | None:
    if isinstance(node, x.Known):
        return part is not None
    if part is None:
        return None
    return any(part == one.value for one in node.values) if isinstance(node, x.OneOf) else not part


def _of_some(op: str, found: list[Occurrence], values: list[Scalar]) -> Scalar:
    match op:
        case "avg":
            return sum(values) / len(values)
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "first":
            return min(found, key=lambda one: one[0])[1]
        case "last":
            return max(reversed(found), key=lambda one: one[0])[1]
        case _:
            return min(values, key=lambda value: (-values.count(value), value))


def _counts_of(trait: Aggregate) -> tuple[Aggregate, Aggregate]:
    hits = msgspec.structs.replace(trait, op="count")
    return hits, msgspec.structs.replace(hits, event=trait.other.event, where=None)


def _of_moments(trait: Aggregate, found: list[Occurrence]) -> Scalar | None:
    if trait.op == "nth":
        return found[trait.n - 1][1] if len(found) >= trait.n else None
    latest = found[-trait.n :]
    return (latest[-1][0] - latest[0][0]) / (len(latest) - 1) if len(latest) > 1 else None


def _kleene(op: str, parts: list[Scalar | None]) -> bool | None:
    decides = op == "or"
    if any(part is decides for part in parts):
        return decides
    return None if any(part is None for part in parts) else not decides
