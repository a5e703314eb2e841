"""Traits kept by key: a count or a sum for each value of a property, in bounded memory.

Each pair of a key and a bucket takes a place; one whose key is longer than 64 bytes takes two. While a trait holds at
most `KEPT_IN_ALL` places, it is exact. For a further one, the lightest of all is forgotten, of equals the oldest. So
what it holds of a key is never too much, and the heavy keys stay: a pair forgotten was no heavier than the mean of all
that were held then.
"""

from bisect import bisect_left
from collections.abc import Callable
from typing import Final

from stream.decision.reading import KeyedCounter, KeyedReader, KeyedUpdate, Reading
from stream.decision.standings import drop_old_counts, note_lost, note_one_more, standing_of
from stream.decision.tallies import value_name
from stream.decision.totals import saturated
from stream.decision.windows import Window, drop_old_tallies, place
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import KeyedBuckets
from stream.model.text import SURELY_SHORT, places

KEPT_IN_ALL: Final = 256
"""Places for pairs of a key and a bucket that one trait holds of one user."""


def keyed_counter(key: str, span: Window | None) -> KeyedCounter:
    """Count a key once more, into the bucket of a number; return how often it is counted then, in all that are kept."""

    def count(profile: Profile, of: Scalar, number: int, event: str) -> int:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            buckets = profile.traits[key] = KeyedBuckets([], [], 0, "")
        name = of if of.__class__ is str and len(of) <= SURELY_SHORT else value_name(of)
        numbers = buckets.numbers
        if not numbers or numbers[-1] != number:
            oldest = span.oldest(profile.now_ms, profile.spread) if span is not None else 0
            if number < oldest:
                return standing_of(buckets).counts.get(name, 0)
            drop_old_counts(buckets, oldest)
        if numbers and numbers[-1] == number and name in (newest := buckets.tallies[-1]):
            newest[name] += 1
        else:
            tally = tally_of(buckets, number, name, 1)
            tally[name] = tally.get(name, 0) + 1
        buckets.event = event
        return note_one_more(buckets, name)

    return count


def keyed_count_update(key: str, span: Window | None) -> KeyedUpdate:
    """Count a key once more, by bucket."""
    count = keyed_counter(key, span)

    def update(profile: Profile, of: Scalar, _value: Scalar, time_ms: int, event: str) -> None:
        count(profile, of, (time_ms + profile.spread) // span.width_ms if span is not None else 0, event)

    return update


def keyed_sum_update(key: str, span: Window | None) -> KeyedUpdate:
    """Add a number to what is held of a key, by bucket."""

    def update(profile: Profile, of: Scalar, value: Scalar, time_ms: int, event: str) -> None:
        buckets, number, oldest = _kept(profile, key, span, time_ms)
        if number < oldest:
            return
        drop_old_tallies(buckets, oldest)
        name = value_name(of)
        tally = tally_of(buckets, number, name, None)
        tally[name] = saturated(tally.get(name, 0) + value)  # type: ignore[operator]  # only numbers are summed
        buckets.event = event

    return update


def _kept(profile: Profile, key: str, span: Window | None, time_ms: int) -> tuple[KeyedBuckets, int, int]:
    """Return the buckets, and the numbers of the one that a time falls into and of the oldest that counts."""
    buckets = profile.traits.get(key)
    if not isinstance(buckets, KeyedBuckets):
        buckets = profile.traits[key] = KeyedBuckets([], [], 0, "")
    if span is None:
        return buckets, 0, 0
    return buckets, span.number(time_ms, profile.spread), span.oldest(profile.now_ms, profile.spread)


def tally_of(buckets: KeyedBuckets, number: int, name: str, least: int | None) -> dict[str, int | float]:
    """Return the tally of a bucket, with room for the name in it; no pair weighs less than `least`."""
    at, is_there = place(buckets.numbers, number)
    if is_there and name in buckets.tallies[at]:
        return buckets.tallies[at]
    taken = places(name)
    if buckets.kept + taken > KEPT_IN_ALL:
        while buckets.kept + taken > KEPT_IN_ALL:
            forget_lightest(buckets, least)
        at, is_there = place(buckets.numbers, number)
    if not is_there:
        buckets.numbers.insert(at, number)
        buckets.tallies.insert(at, {})
    buckets.kept += taken
    return buckets.tallies[at]


def forget_lightest(buckets: KeyedBuckets, least: int | None = None) -> None:
    """Make room for one more pair of a key and a bucket."""
    lightest, of, weight = _lightest(buckets, least)
    tally = buckets.tallies[lightest]
    del tally[of]
    buckets.kept -= places(of)
    if least is not None:
        note_lost(buckets, of, int(weight))
    if not tally:
        del buckets.numbers[lightest], buckets.tallies[lightest]


def _lightest(buckets: KeyedBuckets, least: int | None) -> tuple[int, str, float]:
    """Return the place of a bucket, the key and the weight of the lightest pair, the oldest of equals."""
    if least is not None:  # mostly there is one early on that weighs no more than it must
        for at, tally in enumerate(buckets.tallies):
            if least in tally.values():
                return at, next(name for name, count in tally.items() if count == least), least
    pairs = ((at, name, held) for at, tally in enumerate(buckets.tallies) for name, held in tally.items())
    return min(pairs, key=lambda pair: pair[2])


def held_of(key: str, of: Scalar) -> Callable[[Profile], int]:
    """Return what tells how often a key is counted, in all buckets that are kept."""
    name = value_name(of)

    def read(profile: Profile) -> int:
        buckets = profile.traits.get(key)
        return standing_of(buckets).counts.get(name, 0) if isinstance(buckets, KeyedBuckets) else 0

    return read


def keyed_count_reader(key: str, span: Window | None) -> KeyedReader:
    """Read how often a key was counted. It may change when the oldest bucket with that key leaves."""

    def read(profile: Profile, now_ms: int, of: Scalar | None) -> Reading:
        if of is None:
            return None, NEVER
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            return 0, NEVER
        name, spread = value_name(of), profile.spread
        if span is None:
            return standing_of(buckets).counts.get(name, 0), NEVER
        drop_old_counts(buckets, span.oldest(now_ms, spread))
        count = standing_of(buckets).counts.get(name, 0)
        if not count:
            return 0, NEVER
        oldest = next(number for number, tally in zip(buckets.numbers, buckets.tallies, strict=True) if name in tally)
        return count, span.leaves_ms(oldest, spread)

    return read


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
