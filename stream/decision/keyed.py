"""Traits kept by key: a count or a sum for each value of a property, in bounded memory.

Each pair of a key and a bucket takes a place; one whose key is longer than 64 bytes takes two. While a trait holds at
most `KEPT_IN_ALL` places, it is exact. For a further one, the lightest of all is forgotten, of equals the oldest. So
what it holds of a key is never too much, and the heavy keys stay: a pair forgotten was no heavier than the mean of all
that were held then.
"""

from bisect import bisect_left
from collections.abc import Callable
from typing import Final

from stream.decision.pairs import (
    add_pair,
    bucket_of,
    cell_of,
    count_again,
    count_new,
    drop_old_pairs,
    latest,
    oldest_bucket_of,
    pair_in,
    pairs_of,
    places_of,
    remove,
    total_of,
)
from stream.decision.reading import KeyedCounter, KeyedReader, KeyedUpdate, Reading
from stream.decision.tallies import value_name
from stream.decision.totals import saturated
from stream.decision.windows import Window
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import FILL, KeyedBuckets
from stream.model.text import PLACE_BYTES, SURELY_SHORT

KEPT_IN_ALL: Final = 256
"""Places for pairs of a key and a bucket that one trait holds of one user."""


def keyed_counter(key: str, span: Window | None) -> KeyedCounter:
    """Count a key once more, into the bucket of a number; return how often it is counted then, in all that are kept."""

    def count(profile: Profile, of: Scalar, number: int, event: str) -> int:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            buckets = profile.traits[key] = KeyedBuckets()
        name = of if of.__class__ is str and len(of) <= SURELY_SHORT else value_name(of)
        numbers = buckets.numbers
        if not numbers or numbers[-1] != number:
            oldest = span.oldest(profile.now_ms, profile.spread) if span is not None else 0
            if number < oldest:
                return total_of(buckets, name.encode())
            drop_old_pairs(buckets, oldest)
        buckets.event = event
        cell = name.encode().ljust(buckets.width, FILL)
        if len(cell) > buckets.width:
            cell = cell_of(buckets, name)
        last = latest(buckets, cell)
        if last >= 0 and number <= numbers[-1]:
            if number == numbers[-1]:
                pair = last if last >= len(buckets.held) - buckets.sizes[-1] else -1
            else:
                pair = pair_in(buckets, number, cell)
            if pair >= 0:
                return count_again(buckets, pair, last)
        taken = 1 if len(cell) <= PLACE_BYTES else places_of(cell)
        while buckets.kept + taken > KEPT_IN_ALL:
            remove(buckets, _lightest(buckets, 1))
            last = latest(buckets, cell)
        return count_new(buckets, number, cell, last)

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
        drop_old_pairs(buckets, oldest)
        sum_up(buckets, number, value_name(of), value)
        buckets.event = event

    return update


def _kept(profile: Profile, key: str, span: Window | None, time_ms: int) -> tuple[KeyedBuckets, int, int]:
    """Return the buckets, and the numbers of the one that a time falls into and of the oldest that counts."""
    buckets = profile.traits.get(key)
    if not isinstance(buckets, KeyedBuckets):
        buckets = profile.traits[key] = KeyedBuckets()
    if span is None:
        return buckets, 0, 0
    return buckets, span.number(time_ms, profile.spread), span.oldest(profile.now_ms, profile.spread)


def sum_up(buckets: KeyedBuckets, number: int, name: str, value: Scalar) -> None:
    """Add a number to what the bucket of a number holds of a key; where there is no room, the lightest is forgotten."""
    if not isinstance(buckets.held, list):  # it is new, or was kept by a version that did not tell sums from counts
        buckets.held, buckets.totals, buckets.leader = list(buckets.held), bytearray(), -1
    cell = cell_of(buckets, name)
    pair = pair_in(buckets, number, cell)
    if pair >= 0:
        buckets.held[pair] = saturated(buckets.held[pair] + value)  # type: ignore[operator]  # only numbers are summed
        return
    taken = places_of(cell)
    while buckets.kept + taken > KEPT_IN_ALL:
        remove(buckets, _lightest(buckets, None))
    add_pair(buckets, number, cell, saturated(0 + value))  # type: ignore[operator]  # only numbers are summed


def _lightest(buckets: KeyedBuckets, least: int | None) -> int:
    """Return the pair of which least is held, the oldest of equals; none weighs less than `least`."""
    held = buckets.held
    if least is not None and least in held:  # as mostly: so not all need be looked at
        return held.index(least)
    return held.index(min(held))  # type: ignore[arg-type]  # what is in bytes is looked for there


def held_of(key: str, of: Scalar) -> Callable[[Profile], int]:
    """Return what tells how often a key is counted, in all buckets that are kept."""
    encoded = value_name(of).encode()

    def read(profile: Profile) -> int:
        buckets = profile.traits.get(key)
        return total_of(buckets, encoded) if isinstance(buckets, KeyedBuckets) else 0

    return read


def keyed_count_reader(key: str, span: Window | None) -> KeyedReader:
    """Read how often a key was counted. It may change when the oldest bucket with that key leaves."""

    def read(profile: Profile, now_ms: int, of: Scalar | None) -> Reading:
        if of is None:
            return None, NEVER
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            return 0, NEVER
        spread = profile.spread
        if span is not None:
            drop_old_pairs(buckets, span.oldest(now_ms, spread))
        cell = value_name(of).encode().ljust(buckets.width, FILL)
        last = latest(buckets, cell) if len(cell) == buckets.width else -1
        if last < 0:
            return 0, NEVER
        return buckets.totals[last], NEVER if span is None else span.leaves_ms(oldest_bucket_of(buckets, cell), spread)

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
            return sum(buckets.held[pair] for pair in pairs_of(buckets, name)), NEVER
        drop_old_pairs(buckets, span.oldest(now_ms, spread))
        counted = bisect_left(numbers, span.awaited(now_ms, spread)) if span.ending_ms else len(numbers)
        pairs = pairs_of(buckets, name)
        places = [bucket_of(buckets, pair) for pair in pairs]
        counting = bisect_left(places, counted)
        until_ms = span.changes_ms([numbers[at] for at in places], counting, spread)
        return sum(buckets.held[pair] for pair in pairs[:counting]), until_ms

    return read
