"""Traits kept by key: a count or a sum for each value of a property, in bounded memory.

While a trait holds at most `KEPT_IN_ALL` pairs of a key and a bucket, it is exact. For a further one, the lightest of
all is forgotten, of equals the oldest. So what it holds of a key is never too much, and the heavy keys stay: a pair
forgotten was no heavier than the mean of all that were held then.
"""

from bisect import bisect_left
from typing import Final

from stream.decision.reading import KeyedReader, KeyedUpdate, Reading
from stream.decision.tallies import value_name
from stream.decision.totals import saturated
from stream.decision.windows import Window, drop_old_tallies, place
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import KeyedBuckets

KEPT_IN_ALL: Final = 256
"""Pairs of a key and a bucket that one trait holds of one user."""


def keyed_update(key: str, span: Window | None) -> KeyedUpdate:
    """Add a number to what is held of a key, by bucket."""

    def update(profile: Profile, of: Scalar, value: Scalar, time_ms: int, event: str) -> None:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            buckets = profile.traits[key] = KeyedBuckets([], [], 0, "")
        number, oldest = 0, 0
        if span:
            number, oldest = span.number(time_ms, profile.spread), span.oldest(profile.now_ms, profile.spread)
        if number < oldest:
            return
        drop_old_tallies(buckets, oldest)
        name = value_name(of)
        at, is_there = place(buckets.numbers, number)
        if not (is_there and name in buckets.tallies[at]):
            if buckets.kept >= KEPT_IN_ALL:
                _forget_lightest(buckets)
                at, is_there = place(buckets.numbers, number)
            if not is_there:
                buckets.numbers.insert(at, number)
                buckets.tallies.insert(at, {})
            buckets.kept += 1
        tally = buckets.tallies[at]
        tally[name] = saturated(tally.get(name, 0) + value)  # type: ignore[operator]  # only numbers are summed
        buckets.event = event

    return update


def _forget_lightest(buckets: KeyedBuckets) -> None:
    lightest = [min(tally, key=tally.__getitem__) for tally in buckets.tallies]
    at = min(range(len(lightest)), key=lambda place: buckets.tallies[place][lightest[place]])
    del buckets.tallies[at][lightest[at]]
    buckets.kept -= 1
    if not buckets.tallies[at]:
        del buckets.numbers[at], buckets.tallies[at]


def keyed_reader(key: str, span: Window | None) -> KeyedReader:
    """Read what is held of a key: nothing is zero. It may change when a bucket with that key leaves, or enters."""

    def read(profile: Profile, now_ms: int, of: Scalar | None) -> Reading:
        if of is None:
            return None, NEVER
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            return 0, NEVER
        name, numbers, spread = value_name(of), buckets.numbers, profile.spread
        if span is None:
            return (buckets.tallies[0].get(name, 0) if numbers else 0), NEVER
        drop_old_tallies(buckets, span.oldest(now_ms, spread))
        counted = bisect_left(numbers, span.awaited(now_ms, spread)) if span.ending_ms else len(numbers)
        held = [at for at, tally in enumerate(buckets.tallies) if name in tally]
        counting = bisect_left(held, counted)
        until_ms = span.changes_ms([numbers[at] for at in held], counting, spread)
        return sum(buckets.tallies[at][name] for at in held[:counting]), until_ms

    return read
