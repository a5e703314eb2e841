"""The order in which a task decides what its sources hold: (time, rank of the topic, offset).

`WallMerge` goes by time across sources as well as it can live: each source in offset order, and while one has records
still to read, the others wait for it. `EventMerge` waits for heartbeats and gives the exact total order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from stream.model.profile import NEVER
from stream.runtime.clock import TaskClock
from stream.runtime.lane import Item, Lane


class OwnTimers(Protocol):
    """What the decider says of one user's timers, and does with them."""

    def due_ms(self, user: str) -> int:
        """The earliest time at which one may be due, `NEVER` if there is none."""

    def fire_own(self, user: str, until_ms: int) -> int:
        """Fire those due by then (inclusive), and return when the next one is."""


class Bounds(Protocol):
    """How far a task may decide by what it knows, on the event clock."""

    @property
    def free_until_ms(self) -> int:
        """Until when (inclusive); it may move on at any time."""

    @property
    def next_due_ms(self) -> int:
        """The earliest time at which a timer may be due, `NEVER` if there is none."""


class Merge(Protocol):
    """What the task's loop needs of either."""

    known_ms: int
    """Until when the sources were surely read whole, as of the items handed over last: no own timer due later may fire
    before its user's item."""

    @property
    def clock_ms(self) -> int:
        """How far the task's clock has come: a successor starts from it."""

    def take(self, limit: int) -> Sequence[Item]:
        """Hand over the next items, at most so many; the caller decides them all before it awaits anything.

        Timers may have fired meanwhile, also where nothing is handed over.
        """

    def timers_until_ms(self) -> int:
        """Until when (inclusive) all users' timers may fire now."""

    def fired(self) -> bool:
        """Note that they have; whether this moved the position."""

    def needs(self, lane: Lane) -> bool:
        """Whether the others wait for this source, so that it must be read however full the task is."""

    def decided_beyond(self, lane: Lane) -> list[tuple[int, int]]:
        """Ranges (first, last) of offsets decided above the lane's next offset."""


class WallMerge:
    """Each source in offset order, the sources in order of time among themselves.

    An item whose user has a timer due before it, at a time when another source was not surely read yet, waits: a
    purchase may lie there. That is one fetch at most, unless that source's broker does not answer.
    """

    def __init__(self, lanes: Iterable[Lane], clock: TaskClock, timers: OwnTimers) -> None:
        self._lanes: Final = sorted(lanes, key=lambda lane: lane.rank)
        self._clock: Final = clock
        self._timers: Final = timers
        self._taken_users: Final[set[str]] = set()
        self.known_ms = -NEVER

    @property
    def clock_ms(self) -> int:
        """Return the time last read of the clock."""
        return self._clock.clock_ms

    def take(self, limit: int) -> Sequence[Item]:
        """Hand over items while no source is empty that has records still to read."""
        taken: list[Item] = []
        self._taken_users.clear()
        while len(taken) < limit:
            waiting = [lane for lane in self._lanes if lane.items]
            empty = [lane for lane in self._lanes if not lane.items]
            if not waiting or not all(lane.is_drained for lane in empty):
                break
            known_ms = min(map(self._clock.surely_read_ms, empty), default=NEVER)
            if taken and known_ms < self.known_ms:
                # A source has run empty. What was taken may have timers fire up to the former time.
                break
            self.known_ms = known_ms
            first = min(waiting, key=_head)
            # Up to the head of the next source the same one goes on: no comparison for each item.
            others = min((_head(lane) for lane in waiting if lane is not first), default=None)
            if not self._run(first, others, limit, taken):
                break
        return taken

    def timers_until_ms(self) -> int:
        """Read the clock."""
        return self._clock.read(self._lanes)

    def fired(self) -> bool:
        """Note nothing: the wall clock finds its way again without a checkpoint of its own."""
        return False

    def needs(self, lane: Lane) -> bool:
        """Return whether nothing of it waits: only an empty source can hold the others back."""
        return not lane.items

    def decided_beyond(self, lane: Lane) -> list[tuple[int, int]]:
        """Return what was decided under the event clock before; here each source is decided in offset order."""
        return lane.decided_beyond() if lane.skip else []

    def _run(self, lane: Lane, others: tuple[int, int] | None, limit: int, taken: list[Item]) -> bool:
        """Move items of one lane that come before the heads of all others; whether none of them has to wait."""
        items, known_ms, last_ms = lane.items, self.known_ms, NEVER
        if others is not None:
            last_ms = others[0] if lane.rank < others[1] else others[0] - 1
        while items and len(taken) < limit and (order_ms := items[0].order_ms) <= last_ms:
            if order_ms > known_ms and self._waits(items[0], is_first=not taken):
                return False
            taken.append(items.popleft())
        return True

    def _waits(self, item: Item, *, is_first: bool) -> bool:
        """Whether a timer of the item's user is due before it, by now, at a time not known of all sources.

        What was handed over of the same user decides when, also in known time; so does each timer that fires.
        """
        event = item.event
        if event is None or item.stray is not None:
            return False
        user, before_ms = event.user, min(item.order_ms, event.time_ms - 1)
        if user in self._taken_users or not (is_first or self._taken_users):
            return True
        self._taken_users.add(user)
        if self._timers.due_ms(user) > before_ms:
            return False
        if not is_first:
            return True
        # One due later than now does not fire before the item, however far ahead a producer's clock is.
        return self._timers.fire_own(user, min(self.known_ms, before_ms)) <= min(before_ms, self._clock.now_ms())


def _head(lane: Lane) -> tuple[int, int]:
    return lane.items[0].order_ms, lane.rank


class EventMerge:
    """Rounds between heartbeats: all items up to the least heartbeat of the sources, sorted, then the timers up to it.

    A round begins by itself when the one before has ended and the least heartbeat has moved on; it ends with `fired`.
    None decides anything beyond what its bounds allow; where there is nothing to decide, time goes on all the same.
    """

    def __init__(self, lanes: Iterable[Lane], clock_ms: int, bounds: Bounds | None = None) -> None:
        self._lanes: Final = list(lanes)
        # Only what lies up to all sources' heartbeats is handed over.
        self.known_ms = NEVER
        self._clock_ms = clock_ms
        self._bounds: Final = bounds
        self._until_ms = clock_ms
        self._round: list[tuple[int, int, int, Item]] = []

    @property
    def clock_ms(self) -> int:
        """Return the heartbeat that the last ended round went up to."""
        return self._clock_ms

    def take(self, limit: int) -> Sequence[Item]:
        """Hand over the next items of the round, the first ones of a new round if it is time."""
        if not self._round and self._until_ms == self._clock_ms:
            self._begin()
        taken = [entry[3] for entry in reversed(self._round[-limit:])]
        del self._round[-limit:]
        for item in taken:
            item.is_decided = True
        return taken

    def timers_until_ms(self) -> int:
        """Return the heartbeat of the round when all its items were handed over; none may fire before."""
        return -NEVER if self._round else self._until_ms

    def fired(self) -> bool:
        """End the round if one is under way: its items are decided and its timers have fired."""
        if self._round or self._until_ms == self._clock_ms:
            return False
        for lane in self._lanes:
            lane.pass_heartbeats(self._until_ms)
        self._clock_ms = self._until_ms
        return True

    def needs(self, lane: Lane) -> bool:
        """Return whether no round is under way and this source's heartbeat is the one that all wait for."""
        least_ms = min(other.heartbeat_ms for other in self._lanes)
        return self._until_ms == self._clock_ms and lane.heartbeat_ms == least_ms <= self._clock_ms

    def decided_beyond(self, lane: Lane) -> list[tuple[int, int]]:
        """Return what was decided ahead of its offset since it came out of order of time."""
        return lane.decided_beyond()

    def _begin(self) -> None:
        until_ms = min(lane.heartbeat_ms for lane in self._lanes)
        if self._bounds is not None and self._bounds.free_until_ms < until_ms:
            until_ms = max(self._bounds.free_until_ms, self._nothing_until_ms(until_ms, self._bounds.next_due_ms))
        if until_ms <= self._clock_ms:
            return
        self._until_ms = until_ms
        for lane in self._lanes:
            # Lower heartbeats say nothing more; this one counts as read only when its timers have fired.
            lane.pass_heartbeats(until_ms - 1)
            self._round.extend((item.order_ms, lane.rank, item.offset, item) for item in lane.up_to(until_ms))
        # (time, rank, offset) is unique, so no comparison reaches the item itself.
        self._round.sort(reverse=True)

    def _nothing_until_ms(self, until_ms: int, due_ms: int) -> int:
        """Return until when there is neither an event nor a timer, up to a time."""
        times = (item.order_ms for lane in self._lanes for item in lane.up_to(until_ms) if item.event is not None)
        return min(due_ms, min(times, default=NEVER), until_ms + 1) - 1
