"""The tasks of one worker: taken over, fed, watched, and given away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import msgspec

from stream.definitions.shapes import Definitions
from stream.model.codec import Codec
from stream.model.errors import StreamStop
from stream.runtime.checkpoint import Checkpoints
from stream.runtime.clock import TaskClock
from stream.runtime.delivery import Delivery, find_delivery
from stream.runtime.intake import Intake
from stream.runtime.kept import KeptTasks, TaskState, is_still_ours
from stream.runtime.kept_journeys import tell_older
from stream.runtime.lane import Lane, lanes_from
from stream.runtime.limits import Limits
from stream.runtime.merge import EventMerge, Merge, WallMerge
from stream.runtime.metrics import Metrics, TaskGauges
from stream.runtime.placement import Placement
from stream.runtime.ports import TP, Record, Sources
from stream.runtime.recovery import (
    check_co_partitioned,
    check_topic_ids,
    recover,
    starting_offsets,
)
from stream.runtime.restoring import Programs, restored
from stream.runtime.settings_fields import Settings
from stream.runtime.share import Share
from stream.runtime.shared import News, Shared
from stream.runtime.store.opening import Stores
from stream.runtime.task import Task
from stream.runtime.task_parts import TaskParts
from stream.runtime.task_ports import Failed, Fenced, TaskPorts, Writer
from stream.runtime.topics import changelog_topic, input_topics

logger = logging.getLogger(__name__)


class _Place(msgspec.Struct, frozen=True):
    """What all tasks share: the partition count, the way out, and which input topics these are."""

    count: int
    delivery: Delivery
    topic_ids: dict[str, str]


class Tasks:
    """The port `TaskHost`: one task for each partition number assigned to this worker."""

    def __init__(self, definitions: Definitions, settings: Settings, metrics: Metrics, ports: TaskPorts) -> None:
        self._settings: Final = settings
        self._metrics: Final = metrics
        self._ports: Final = ports
        key = (settings.pseudonym_key.reveal() or settings.app).encode()
        self._programs: Final = Programs(definitions, key)
        self._codec: Final = Codec(definitions.plan, max_event_bytes=settings.max_event_bytes)
        self._tasks: dict[int, Task] = {}
        news = News(self._wake, self._fail)
        self._shared: Final = Shared(self._programs.with_kept({}), settings, metrics, ports, news)
        self._kept: Final = KeptTasks()
        self._stores: Final = None if ports.disk is None else Stores(settings, ports, ports.disk)
        self._slot: Final = asyncio.Lock()
        self._came_back: Final[set[int]] = set()
        self._recovering: frozenset[int] = frozenset()
        self._given_away: dict[TP, int] = {}
        self._failure: asyncio.Future[None] | None = None
        self._decided = 0
        self._is_all_committed = True

    @property
    def input_topics(self) -> Sequence[str]:
        """The topics read, in order of rank."""
        return input_topics(self._settings)

    @property
    def changelog_topic(self) -> str:
        """The topic of profiles and positions, one partition a task."""
        return changelog_topic(self._settings)

    @property
    def failure(self) -> asyncio.Future[None]:
        """Set with an exception when a task must stop the worker."""
        if self._failure is None:
            self._failure = asyncio.get_running_loop().create_future()
        return self._failure

    # --------------------------------------------------------------------------------------------- assignment

    async def assigned(self, partitions: frozenset[int], sources: Sources) -> dict[TP, int]:
        """Take over every task that is new here, and return where to read each input partition from."""
        self._given_away.clear()
        self._kept.keep_only(partitions)
        self._recovering = partitions - self._tasks.keys()
        self._came_back.clear()
        try:
            async with asyncio.timeout(self._settings.recovery_timeout_s):
                taken = await self._take_over_all(sorted(self._recovering), sources)
        except TimeoutError as error:
            waited = self._settings.recovery_timeout_s
            raise StreamStop(f"tasks {sorted(self._recovering)} were not recovered within {waited} s") from error
        finally:
            self._recovering = frozenset()
        if self._came_back:
            logger.info("tasks %s came back and need no recovery", ", ".join(map(str, sorted(self._came_back))))
        for task in taken:
            self._tasks[task.number] = task
        tell_older(older for task in taken for older in task.older())
        for task in taken:
            task.start().add_done_callback(partial(self._ended, task))
        self._shared.hold(self._tasks)
        return {tp: offset for task in self._tasks.values() for tp, offset in task.reading_offsets().items()}

    async def revoked(self, partitions: frozenset[int]) -> None:
        """Give the tasks away, each with a last checkpoint; when it returns they are gone, whatever happened.

        Their states are kept until the next assignment, which may well bring them back.
        """
        await self._shared.let_go(partitions)
        leaving = [task for number in sorted(partitions) if (task := self._tasks.pop(number, None)) is not None]
        results = await asyncio.gather(*(task.give_away() for task in leaving), return_exceptions=True)
        for task, result in zip(leaving, results, strict=True):
            self._note_gone(task)
            if isinstance(result, TaskState):
                self._kept.add(task.number, result)
                continue
            self._is_all_committed = False
            # Its next owner goes on from the checkpoint before: nothing is lost, and nothing of ours was seen.
            logger.warning("task %s was given away without its last checkpoint: %s", task.number, result)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, Fenced | Failed):
                raise result

    async def stop(self) -> None:
        """Give all tasks away, and say what was done in all this worker's life."""
        try:
            await self.revoked(frozenset(self._tasks))
        finally:
            await self._kept.end()
            await self._shared.stop()
        rest = "all committed" if self._is_all_committed else "not all committed: others decide the rest again"
        logger.info("stopped: %s events decided, %s", f"{self._decided:,}", rest)

    # ----------------------------------------------------------------------------------------------- the flow

    def offer(self, tp: TP, records: Sequence[Record]) -> None:
        """Hand over one fetched batch; one of a task that has failed is dropped, as it is read again elsewhere."""
        task = self._tasks.get(tp.partition)
        if task is not None:
            task.offer(tp, records)

    def positions(self) -> Mapping[TP, int]:
        """Committed next offsets, of tasks just given away too."""
        committed = dict(self._given_away)
        for task in self._tasks.values():
            committed.update(task.committed_offsets())
        return committed

    def gauges(self) -> list[TaskGauges]:
        """How each task stands now."""
        recovering = [TaskGauges(recovered=False) for _ in self._recovering]
        return [task.gauges() for task in self._tasks.values()] + recovering

    def show_shared(self) -> None:
        """Tell the metrics what is known of all users together, and of the products."""
        self._shared.show()

    def _ended(self, task: Task, loop: asyncio.Task[None]) -> None:
        """Drop the memory of a task that failed, and stop the worker."""
        is_ours = self._tasks.get(task.number) is task
        if loop.cancelled():
            # Whoever gives a task away takes it out first: here somebody else has cancelled it.
            error: BaseException | None = Failed(f"task {task.number} was cancelled") if is_ours else None
        else:
            error = loop.exception()
        if error is None:
            return
        self._is_all_committed = False
        if is_ours:
            del self._tasks[task.number]
            self._note_gone(task)
        self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Stop the worker."""
        if not self.failure.done():
            self.failure.set_exception(error)
            self.failure.exception()  # asyncio would print it a second time, should the worker be stopping already

    def _wake(self) -> None:
        for task in self._tasks.values():
            task.wake()

    def _note_gone(self, task: Task) -> None:
        self._decided += task.decided
        self._given_away.update(task.committed_offsets())

    # ---------------------------------------------------------------------------------------------- take-over

    async def _take_over_all(self, numbers: Sequence[int], sources: Sources) -> list[Task]:
        """Take over several tasks at once; all or none."""
        if not numbers:
            return []
        count = check_co_partitioned({topic: sources.partitions(topic) for topic in self.input_topics})
        transactions = self._ports.transactions
        delivery = await find_delivery(self._settings, transactions, count)
        place = _Place(count, delivery, await transactions.topic_ids(self.input_topics))
        await self._shared.ready(count)
        jobs = [asyncio.create_task(self._take_over(number, place, sources)) for number in numbers]
        try:
            return await asyncio.gather(*jobs)
        except BaseException:
            for job in jobs:
                job.cancel()
            for done in await asyncio.gather(*jobs, return_exceptions=True):
                if isinstance(done, Task):
                    self._kept.add(done.number, done.committed_state())
            raise

    async def _take_over(self, number: int, place: _Place, sources: Sources) -> Task:
        """Go on with what was kept of the task, or recover it; then find where to read on."""
        state = await self._come_back(number, place) or await self._recovered(number)
        try:
            bounds = await sources.bounds([TP(topic, number) for topic in self.input_topics])
            offsets = starting_offsets(state.position, bounds)
            check_topic_ids(state.position, place.topic_ids)
        except BaseException:
            # Nothing was decided yet: should another rebalance have come between, it can be gone on with after that.
            self._kept.add(number, state)
            raise
        lanes = lanes_from(offsets, state.position, self.input_topics, sources, self._settings.clock)
        parts = self._parts(number, place, lanes, state)
        return Task(number, parts, self._settings, self._metrics, self._ports.clock)

    async def _come_back(self, number: int, place: _Place) -> TaskState | None:
        """Return what was kept of a task if it is proven to be its state still; otherwise that is closed."""
        state = self._kept.take(number)
        is_ours = False
        if state is not None:
            try:
                is_ours = await is_still_ours(state, self._checkpoints(number, place, state.writer), self._metrics)
            finally:
                # Cancelled half-way, the proof may have gone through or not: that is no state to go on with.
                if not is_ours:
                    self._kept.close(state.writer)
        if not is_ours:
            return None
        self._came_back.add(number)
        return state

    async def _recovered(self, number: int) -> TaskState:
        """Fence, then read the state.

        The order is the proof: whoever reads the state has made all other writers powerless.
        """
        writer = await self._ports.transactions.open(number)
        try:
            if self._stores is not None:
                return await self._stores.restored(number, writer, self._programs)
            found = await recover(self._ports.changelog.read(number))
            return await restored(found, self._programs, writer, self._settings.hot_profiles)
        except BaseException:
            self._kept.close(writer)
            raise

    def _checkpoints(self, number: int, place: _Place, writer: Writer) -> Checkpoints:
        changelog, expires = TP(self.changelog_topic, number), self._settings.clock == "wall"
        return Checkpoints(changelog, writer, place.delivery, self._ports.clock, expires=expires)

    def _parts(self, number: int, place: _Place, lanes: list[Lane], state: TaskState) -> TaskParts:
        settings, wall, position = self._settings, self._ports.clock, state.position
        is_live = settings.clock == "wall"
        placement = Placement(number, place.count, state.profiles)
        share = Share(number, state.decider, self._shared, position)
        merge: Merge = EventMerge(lanes, position.clock_ms, share)
        if is_live:
            merge = WallMerge(lanes, TaskClock(wall, settings.lateness_ms, position.clock_ms), state.decider)
        return TaskParts(
            lanes=lanes,
            intake=Intake(self._codec, placement, wall, settings.future_limit_ms if is_live else None),
            merge=merge,
            limits=Limits(settings, position),
            decider=state.decider,
            profiles=state.profiles,
            writer=state.writer,
            checkpoints=self._checkpoints(number, place, state.writer),
            share=share,
            position=msgspec.structs.replace(position, topic_ids={**position.topic_ids, **place.topic_ids}),
            journeys=state.journeys,
            slot=self._slot,
        )
