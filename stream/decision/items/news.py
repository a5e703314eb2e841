"""Changes of products that users are still to be told of, and how far that has come.

A change is told to the users of a task as their timers fire: to each before what they do later, and to all by the
clock. There may be any number of them, so they are told in slices, in order of their names; after a crash it goes on
behind the last one whose slice was kept. Who had to be told out of turn, or did something after a change without being
concerned, notes so in their profile: nobody is told twice, or of what was so before they came.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

from stream.decision.items.changes import Change
from stream.decision.items.index import ItemIndex, remembered
from stream.model.profile import NEVER, Profile

CHUNK: Final = 16_384
"""Users of one change that are looked up at a time."""

Place = tuple[int, str]
"""How far a partition of the catalogue was told: the offset to go on with, and the last user who was told of that."""


class News:
    """What waits to be told: as many changes as came in and are not told yet, whoever they concern.

    `next_ms` is the time of the earliest, `NEVER` if none waits. `index` knows whom a change concerns. `read_offsets`
    has by partition the offset from which on changes are not known yet.
    """

    def __init__(self) -> None:
        self.index: Final = ItemIndex()
        self.next_ms = NEVER
        self.read_offsets: Final[dict[int, int]] = {}
        self._waiting: Final[dict[int, deque[Change]]] = {}
        self._by_product: Final[dict[str, list[Change]]] = {}
        self._last_told: Final[dict[int, Place]] = {}
        self._first: Change | None = None
        self._users: Final[deque[str]] = deque()

    def restore(self, places: Mapping[int, Place]) -> None:
        """Go on from where it was left, by partition."""
        self.read_offsets.update({partition: offset for partition, (offset, _) in places.items()})
        self._last_told.update(places)

    def places(self) -> dict[int, Place]:
        """Return how far each partition was told."""
        return {partition: self._place(partition, read) for partition, read in self.read_offsets.items()}

    def adopt(self, changes: Iterable[Change], read: Mapping[int, int]) -> None:
        """Take in changes, of each partition in its order, which was read up to an offset; those known are left out."""
        for change in changes:
            if change.offset >= self.read_offsets.get(change.partition, 0):
                self._waiting.setdefault(change.partition, deque()).append(change)
                self._by_product.setdefault(change.product, []).append(change)
        for partition, offset in read.items():
            self.read_offsets[partition] = max(offset, self.read_offsets.get(partition, 0))
        self._look()

    def take(self, most: int) -> tuple[Change, list[str]] | None:
        """Return the earliest change, and the next users who may be concerned by it; one with none is done with."""
        change = self._first
        if change is None:
            return None
        if not self._users:
            self._users.extend(self.index.users(change.product, self._last_user(change), CHUNK))
        users = [self._users.popleft() for _ in range(min(most, len(self._users)))]
        if users:
            self._last_told[change.partition] = (change.offset, users[-1])
        else:
            self._drop(change)
        return change, users

    def of(self, profile: Profile, until_ms: int) -> list[Change]:
        """Return what a user remembers the product of and was not told of yet, up to a time, in order."""
        if until_ms < self.next_ms or self._first is None:
            return []
        products = remembered(profile.products)
        names = self._by_product if len(self._by_product) < len(products) else products
        found = [change for name in names if name in products for change in self._by_product.get(name, ())]
        due = [change for change in found if change.at_ms <= until_ms and not is_heard(profile, change)]
        return sorted(due, key=lambda change: change.order)

    def next_of(self, profile: Profile) -> int:
        """Return the time of the earliest change that a user may still be told of, `NEVER` if there is none."""
        return min((change.at_ms for change in self.of(profile, NEVER)), default=NEVER)

    def pass_over(self, profile: Profile, until_ms: int) -> None:
        """Note that a user needs not be told any more of what changed up to a time."""
        for partition, waiting in self._waiting.items():
            if waiting[0].at_ms <= until_ms:
                heard = bisect_right(waiting, until_ms, key=_at_ms) if waiting[-1].at_ms > until_ms else len(waiting)
                note_heard(profile, partition, waiting[heard - 1].offset)

    def _drop(self, change: Change) -> None:
        """Let go of the earliest change."""
        waiting, same = self._waiting[change.partition], self._by_product[change.product]
        waiting.popleft()
        same.remove(change)
        if not waiting:
            del self._waiting[change.partition]
        if not same:
            del self._by_product[change.product]
        self._last_told.pop(change.partition, None)
        self._look()

    def _look(self) -> None:
        """Find the earliest change."""
        first = min((waiting[0] for waiting in self._waiting.values()), key=lambda each: each.order, default=None)
        if first is not self._first:
            self._users.clear()
        self._first = first
        self.next_ms = NEVER if first is None else first.at_ms

    def _last_user(self, change: Change) -> str:
        offset, user = self._last_told.get(change.partition, (-1, ""))
        return user if offset == change.offset else ""

    def _place(self, partition: int, read: int) -> Place:
        waiting = self._waiting.get(partition)
        return (waiting[0].offset, self._last_user(waiting[0])) if waiting else (read, "")


def is_heard(profile: Profile, change: Change) -> bool:
    """Return whether a user was told of a change, or need not be."""
    return change.offset < _heard_until(profile, change.partition)


def note_heard(profile: Profile, partition: int, offset: int) -> None:
    """Note that a user was told of all changes of a partition up to an offset, or need not be."""
    if _heard_until(profile, partition) <= offset:
        profile.heard = (profile.heard or {}) | {partition: offset + 1}


def _heard_until(profile: Profile, partition: int) -> int:
    return profile.heard.get(partition, 0) if profile.heard else 0


def _at_ms(change: Change) -> int:
    return change.at_ms
