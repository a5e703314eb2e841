"""Shapes that earlier versions kept, brought into today's."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from stream.model.states import FILL, Buckets, KeyedBuckets, KeyedTallies

if TYPE_CHECKING:
    from stream.model.profile import Profile


def bring_up_to_date(profile: "Profile") -> None:
    """Let a profile that an earlier version kept be as today's."""
    if profile.earlier_seen is not None:
        profile.seen, profile.earlier_seen = _joined(profile.earlier_seen), None
    # Empty mappings were kept, and an empty list, where there is nothing.
    hand, undelivered, heard = profile.hand, profile.undelivered, profile.heard
    profile.hand, profile.undelivered, profile.heard = hand or None, undelivered or None, heard or None
    for key, state in profile.traits.items():
        if type(state) is KeyedTallies:
            profile.traits[key] = keyed_buckets(state)
        elif type(state) is Buckets and not state.counts:
            state.counts = None


def keyed_buckets(earlier: KeyedTallies) -> KeyedBuckets:
    """Return keyed buckets from a mapping for each; what is whole and positive throughout is taken for counts.

    Sums that are so lose their totals again when they are next added to.
    """
    cells = [name.encode() for tally in earlier.tallies for name in tally]
    held = [amount for tally in earlier.tallies for amount in tally.values()]
    width = max(1, *map(len, cells)) if cells else 1
    buckets = KeyedBuckets(
        earlier.numbers,
        [len(tally) for tally in earlier.tallies],
        bytearray().join(cell.ljust(width, FILL) for cell in cells),
        width,
        held,
        kept=earlier.kept,
        event=earlier.event,
    )
    if all(isinstance(amount, int) and amount > 0 for amount in held):
        _count(buckets, earlier.tallies)
    return buckets


def _joined(seen: Iterable[int]) -> bytes:
    """Return 64-bit hashes, in their order, as eight bytes each."""
    return b"".join(digest.to_bytes(8, "big") for digest in seen)


def _count(buckets: KeyedBuckets, tallies: Sequence[Mapping[str, int | float]]) -> None:
    """Add up what is counted of each key; the total stands at its latest pair."""
    totals, last = [0] * len(buckets.held), dict[str, int]()
    for pair, (name, count) in enumerate((name, count) for tally in tallies for name, count in tally.items()):
        before = last.get(name, pair)
        totals[before], totals[pair] = 0, totals[before] + int(count)
        last[name] = pair
    buckets.totals = totals
    if max(totals, default=0) < 256:
        buckets.totals, buckets.held = bytearray(totals), bytearray(map(int, buckets.held))
