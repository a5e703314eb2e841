"""The task: one partition number over all input topics; it decides in order, fires timers and commits checkpoints."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from stream.runtime.checkpoint import Pace, Pending
from stream.runtime.kept import TaskState
from stream.runtime.kept_journeys import Older
from stream.runtime.lane import Item, Lane
from stream.runtime.metrics import Metrics, TaskGauges
from stream.runtime.ports import TP, Record
from stream.runtime.position import Position
from stream.runtime.settings_fields import Settings
from stream.runtime.task_parts import TaskParts
from stream.runtime.task_ports import Failed, WallClock
from stream.runtime.task_report import TaskReport

CHUNK: Final = 64
"""Items decided between two looks at the clock: about a millisecond."""

SLICE_S: Final = 0.002
"""How long deciding holds the event loop at a time. A transaction takes some 30 turns of the loop: long slices would
delay it, and so would several in one turn, which is why tasks take theirs one after the other."""

TICK_S: Final = 0.1
"""How often an idle task looks at its clock."""


class Task:
    """Runs from `start` until it is given away or fails; the failure is the exception of what `start` returns.

    Between two awaits profiles, position and pending outcomes belong together: items are taken from the lanes and
    decided without an await in between.
    """

    def __init__(self, number: int, parts: TaskParts, settings: Settings, metrics: Metrics, wall: WallClock) -> None:
        self.number: Final = number
        self._parts: Final = parts
        self._settings: Final = settings
        self._metrics: Final = metrics
        self._wall: Final = wall
        self._is_live: Final = settings.clock == "wall"
        self._lanes: Final = {lane.tp: lane for lane in parts.lanes}
        self._pending: Final = Pending(Pace(settings.checkpoint_min_ms / 1_000, settings.checkpoint_max_ms / 1_000))
        self._report: Final = TaskReport(parts, settings, metrics)
        self._decided_before: Final = parts.decider.decided
        self._wake: Final = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._commit: asyncio.Task[None] | None = None
        self._committed = parts.position
        self._has_failed = False

    # ------------------------------------------------------------------------------------------- for the host

    def start(self) -> asyncio.Task[None]:
        """Begin to decide."""
        self._loop = asyncio.create_task(self._run(), name=f"task-{self.number}")
        return self._loop

    def offer(self, tp: TP, records: Sequence[Record]) -> None:
        """Take in a fetched batch; never blocks, but pauses the source when too much waits."""
        if self._has_failed:
            return  # its profiles may be closed already; whoever has the task next reads the batch again
        lane = self._lanes[tp]
        if records:
            self._parts.intake.read(lane, records)
            self._pending.moved()
        self._regulate(lane)
        self._wake.set()

    def reading_offsets(self) -> dict[TP, int]:
        """Where each source is to be read on from."""
        return {tp: lane.read_offset for tp, lane in self._lanes.items()}

    def committed_offsets(self) -> dict[TP, int]:
        """The next offsets of the last committed checkpoint."""
        offsets = self._committed.next_offsets
        return {tp: offsets[tp.topic] for tp in self._lanes if tp.topic in offsets}

    def older(self) -> list[Older]:
        """Who goes by older definitions of journeys."""
        counts, definitions = self._parts.decider.counts, self._parts.decider.program.definitions
        return self._parts.journeys.older(counts.uses, definitions)

    @property
    def decided(self) -> int:
        """How many events it has decided, duplicates apart."""
        return self._parts.decider.decided - self._decided_before

    async def give_away(self) -> TaskState:
        """Commit what was decided, and return the state; raises Fenced or Failed where that did not go through."""
        try:
            if self._loop is not None:
                self._loop.cancel()
                await asyncio.wait({self._loop})
                # Its traceback holds this task: without the circle all memory is freed as soon as it is dropped.
                self._loop = None
            if self._has_failed:
                raise Failed("it had failed before")
            await self._end_commit()
            if self._pending.due_s() < float("inf"):
                self._cut()
                await self._end_commit()
        except BaseException:
            self._has_failed = True
            await self._parts.writer.close()
            raise
        return self.committed_state()

    def committed_state(self) -> TaskState:
        """What a later assignment may go on with, where nothing was decided since the last checkpoint."""
        parts = self._parts
        return TaskState(parts.decider, parts.profiles, parts.writer, self._committed, parts.journeys)

    def gauges(self) -> TaskGauges:
        """How the task stands now."""
        return self._report.gauges(self._wall.now_ms())

    def wake(self) -> None:
        """Look again whether there is something to do: what was waited for may have come."""
        self._wake.set()

    # ----------------------------------------------------------------------------------------------- the loop

    async def _run(self) -> None:
        try:
            while True:
                self._wake.clear()
                async with self._parts.slot:
                    is_busy = self._turn()
                    self._checkpoint_if_due(is_busy=is_busy)
                    # Held over the turn's end, or the next task would have its slice in the same one.
                    await asyncio.sleep(0)
                if not is_busy:
                    await self._rest()
        except Exception:
            # An item may have been taken and not decided: from here on nothing more may be cut.
            self._has_failed = True
            if self._commit is not None:
                # This one was cut before; letting it through spares subscribers the wait for its transaction's end.
                await asyncio.wait({self._commit})
            await self._parts.writer.close()
            raise

    def _turn(self) -> bool:
        """Decide for one slice of time and fire timers for another; whether there is more to do at once."""
        merge, until_s = self._parts.merge, self._wall.monotonic_s() + SLICE_S
        self._parts.share.adopt(self._pending)
        while items := merge.take(CHUNK):
            self._decide(items)
            if self._wall.monotonic_s() >= until_s:
                break
        if not items:
            self._absorb(0)
        has_more_timers = self._fire()
        for lane in self._lanes.values():
            self._regulate(lane)
        return bool(items) or has_more_timers

    def _decide(self, items: Sequence[Item]) -> None:
        decide, now_ms, known_ms = self._parts.decider.decide, self._wall.now_ms(), self._parts.merge.known_ms
        for item in items:
            event = item.event
            if event is None or item.stray is not None:
                self._pass_on(item)
            elif self._is_live:
                # A phone's clock may be ahead: its user's time goes no further than when the record was written.
                decide(event, min(now_ms, item.order_ms), known_ms)
            else:
                decide(event)
        self._report.note_decided(items)
        self._pending.moved()
        self._absorb(items[-1].log_ms)

    def _pass_on(self, item: Item) -> None:
        """Put down what is not decided here: a dead letter, or a record of another task's user."""
        if item.letter is not None:
            self._parts.limits.check_letter(item.letter)
            self._pending.reject(item.letter)
        elif item.stray is not None:
            self._parts.limits.check_stray(item.stray)
            self._pending.send_on(item.stray)

    def _fire(self) -> bool:
        """Fire timers as far as the clock allows, one due time after the other; whether some were left for later."""
        merge, decider = self._parts.merge, self._parts.decider
        clock_ms, until_s = merge.timers_until_ms(), self._wall.monotonic_s() + SLICE_S
        decider.timers.look_ahead(clock_ms)
        if decider.next_due_ms <= clock_ms:
            if decider.news is not None and decider.news.next_ms <= clock_ms:
                self._pending.moved()
            while decider.next_due_ms <= clock_ms:
                decider.step()
                if self._wall.monotonic_s() >= until_s:
                    break
            self._absorb(0)
            if decider.next_due_ms <= clock_ms:
                return True
        has_moved = merge.fired()
        if has_moved:
            self._pending.moved()
        self._parts.share.pass_barriers(merge.clock_ms, self._pending)
        return has_moved

    def _absorb(self, log_ms: int) -> None:
        taken = self._parts.decider.take()
        self._pending.add(taken.outcomes, taken.changed, log_ms)
        self._parts.share.tell(taken.contributions, self._pending)
        self._report.note_duplicates(taken.duplicates)

    def _regulate(self, lane: Lane) -> None:
        low, high = self._settings.low_mark_records, self._settings.high_mark_records
        lane.regulate(low, high, is_needed=self._parts.merge.needs(lane))

    async def _rest(self) -> None:
        """Wait for records, the end of a commit, the next checkpoint or the next look at the clock."""
        if self._wake.is_set():
            return
        seconds = TICK_S
        if self._commit is None:
            seconds = min(seconds, max(0.0, self._pending.due_s() - self._wall.monotonic_s()))
        timer = asyncio.get_running_loop().call_later(seconds, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()

    # -------------------------------------------------------------------------------------------- checkpoints

    def _checkpoint_if_due(self, *, is_busy: bool) -> None:
        if self._commit is not None and self._commit.done():
            commit, self._commit = self._commit, None
            commit.result()
        if self._commit is None and self._pending.due_s(is_busy=is_busy) <= self._wall.monotonic_s():
            self._cut()

    def _cut(self) -> None:
        self._pending.keep(self._parts.journeys.changes(self._parts.decider.counts.uses, self._parts.merge.clock_ms))
        cut = self._parts.checkpoints.cut(self._pending, self._parts.profiles, self._position())
        self._report.tell()
        commit = self._parts.checkpoints.commit(cut, self._metrics, self._on_committed)
        self._commit = asyncio.create_task(commit, name=f"commit-{self.number}")
        self._commit.add_done_callback(lambda _: self._wake.set())

    async def _end_commit(self) -> None:
        commit, self._commit = self._commit, None
        if commit is not None:
            await commit

    def _on_committed(self, position: Position) -> None:
        self._committed = position

    def _position(self) -> Position:
        merge, counts = self._parts.merge, self._parts.decider.counts
        beyond = {tp.topic: ranges for tp, lane in self._lanes.items() if (ranges := merge.decided_beyond(lane))}
        position = Position(
            # A topic that this version does not read keeps its place, should another version read it again.
            next_offsets={
                **self._committed.next_offsets,
                **{tp.topic: la.next_offset for tp, la in self._lanes.items()},
            },
            decided_beyond=beyond,
            clock_ms=merge.clock_ms,
            segments=dict(counts.segments),
            runs=dict(counts.runs),
            uses=dict(counts.uses),
            topic_ids=self._parts.position.topic_ids,
        )
        self._parts.limits.keep(position)
        self._parts.share.keep(position)
        return position
