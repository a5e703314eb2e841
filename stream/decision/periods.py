"""Traits over calendar periods where the user is: so far this one, or whole ones before it.

An occurrence belongs to the period of its time, in the zone known when it came. What counts changes when the user's own
period ends; to keep all users of a zone from changing at one midnight, what time alone changes waits for up to
`LAG_MS` longer, evenly spread over users. An occurrence of the new period does not wait: it begins it at once.

Kept are the periods that count, two more (the user may move to a zone where it is still yesterday), and a few to come.
By key, at most `KEPT_IN_ALL` pairs of a key and a period; beyond, the lightest is forgotten (as in `keyed`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from typing import Final

from stream.decision.feeding import constant
from stream.decision.keyed import sum_up
from stream.decision.local_time import ZoneOf, lag_ms, period_begins_ms, period_number
from stream.decision.pairs import amounts, drop_old_pairs
from stream.decision.reading import KeyedReader, KeyedUpdate, Reader, Reading, Update
from stream.decision.rolling import MERGE, is_exact, value_of
from stream.decision.tallies import value_name
from stream.decision.windows import drop_old, place
from stream.definitions.shapes import Aggregate, CalendarSpan
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import Buckets, KeyedBuckets
from stream.model.text import kept_text

_BEFORE: Final = 2
_TO_COME: Final = 4


class Periods:
    """Which periods count, for one trait of whichever user."""

    def __init__(self, span: CalendarSpan, zone_of: ZoneOf) -> None:
        self._every, self._previous, self._zone_of = span.every, span.previous, zone_of
        self.most: Final = span.previous + 1 + _BEFORE + _TO_COME

    def number(self, time_ms: int, profile: Profile) -> int:
        """Return the number of the period a time belongs to."""
        return period_number(time_ms, self._zone_of(profile), self._every)

    def oldest(self, profile: Profile) -> int:
        """Return the number of the oldest period that is kept."""
        return self.number(profile.now_ms, profile) - self._previous - _BEFORE

    def counting(self, numbers: list[int], profile: Profile, now_ms: int) -> tuple[int, int, int]:
        """Return from which to before which of the periods kept count, and when time alone may change that."""
        zone, previous, lag = self._zone_of(profile), self._previous, lag_ms(profile)
        today, current = (period_number(at_ms, zone, self._every) for at_ms in (now_ms, now_ms - lag))
        begun = bisect_right(numbers, today)
        if begun and numbers[begun - 1] > current:
            current = today
        first = bisect_left(numbers, current - previous)
        end = bisect_left(numbers, current if previous else current + 1)
        changes = [NEVER]
        if first < end:
            changes.append(period_begins_ms(numbers[first] + previous + 1, zone, self._every) + lag)
        if end < len(numbers) and previous:
            changes.append(period_begins_ms(numbers[end] + 1, zone, self._every) + lag)
        if begun < len(numbers):
            changes.append(period_begins_ms(numbers[begun], zone, self._every))
        return first, end, min(changes)


def _merged(key: str, op: str, periods: Periods) -> Update:
    """Keep one value a period; for averages a sum and a count."""
    is_mean = op == "avg"
    merge = MERGE["sum" if is_mean or op == "count" else op]

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, Buckets):
            buckets = profile.traits[key] = Buckets()
        number, oldest = periods.number(time_ms, profile), periods.oldest(profile)
        drop_old(buckets, oldest)
        at, is_there = place(buckets.numbers, number)
        if number < oldest or (not is_there and len(buckets.numbers) >= periods.most):
            return
        value = kept_text(value) if isinstance(value, str) else float(value) if is_mean else value
        if is_there:
            buckets.values[at] = merge(buckets.values[at], value)
            buckets.count(at)
        else:
            buckets.insert(at, number, value, 1 if is_mean else None)
        buckets.event = event

    return update


def _reader(key: str, trait: Aggregate, periods: Periods) -> Reader:
    """Read what counts: zero for empty counts and sums, else unknown."""
    op = "sum" if trait.op == "count" else trait.op
    exact = is_exact(trait)
    empty = 0 if op == "sum" else None

    def read(profile: Profile, now_ms: int) -> Reading:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, Buckets):
            return empty, NEVER
        first, end, until_ms = periods.counting(buckets.numbers, profile, now_ms)
        if first == end:
            return empty, until_ms
        return value_of(op, exact, buckets.among(first, end)), until_ms

    return read


def keyed_in_periods(key: str, periods: Periods) -> KeyedUpdate:
    """Add a number to what is held of a key, by period."""

    def update(profile: Profile, of: Scalar, value: Scalar, time_ms: int, event: str) -> None:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            buckets = profile.traits[key] = KeyedBuckets()
        number, oldest, name = periods.number(time_ms, profile), periods.oldest(profile), value_name(of)
        drop_old_pairs(buckets, oldest)
        _, is_there = place(buckets.numbers, number)
        if number < oldest or (not is_there and len(buckets.numbers) >= periods.most):
            return
        sum_up(buckets, number, name, value)
        buckets.event = event

    return update


def _each(update: KeyedUpdate) -> Update:
    """Count each value as a key of its own."""

    def fed(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        update(profile, value, 1, time_ms, event)

    return fed


def _held(key: str, periods: Periods, profile: Profile, now_ms: int) -> tuple[dict[str, int | float], int]:
    """Return what counts now of each key, and when time alone may change that."""
    buckets = profile.traits.get(key)
    if not isinstance(buckets, KeyedBuckets):
        return {}, NEVER
    first, end, until_ms = periods.counting(buckets.numbers, profile, now_ms)
    return amounts(buckets, first, end), until_ms


def held_in(key: str, periods: Periods) -> Callable[[Profile, int], tuple[Mapping[str, int | float], int]]:
    """Return what tells what is held of each key, and when time alone may change that."""
    return lambda profile, now_ms: _held(key, periods, profile, now_ms)


def top_in_periods(key: str, periods: Periods) -> Reader:
    """Read the key of which most is held, the first in the alphabet where several are; unknown where none is."""

    def read(profile: Profile, now_ms: int) -> Reading:
        held, until_ms = _held(key, periods, profile, now_ms)
        return min(held, key=lambda name: (-held[name], name), default=None), until_ms

    return read


def _distinct(key: str, periods: Periods) -> Reader:
    def read(profile: Profile, now_ms: int) -> Reading:
        held, until_ms = _held(key, periods, profile, now_ms)
        return len(held), until_ms

    return read


def _asked_of_key(
    key: str, periods: Periods, answer: Callable[[Mapping[str, int | float], str], Scalar]
) -> KeyedReader:
    def read(profile: Profile, now_ms: int, of: Scalar | None) -> Reading:
        if of is None:
            return None, NEVER
        held, until_ms = _held(key, periods, profile, now_ms)
        return answer(held, value_name(of)), until_ms

    return read


def at_key_in_periods(key: str, periods: Periods) -> KeyedReader:
    """Read what is held of one key: nothing is zero; unknown where the key is."""
    return _asked_of_key(key, periods, lambda held, name: held.get(name, 0))


def contained_in_periods(key: str, periods: Periods) -> KeyedReader:
    """Read whether a value is among those held; unknown where the value is."""
    return _asked_of_key(key, periods, lambda held, name: name in held)


def period_trait(trait: Aggregate, key: str, periods: Periods) -> tuple[Update, Reader]:
    """Return the update and the reader of a trait over calendar periods that is not kept by key."""
    if trait.op in ("distinct", "set"):
        return _each(keyed_in_periods(key, periods)), _distinct(key, periods)
    if trait.op == "top":
        return _each(keyed_in_periods(key, periods)), top_in_periods(key, periods)
    update = _merged(key, trait.op, periods)
    return (constant(update, 1) if trait.op == "count" else update), _reader(key, trait, periods)
