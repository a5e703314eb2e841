"""Standings: how often keyed buckets of counts hold each key in all, and which key leads.

A standing is no state. It goes with its buckets while they are in memory, so that reading need not add up every bucket,
and is made from them where it is missing.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from stream.decision.windows import Window, drop_old_tallies
from stream.model.profile import NEVER, Profile
from stream.model.states import KeyedBuckets

_PLACE: Final = "standing"


class Standing(msgspec.Struct):
    """The count of each key over all buckets; `leader` has the greatest, None where it is still to be found out."""

    counts: dict[str, int]
    leader: str | None = None


def standing_of(buckets: KeyedBuckets) -> Standing:
    """Return the standing of buckets of counts."""
    known: Standing | None = vars(buckets).get(_PLACE)
    if known is not None:
        return known
    counts: dict[str, int] = {}
    for tally in buckets.tallies:
        for name, count in tally.items():
            counts[name] = counts.get(name, 0) + count  # type: ignore[assignment]  # counts are ints
    made = vars(buckets)[_PLACE] = Standing(counts)
    return made


def leader_of(buckets: KeyedBuckets) -> str | None:
    """Return the key counted most often, the first in the alphabet where several are; None where none is."""
    standing = standing_of(buckets)
    if standing.leader is None and standing.counts:
        most = max(standing.counts.values())
        standing.leader = min(name for name, count in standing.counts.items() if count == most)
    return standing.leader


def most_held(key: str) -> Callable[[Profile], int]:
    """Return what tells how often the key counted most often was counted, in all buckets that are kept."""

    def read(profile: Profile) -> int:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            return 0
        standing: Standing = vars(buckets).get(_PLACE) or standing_of(buckets)
        leader = standing.leader or leader_of(buckets)
        return standing.counts[leader] if leader is not None else 0

    return read


def empty_from(key: str, span: Window) -> Callable[[Profile], int]:
    """Return what tells when the last of what was counted leaves the window, if nothing comes."""

    def read(profile: Profile) -> int:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets) or not buckets.numbers:
            return NEVER
        return span.leaves_ms(buckets.numbers[-1], profile.spread)

    return read


def note_one_more(buckets: KeyedBuckets, name: str) -> int:
    """Note that a key was counted once more; return how often it is counted now, in all buckets that are kept."""
    standing: Standing | None = vars(buckets).get(_PLACE)
    if standing is None:
        return standing_of(buckets).counts[name]
    counts, leader = standing.counts, standing.leader
    count = counts[name] = counts.get(name, 0) + 1
    if leader is not None and leader != name:
        most = counts[leader]
        if count > most or (count == most and name < leader):
            standing.leader = name
    return count


def note_lost(buckets: KeyedBuckets, name: str, count: int) -> None:
    """Note that so many of a key are no longer held, if anyone has asked for the standing."""
    standing: Standing | None = vars(buckets).get(_PLACE)
    if standing is not None:
        _take_off(standing, name, count)


def drop_old_counts(buckets: KeyedBuckets, oldest: int) -> None:
    """Forget the buckets of counts that no longer count."""
    numbers = buckets.numbers
    if not numbers or numbers[0] >= oldest:
        return
    standing: Standing | None = vars(buckets).get(_PLACE)
    if standing is not None:
        for number, tally in zip(numbers, buckets.tallies, strict=True):
            if number >= oldest:
                break
            for name, count in tally.items():
                _take_off(standing, name, count)  # type: ignore[arg-type]  # counts are ints
    drop_old_tallies(buckets, oldest)


def _take_off(standing: Standing, name: str, count: int) -> None:
    left = standing.counts[name] - count
    if left:
        standing.counts[name] = left
    else:
        del standing.counts[name]
    if name == standing.leader:
        standing.leader = None
