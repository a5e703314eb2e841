"""The watchdog: a worker that no longer gets anywhere stops, so that whoever runs it starts it anew.

Stock Faust sits idle for ever after a failed recovery (fault f), and consumers that slowly stop are reported again and
again (fault j).
"""

import asyncio
import time
from collections.abc import Hashable

from stream.runtime.faust_room.input_log import InputLog
from stream.runtime.faust_room.room import Room
from stream.runtime.ports import TP
from stream.runtime.settings import Settings

_CHECK_EVERY_S = 1.0


class Stalled(Exception):
    """The worker is alive and gets nowhere."""


class Watchdog:
    """Checks every second that the tasks are recovered in time, and that sources and tasks then move on."""

    def __init__(self, room: Room, settings: Settings) -> None:
        self._room = room
        self._recovery_timeout_s = settings.recovery_timeout_s
        self._stall_timeout_s = settings.stall_timeout_s
        self._is_live = settings.clock == "wall"
        self._seen: dict[str, tuple[Hashable, float]] = {}

    async def run(self) -> None:
        """Check until cancelled; what is found is the room's failure."""
        while True:
            await asyncio.sleep(_CHECK_EVERY_S)
            try:
                self.check(time.monotonic())
            except Exception as error:  # noqa: BLE001  # whatever it is, the worker must stop
                self._room.fail(error)
                return

    def check(self, now_s: float) -> None:
        """Raise Stalled where something has stood still for too long, or what the group's coordination raised."""
        log = self._room.log
        if log is not None:
            log.check_group()
        if log is None or not self._room.is_recovered:
            self._check_recovery(now_s)
            return
        for tp in log.assigned():
            self._check_moving(f"{tp.topic}/{tp.partition}", _read_so_far(log, tp), now_s)
        # With event time a task rightly waits for heartbeats, however long none comes.
        if self._is_live:
            for number in {tp.partition for tp in log.assigned()}:
                try:
                    self._check_moving(f"task {number}", self._committed_so_far(log, number), now_s)
                except Stalled as stalled:
                    raise Stalled(f"{stalled}{_open_transactions(log, number)}") from None

    def _check_recovery(self, now_s: float) -> None:
        self._seen.clear()
        if now_s - self._room.unrecovered_since > self._recovery_timeout_s:
            step = "taken over" if self._room.is_assigned else "assigned"
            raise Stalled(f"no tasks {step} within {self._recovery_timeout_s} s (setting recovery_timeout)")

    def _check_moving(self, name: str, progress: Hashable, now_s: float) -> None:
        """Raise Stalled if progress has been the same for too long; None is where standing still is right."""
        seen, since_s = self._seen.get(name, (None, now_s))
        if progress is None or progress != seen:
            self._seen[name] = (progress, now_s)
        elif now_s - since_s > self._stall_timeout_s:
            raise Stalled(f"{name} has not moved for {self._stall_timeout_s} s (setting stall_timeout)")

    def _committed_so_far(self, log: InputLog, number: int) -> Hashable:
        """Return what the task has committed; None where that is all it was offered.

        Of all its topics together: one that is read far ahead waits for the others, as long as it takes.
        """
        committed = {tp: offset for tp, offset in self._room.host.positions().items() if tp.partition == number}
        offered = {tp: log.offered_to(tp) for tp in committed}
        if all(offered[tp] is None or offset >= (offered[tp] or 0) for tp, offset in committed.items()):
            return None
        return tuple(sorted(committed.items()))


def _open_transactions(log: InputLog, number: int) -> str:
    """Name the sources of a task whose next records are in a transaction of their producer that is still open."""
    waiting = []
    for tp in sorted(tp for tp in log.assigned() if tp.partition == number):
        position, readable, end = log.position(tp), log.readable_end(tp), log.end_offset(tp)
        if position is None or readable is None or end is None:
            continue
        if readable <= position < end:
            waiting.append(f"{tp.topic}/{tp.partition} from offset {position}")
    return f"; in a transaction that its producer left open: {', '.join(waiting)}" if waiting else ""


def _read_so_far(log: InputLog, tp: TP) -> Hashable:
    """Return how far the source is read; None where it is paused.

    Where nothing is left to read, an answer of the broker is all the progress there can be.
    """
    if not log.waits_for_records(tp):
        return None
    position, end = log.position(tp), log.readable_end(tp)
    has_read_all = position is not None and end is not None and position >= end
    return position, log.fetched_at(tp) if has_read_all else None
