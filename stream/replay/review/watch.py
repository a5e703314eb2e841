"""The watch: who is in which segment, when and for how long; for many users, one share of them after the other."""

from collections import Counter
from collections.abc import Sequence
from heapq import nlargest
from typing import Final

import msgspec

from stream.replay.review.axis import Axis
from stream.replay.review.stays import StayLengths

SHORT_MS: Final = 86_400_000
"""A stay or an absence below this is short."""

OFTEN: Final = 3
"""Entries that make a member one who enters often."""

EXAMPLES: Final = 5
MASKS_MAX: Final = 100_000
"""Different sets of segments that time is counted by; beyond, it is left out (such a config has other worries)."""


class _Place(msgspec.Struct):
    """One user in one segment: since when inside (None: outside), when last left, how often entered."""

    since_ms: int | None = None
    left_ms: int | None = None
    entries: int = 0


class _User(msgspec.Struct):
    """One user: the set of segments they are in, as bits, since when, and each segment they were ever in."""

    mask: int
    since_ms: int
    places: dict[int, _Place]


class PlaceTotals(msgspec.Struct):
    """What one segment comes to over all users. `changes` are by the axis' moments."""

    changes: list[int]
    lengths: StayLengths
    entries: int = 0
    exits: int = 0
    members_ever: int = 0
    inside: int = 0
    quick_returns: int = 0
    entered_thrice: int = 0
    most: list[tuple[int, str]] = []


class Watch:
    """Follows memberships. Feed a share's changes in order of time, then `close` it before the next share comes."""

    def __init__(self, places: Sequence[str], axis: Axis) -> None:
        self.places: Final = list(places)
        self.axis: Final = axis
        self.totals: Final = [PlaceTotals(axis.blank(), StayLengths([]), most=[]) for _ in self.places]
        self.time_in: Final[Counter[int]] = Counter()
        self.now_in: Final[Counter[int]] = Counter()
        self._index = {name: index for index, name in enumerate(self.places)}
        self._users: dict[str, _User] = {}

    def change(self, user: str, place: str, entered: bool, at_ms: int) -> None:
        """Follow one user into a segment, or out of it."""
        index = self._index[place]
        known = self._users.get(user)
        if known is None:
            known = self._users[user] = _User(0, at_ms, {})
        self._count_time(known, at_ms)
        its = known.places.setdefault(index, _Place())
        if entered and its.since_ms is None:
            known.mask |= 1 << index
            self._enter(index, its, at_ms)
        elif not entered and its.since_ms is not None:
            known.mask &= ~(1 << index)
            self._leave(index, its, at_ms)

    def forget(self, user: str, at_ms: int) -> None:
        """Follow a user out of everything: they asked to be forgotten."""
        for place in self.inside(user):
            self.change(user, place, False, at_ms)

    def inside(self, user: str) -> list[str]:
        """Return the segments that a user of this share is in."""
        known = self._users.get(user)
        return [] if known is None else [name for name, index in self._index.items() if known.mask >> index & 1]

    def mask(self, user: str) -> int:
        """Return the same as bits, in the order of `places`."""
        known = self._users.get(user)
        return known.mask if known is not None else 0

    def close(self, clock_ms: int) -> None:
        """End a share of users: count who is inside now, and forget them."""
        for user, known in self._users.items():
            self._count_time(known, clock_ms)
            if known.mask:
                self.now_in[known.mask] += 1
            for index, its in known.places.items():
                totals = self.totals[index]
                totals.members_ever += its.entries > 0
                totals.inside += its.since_ms is not None
                totals.entered_thrice += its.entries >= OFTEN
                if its.entries >= OFTEN:
                    totals.most.append((its.entries, user))
        for totals in self.totals:
            totals.most = nlargest(EXAMPLES, totals.most)
        self._users.clear()

    def _enter(self, index: int, its: _Place, at_ms: int) -> None:
        totals = self.totals[index]
        totals.quick_returns += its.left_ms is not None and at_ms - its.left_ms < SHORT_MS
        totals.entries += 1
        totals.changes[self.axis.index(at_ms)] += 1
        its.since_ms, its.entries = at_ms, its.entries + 1

    def _leave(self, index: int, its: _Place, at_ms: int) -> None:
        totals = self.totals[index]
        totals.exits += 1
        totals.changes[self.axis.index(at_ms)] -= 1
        totals.lengths.add(at_ms - (its.since_ms if its.since_ms is not None else at_ms))
        its.since_ms, its.left_ms = None, at_ms

    def _count_time(self, known: _User, at_ms: int) -> None:
        """Count the time since the user's last change for the set of segments they were in, from the axis' start on."""
        since_ms, known.since_ms = max(known.since_ms, self.axis.start_ms), at_ms
        if known.mask and at_ms > since_ms and (known.mask in self.time_in or len(self.time_in) < MASKS_MAX):
            self.time_in[known.mask] += at_ms - since_ms
