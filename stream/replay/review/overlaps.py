"""Pairs of segments that mostly hold the same users at the same time."""

from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from typing import Final

from stream.replay.review.shapes import Overlap
from stream.replay.review.watch import Watch

TOLD_FROM: Final = 0.3
"""The Jaccard index from which on a pair is told."""

PAIRS_MAX: Final = 40


def overlaps(watch: Watch) -> list[Overlap]:
    """Return the pairs that overlap most, by the time that users spent in both."""
    time_one, time_both = _counted(watch.time_in)
    now_one, now_both = _counted(watch.now_in)
    found = []
    for (one, other), both in time_both.items():
        jaccard = both / (time_one[one] + time_one[other] - both)
        if jaccard >= TOLD_FROM:
            together = now_both[one, other]
            found.append(
                Overlap(
                    one=watch.places[one],
                    other=watch.places[other],
                    jaccard=jaccard,
                    within=both / time_one[one],
                    around=both / time_one[other],
                    both_now=together,
                    either_now=now_one[one] + now_one[other] - together,
                )
            )
    return sorted(found, key=lambda pair: (-pair.jaccard, pair.one, pair.other))[:PAIRS_MAX]


def _counted(masks: Mapping[int, int]) -> tuple[Counter[int], Counter[tuple[int, int]]]:
    """Return what sets of segments, as bits, come to for each segment, and for each pair of them."""
    singles: Counter[int] = Counter()
    pairs: Counter[tuple[int, int]] = Counter()
    for mask, amount in masks.items():
        bits = [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
        for bit in bits:
            singles[bit] += amount
        for pair in combinations(bits, 2):
            pairs[pair] += amount
    return singles, pairs
