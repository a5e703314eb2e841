"""Standings: of keyed buckets of counts, how often each key is counted in all, and which key leads."""

from collections.abc import Callable

from stream.decision.windows import Window
from stream.model.profile import NEVER, Profile
from stream.model.states import KeyedBuckets


def leader_of(buckets: KeyedBuckets) -> str | None:
    """Return the key counted most often, the first in the alphabet where several are; None where none is."""
    leader = buckets.leader if buckets.leader >= 0 else _found(buckets)
    return buckets.name(leader) if leader >= 0 else None


def most_held(key: str) -> Callable[[Profile], int]:
    """Return what tells how often the key counted most often was counted, in all buckets that are kept."""

    def read(profile: Profile) -> int:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets):
            return 0
        leader = buckets.leader if buckets.leader >= 0 else _found(buckets)
        return buckets.totals[leader] if leader >= 0 else 0

    return read


def _found(buckets: KeyedBuckets) -> int:
    """Find the latest pair of the key that leads, and note it; -1 if there is none."""
    most = max(buckets.totals, default=0)
    leading = [pair for pair, total in enumerate(buckets.totals) if total == most]
    buckets.leader = min(leading, key=buckets.name, default=-1)
    return buckets.leader


def empty_from(key: str, span: Window) -> Callable[[Profile], int]:
    """Return what tells when the last of what was counted leaves the window, if nothing comes."""

    def read(profile: Profile) -> int:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, KeyedBuckets) or not buckets.numbers:
            return NEVER
        return span.leaves_ms(buckets.numbers[-1], profile.spread)

    return read
