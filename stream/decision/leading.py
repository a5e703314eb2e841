"""Whether a key is among those that a trait kept by key holds most of."""

from bisect import bisect_left
from collections.abc import Callable, Mapping

from stream.decision.fading import faded
from stream.decision.pairs import amounts, drop_old_pairs, totals_of
from stream.decision.reading import KeyedReader, Reading
from stream.decision.tallies import value_name
from stream.decision.windows import Window
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import FadingByKey, KeyedBuckets

Amounts = Callable[[Profile, int], tuple[Mapping[str, float], int]]
"""(profile, now_ms) -> what is held of each key, and when time alone may change their order."""


def among_most(held_of: Amounts, *, only_falls: bool = False) -> Callable[[int], KeyedReader]:
    """Return what makes a reader for the first so many keys; of equals, the first in the alphabet comes first.

    What `only_falls` with time brings no key in that is not there.
    """

    def of_so_many(most: int) -> KeyedReader:
        def read(profile: Profile, now_ms: int, of: Scalar | None) -> Reading:
            if of is None:
                return None, NEVER
            held, until_ms = held_of(profile, now_ms)
            name = value_name(of)
            if name not in held:
                return False, NEVER if only_falls else until_ms
            own = (-held[name], name)
            return sum((-amount, other) < own for other, amount in held.items()) < most, until_ms

        return read

    return of_so_many


def counts_kept(key: str, span: Window | None) -> Amounts:
    """Return how often each key was counted up to now; their order may change when the oldest bucket leaves."""

    def read(profile: Profile, now_ms: int) -> tuple[Mapping[str, float], int]:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            return {}, NEVER
        if span is not None:
            drop_old_pairs(buckets, span.oldest(now_ms, profile.spread))
        until_ms = span.leaves_ms(buckets.numbers[0], profile.spread) if span is not None and buckets.numbers else NEVER
        return totals_of(buckets), until_ms

    return read


def amounts_in_buckets(key: str, span: Window | None) -> Amounts:
    """Add up what the buckets that count hold; their order may change when one leaves, or enters."""

    def read(profile: Profile, now_ms: int) -> tuple[Mapping[str, float], int]:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            return {}, NEVER
        if span is None or not buckets.numbers:
            return amounts(buckets, 0, 1), NEVER
        drop_old_pairs(buckets, span.oldest(now_ms, profile.spread))
        numbers, counted = buckets.numbers, len(buckets.numbers)
        if span.ending_ms:
            counted = bisect_left(numbers, span.awaited(now_ms, profile.spread))
        return amounts(buckets, 0, counted), span.changes_ms(numbers, counted, profile.spread) if numbers else NEVER

    return read


def amounts_left(key: str, half_life_ms: int) -> Amounts:
    """Return what is left of each key: all fade alike, so that time does not change their order."""

    def read(profile: Profile, _now_ms: int) -> tuple[Mapping[str, float], int]:
        state = profile.traits.get(key)
        if not isinstance(state, FadingByKey) or not state.held:
            return {}, NEVER
        at_ms = max(state.at_ms.values())
        return {name: faded((held, state.at_ms[name]), half_life_ms, at_ms) for name, held in state.held.items()}, NEVER

    return read
