"""The wall clock of a task: timers fire as far as everything before them was surely read and decided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from stream.model.profile import NEVER
from stream.runtime.lane import Lane
from stream.runtime.task_ports import WallClock


class TaskClock:
    """Reads `max(previous, bound - lateness)`, the bound being the least over the task's sources.

    Each source is bounded by what it itself has shown, whatever the others did. A drained one by when its last fetch
    was *sent*: a response can lie in a socket while the process stands still, and only what was in the log at the
    sending is surely in it. So a source that does not answer holds the clock. One with items waiting by the first of
    them: what is undecided of it was written later. One with records still to read and none waiting by the last one
    decided. Item times are bounded by their records' own timestamps, or one phone with a clock in the future would fire
    everybody's timers.
    """

    def __init__(self, wall: WallClock, lateness_ms: int, clock_ms: int) -> None:
        self._wall: Final = wall
        self._lateness_ms: Final = lateness_ms
        self.clock_ms = clock_ms

    def now_ms(self) -> int:
        """Return the machine's time."""
        return self._wall.now_ms()

    def read(self, lanes: Iterable[Lane]) -> int:
        """Move on as far as the sources allow, and return the time."""
        bound_ms = self.now_ms()
        for lane in lanes:
            if lane.items:
                # At equal time the event comes before the timer.
                lane_ms = lane.items[0].order_ms - 1
            elif lane.is_drained:
                lane_ms = self.surely_read_ms(lane)
            else:
                lane_ms = lane.newest_ms
            bound_ms = min(bound_ms, lane_ms)
        self.clock_ms = max(self.clock_ms, bound_ms - self._lateness_ms)
        return self.clock_ms

    def surely_read_ms(self, drained: Lane) -> int:
        """Return until when everything written to a drained source was surely read: when its last fetch was sent."""
        sent_s = drained.sources.fetched_at(drained.tp)
        if sent_s is None:
            return -NEVER
        return self.now_ms() - max(0, int((self._wall.monotonic_s() - sent_s) * 1_000))
