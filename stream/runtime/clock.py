"""The wall clock of a task, for other users' timers: as far as everything before it was surely read and decided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from stream.model.profile import NEVER
from stream.runtime.lane import Lane
from stream.runtime.task_ports import WallClock


class TaskClock:
    """Reads `max(previous, bound - lateness)`, the bound being the least over the task's sources.

    A drained source bounds the clock by when its last fetch was *sent*: a response can lie in a socket while the
    process stands still, and only what was in the log at the sending is surely in it. A source that does not answer
    so holds the clock, even while others go on. A source with records still to decide bounds it by the greatest time
    decided so far: the others wait for it, so nothing earlier is missing. Times decided count only up to the record's
    own timestamp and the wall clock, or one phone with a clock in the future would fire everybody's timers.
    """

    def __init__(self, wall: WallClock, lateness_ms: int, clock_ms: int) -> None:
        self._wall: Final = wall
        self._lateness_ms: Final = lateness_ms
        self.clock_ms = clock_ms
        self._decided_ms = -NEVER

    def decided(self, time_ms: int) -> None:
        """Note the time of an item that was decided, bounded by its record's own timestamp."""
        self._decided_ms = max(self._decided_ms, time_ms)

    def read(self, lanes: Iterable[Lane]) -> int:
        """Move on as far as the sources allow, and return the time."""
        now_ms, now_s = self._wall.now_ms(), self._wall.monotonic_s()
        bound_ms = now_ms
        for lane in lanes:
            if lane.is_drained:
                sent_s = lane.sources.fetched_at(lane.tp)
                lane_ms = -NEVER if sent_s is None else now_ms - max(0, int((now_s - sent_s) * 1_000))
            else:
                lane_ms = self._decided_ms
            bound_ms = min(bound_ms, lane_ms)
        self.clock_ms = max(self.clock_ms, bound_ms - self._lateness_ms)
        return self.clock_ms
