"""Traits over values: which there were, and which most often; in bounded memory."""

from bisect import bisect_left
from typing import Final

from stream.decision.pairs import (
    amounts,
    cell_of,
    count_again,
    count_new,
    drop_old_pairs,
    latest,
    pair_in,
    places_of,
    size_of,
)
from stream.decision.reading import KeyedReader, Reader, Reading, Update
from stream.decision.standings import leader_of
from stream.decision.windows import Window, window
from stream.definitions.shapes import Aggregate
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import KeyedBuckets, Tally
from stream.model.text import SURELY_SHORT, kept_text, places

DISTINCT_KEPT: Final = 256
"""Different values kept per trait: up to here `distinct` is exact; a `set` forgets the one longest unseen beyond.

Of a `set`, a value in more than 64 bytes counts for two.
"""

KEYS_KEPT: Final = 64
"""Values counted per bucket of a `top`: a value that comes after so many others in its bucket is not counted."""

KEYS_KEPT_IN_ALL: Final = 512
"""Places for values in all buckets of a `top` together; a bucket takes in no further value beyond.

A value in more than 64 bytes takes two.
"""


def value_name(value: Scalar) -> str:
    """Return a value as text; 1.0 is the number 1, which is how some serialisers write it."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return kept_text(value if isinstance(value, str) else str(value))


def seen_again(tally: Tally, name: str, time_ms: int, event: str) -> None:
    """Remember when a value was last seen, the longest unseen first."""
    seen = tally.last_ms
    before = seen.pop(name, time_ms)
    is_newest = not seen or time_ms >= next(reversed(seen.values()))
    seen[name] = max(before, time_ms)
    if not is_newest:
        tally.last_ms = dict(sorted(seen.items(), key=lambda entry: entry[1]))
    tally.event = event


def set_update(key: str) -> Update:
    """Remember when each value was last seen; of too many, the one longest unseen is forgotten."""

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        tally = profile.traits.get(key)
        if not isinstance(tally, Tally):
            tally = profile.traits[key] = Tally({}, "")
        name = value_name(value)
        is_new = name not in tally.last_ms
        seen_again(tally, name, time_ms, event)
        if is_new:
            _forget_longest_unseen(tally.last_ms)

    return update


def _forget_longest_unseen(last_ms: dict[str, int]) -> None:
    """Forget of a set what it has no place for."""
    if 2 * len(last_ms) <= DISTINCT_KEPT:
        return
    taken = sum(map(places, last_ms))
    while taken > DISTINCT_KEPT:
        name = next(iter(last_ms))
        taken -= places(name)
        del last_ms[name]


def set_reader(key: str, within_ms: int | None) -> Reader:
    """Read how many values are in a set; each leaves once it was last seen longer ago than the window."""
    nothing: Reading = (0, NEVER)

    def read(profile: Profile, now_ms: int) -> Reading:
        tally = profile.traits.get(key)
        if not isinstance(tally, Tally):
            return nothing
        if within_ms is None:
            return len(tally.last_ms), NEVER
        seen = tally.last_ms
        while seen and (oldest_ms := seen[next(iter(seen))]) + within_ms < now_ms:
            del seen[next(iter(seen))]
        return (len(seen), oldest_ms + within_ms + 1) if seen else nothing

    return read


def contained_reader(key: str, within_ms: int | None) -> KeyedReader:
    """Read whether a value was seen; it leaves once it was last seen longer ago than the window."""

    def read(profile: Profile, now_ms: int, of: Scalar | None) -> Reading:
        if of is None:
            return None, NEVER
        tally = profile.traits.get(key)
        seen_ms = tally.last_ms.get(value_name(of)) if isinstance(tally, Tally) else None
        if seen_ms is None or within_ms is None:
            return seen_ms is not None, NEVER
        is_in = now_ms <= seen_ms + within_ms
        return is_in, seen_ms + within_ms + 1 if is_in else NEVER

    return read


def top_update(key: str, span: Window | None) -> Update:
    """Count each value, by bucket."""

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            buckets = profile.traits[key] = KeyedBuckets()
        number = (time_ms + profile.spread) // span.width_ms if span else 0
        if not buckets.numbers or buckets.numbers[-1] != number:
            oldest = span.oldest(profile.now_ms, profile.spread) if span else 0
            if number < oldest:
                return
            drop_old_pairs(buckets, oldest)
        name = value if value.__class__ is str and len(value) <= SURELY_SHORT else value_name(value)
        cell = cell_of(buckets, name)
        last, size = latest(buckets, cell), size_of(buckets, number)
        pair = pair_in(buckets, number, cell) if last >= 0 else -1
        if pair >= 0:
            count_again(buckets, pair, last)
        elif size < KEYS_KEPT and buckets.kept + places_of(cell) <= KEYS_KEPT_IN_ALL:
            count_new(buckets, number, cell, last)
        buckets.event = event

    return update


def leader_reader(key: str, span: Window | None) -> Reader:
    """Read the value counted most often up to now; it may change when the oldest bucket leaves."""

    def read(profile: Profile, now_ms: int) -> Reading:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            return None, NEVER
        if span is None:
            return leader_of(buckets), NEVER
        drop_old_pairs(buckets, span.oldest(now_ms, profile.spread))
        if not buckets.numbers:
            return None, NEVER
        return leader_of(buckets), span.leaves_ms(buckets.numbers[0], profile.spread)

    return read


def top_reader(key: str, span: Window | None) -> Reader:
    """Read the value seen most often, the first in the alphabet where several are; unknown where none is."""

    def read(profile: Profile, now_ms: int) -> Reading:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            return None, NEVER
        if span:
            drop_old_pairs(buckets, span.oldest(now_ms, profile.spread))
        if not buckets.numbers:
            return None, NEVER
        numbers, counted, until_ms = buckets.numbers, len(buckets.numbers), NEVER
        if span:
            counted = bisect_left(numbers, span.awaited(now_ms, profile.spread)) if span.ending_ms else counted
            until_ms = span.changes_ms(numbers, counted, profile.spread)
        counts = amounts(buckets, 0, counted)
        return min(counts, key=lambda name: (-counts[name], name), default=None), until_ms

    return read


def tally_trait(trait: Aggregate, key: str) -> tuple[Update, Reader]:
    """Return the update and the reader of a `set` or `top`, rolling or over all time."""
    if trait.op == "set":
        return set_update(key), set_reader(key, trait.within_ms)
    span = window(trait.within_ms, trait.ending_ms) if trait.within_ms is not None else None
    return top_update(key, span), (top_reader(key, span) if trait.ending_ms else leader_reader(key, span))
