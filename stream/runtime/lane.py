"""A lane: one source of a task, with what was read of it and is not decided yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from stream.model.errors import DeadLetter
from stream.model.events import TOPICS, Event
from stream.model.profile import NEVER
from stream.runtime.ports import TP, Sources
from stream.runtime.position import Position
from stream.runtime.settings_fields import Clock
from stream.runtime.strays import Stray


class Item(msgspec.Struct):
    """One record that still matters: an event, a dead letter, or (neither) a heartbeat, whose time is `order_ms`.

    `log_ms` is the record's own timestamp, 0 where it has none. An event with `stray` is to be sent on, not decided.
    """

    order_ms: int
    offset: int
    rank: int
    log_ms: int
    event: Event | None = None
    letter: DeadLetter | None = None
    stray: Stray | None = None
    is_decided: bool = False


class Lane:
    """One source: its undecided items in offset order, and how far it was read.

    `skip` holds offsets at or above the next one that were decided before a crash; they make no item. `heartbeat_ms` is
    the greatest heartbeat read (event clock), `newest_ms` the order of the item read last.
    """

    def __init__(self, tp: TP, rank: int, sources: Sources) -> None:
        self.tp: Final = tp
        self.rank: Final = rank
        # `rerouted` comes after all others.
        self.brings_strays: Final = rank >= len(TOPICS)
        self.sources: Final = sources
        self.items: Final[deque[Item]] = deque()
        self.read_offset = 0
        self.heartbeat_ms = -NEVER
        self.newest_ms = -NEVER
        self.skip: frozenset[int] = frozenset()
        self._is_paused = False
        self._is_in_order = True

    def start(self, offset: int, skip: Iterable[int], clock_ms: int) -> None:
        """Set where reading starts; heartbeats up to the clock are known."""
        self.read_offset, self.skip, self.heartbeat_ms = offset, frozenset(skip), clock_ms

    def add(self, item: Item) -> None:
        """Append the item read next."""
        # An event at or before a heartbeat already read is late; then decided items can stand beyond undecided ones.
        if item.order_ms < self.newest_ms or (self.heartbeat_ms != -NEVER and item.order_ms <= self.heartbeat_ms):
            self._is_in_order = False
        self.newest_ms = max(self.newest_ms, item.order_ms)
        self.items.append(item)

    @property
    def is_drained(self) -> bool:
        """Whether the last fetch response showed nothing beyond what was read, and all of that is decided."""
        if self.items:
            return False
        position, end = self.sources.position(self.tp), self.sources.end_offset(self.tp)
        return position is not None and end is not None and max(position, self.read_offset) >= end

    @property
    def next_offset(self) -> int:
        """Where a successor must start to read: the lowest undecided offset."""
        items = self.items
        while items and items[0].is_decided:
            items.popleft()
        if not items:
            self._is_in_order = True
        return items[0].offset if items else self.read_offset

    @property
    def lag(self) -> int:
        """How many offsets the log has beyond the next one, as of the last fetch; markers count until passed."""
        end = self.sources.end_offset(self.tp)
        return 0 if end is None or self.is_drained else max(0, end - self.next_offset)

    def decided_beyond(self) -> list[tuple[int, int]]:
        """Ranges (first, last) of decided offsets from `next_offset` on; none where the source came in order of time.

        What a predecessor decided is in them for as long as its gaps are open, whether it was read again or not.
        """
        next_offset = self.next_offset
        if self.skip:
            self.skip = frozenset(offset for offset in self.skip if offset >= next_offset)
        if not self.skip and (next_offset == self.read_offset or self._is_in_order):
            return []
        marks = [(item.offset, item.is_decided) for item in self.items]
        ranges: list[tuple[int, int]] = []
        previous_decided = False
        for offset, is_decided in sorted([*marks, *((offset, True) for offset in self.skip)]):
            # What lies between two of them and has no item is nothing to decide, as far as it was read.
            if is_decided and previous_decided and (offset < self.read_offset or offset == ranges[-1][1] + 1):
                ranges[-1] = (ranges[-1][0], offset)
            elif is_decided:
                ranges.append((offset, offset))
            previous_decided = is_decided
        return ranges

    def up_to(self, time_ms: int) -> Iterator[Item]:
        """Yield the undecided events and dead letters up to a time, inclusive."""
        for item in self.items:
            if item.order_ms <= time_ms:
                if not item.is_decided and (item.event is not None or item.letter is not None):
                    yield item
            elif self._is_in_order:
                return

    def pass_heartbeats(self, time_ms: int) -> None:
        """Mark heartbeats up to a time as done with."""
        for item in self.items:
            if item.order_ms <= time_ms:
                if item.event is None and item.letter is None:
                    item.is_decided = True
            elif self._is_in_order:
                return

    def regulate(self, low: int, high: int, *, is_needed: bool) -> None:
        """Pause above the high mark and resume at the low one; a source that the others wait for always goes on."""
        waiting = len(self.items)
        if self._is_paused and (is_needed or waiting <= low):
            self._is_paused = False
            self.sources.resume(self.tp)
        elif not self._is_paused and waiting > high and not is_needed:
            self._is_paused = True
            self.sources.pause(self.tp)


def lanes_from(
    offsets: Mapping[TP, int], position: Position, topics: Sequence[str], sources: Sources, clock: Clock
) -> list[Lane]:
    """Return a task's sources, in order of rank, each where it is to be read on."""
    rank = {topic: rank for rank, topic in enumerate(topics)}
    heartbeat_ms = position.clock_ms if clock == "event" else -NEVER
    lanes = [Lane(tp, rank[tp.topic], sources) for tp in sorted(offsets, key=lambda tp: rank[tp.topic])]
    for lane in lanes:
        lane.start(offsets[lane.tp], position.skipped(lane.tp.topic), heartbeat_ms)
    return lanes
