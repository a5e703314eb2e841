"""At which instants time alone might change what a condition says: more than do, and none that does is missing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from zoneinfo import ZoneInfo

from stream.definitions import expressions as x
from stream.definitions.shapes import Aggregate
from tests.oracle.judging import Judge
from tests.oracle.worth import NEVER, crossing
from tests.properties.local_oracle import local_date

_TIMELY = x.Name | x.AtKey | x.Top | x.Compare | x.Was | x.DaysTo


def next_instant(judge: Judge, node: x.Expr, now_ms: int) -> int:
    """Return the first instant after now at which time alone might change what a node says."""
    if id(node) not in judge.timely:
        judge.timely[id(node)] = [part for part in _parts(node) if isinstance(part, _TIMELY)]
    instants = (at_ms for part in judge.timely[id(node)] for at_ms in _of(judge, part, now_ms) if at_ms > now_ms)
    return min(instants, default=NEVER)


def _parts(node: x.Expr) -> Iterator[x.Expr]:
    yield node
    for part in x.children(node):
        yield from _parts(part)


def next_of_trait(judge: Judge, name: str, now_ms: int) -> int:
    """Return the first instant after now at which time alone might change a trait."""
    trait = judge.definitions.traits.get(name)  # none of what is no trait: a segment, or of the cart
    if isinstance(trait, Aggregate):
        return judge.worth.next_instant(trait, now_ms)
    return next_instant(judge, trait.value, now_ms) if trait is not None else NEVER


def _of(judge: Judge, node: x.Expr, now_ms: int) -> Iterator[int]:
    match node:
        case x.Name() | x.AtKey() | x.Top():
            yield next_of_trait(judge, node.name if isinstance(node, x.Name) else node.trait, now_ms)
        case x.Compare():
            yield from _crossings(judge, node.left, node.right, now_ms)
            yield from _crossings(judge, node.right, node.left, now_ms)
        case x.Was():
            left_ms = judge.places.left_ms(node.segment, node.tier)
            yield now_ms if left_ms is None else left_ms + node.within_ms
        case x.DaysTo():
            tomorrow = local_date(now_ms, judge.zone) + timedelta(days=1)
            begins = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=ZoneInfo(judge.zone))
            yield int(begins.astimezone(UTC).timestamp() * 1_000)


def _crossings(judge: Judge, one: x.Expr, other: x.Expr, now_ms: int) -> Iterator[int]:
    """Give the instants at which what grows older, or fades, may cross what it is compared with."""
    if isinstance(one, x.Since):
        moment, size = judge.value(one.moment, now_ms), judge.value(other, now_ms)
        if moment is not None and size is not None:
            crosses = moment + size * one.direction
            yield from (floor(crosses), ceil(crosses), floor(crosses) + 1)
    elif one.type in x.FADING:
        trait, limit = (
            judge.definitions.traits[one.trait if isinstance(one, x.AtKey) else one.name],
            judge.value(other, now_ms),
        )
        found = judge.worth.entries(trait)
        if isinstance(one, x.AtKey):
            key = judge.value(one.key, now_ms)
            found = [entry for entry in found if entry.key == key]
        if limit is not None:
            yield crossing(found, trait.half_life_ms, limit, now_ms)
