"""The learner: the one in the whole group that gathers what tasks tell, and publishes what it comes to.

It runs beside task 0, wherever that is; its transactional id `<app>-learner` takes the right to publish from whoever
had it before. State, position and snapshots go out in one transaction, as a task's do: a successor goes on from there.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import aclosing, suppress
from typing import Final

from stream.model.errors import StreamStop
from stream.runtime.lessons import Lessons
from stream.runtime.metrics import Metrics
from stream.runtime.ports import TP
from stream.runtime.reference_log import ReferenceLog
from stream.runtime.settings_fields import Settings
from stream.runtime.task_ports import Failed, Fenced, Outgoing, TaskPorts, Writer
from stream.runtime.topics import contributions_topic, reference_topic

logger = logging.getLogger(__name__)

NAME: Final = "learner"


class Learner:
    """Learns from `tasks` tasks, with a period of `every_ms`.

    What is known of a million pairs of products takes seconds to read and to write: that is done aside.
    """

    def __init__(self, tasks: int, every_ms: int, settings: Settings, metrics: Metrics, ports: TaskPorts) -> None:
        self._tasks: Final = tasks
        self._every_ms: Final = every_ms
        self._metrics: Final = metrics
        self._ports: Final = ports
        self._reference: Final = TP(reference_topic(settings), 0)
        self._contributions: Final = TP(contributions_topic(settings), 0)

    async def run(self) -> None:
        """Learn until cancelled; raises Fenced where another one has taken over, Failed or StreamStop."""
        writer = await self._ports.transactions.open_as(NAME)
        try:
            # The order is the proof, as for tasks: whoever reads the state has made all other writers powerless.
            log = ReferenceLog(keeps_learner=True)
            await self._recover(log)
            lessons = await self._ports.aside.run(lambda: Lessons(self._tasks, self._every_ms, log))
            await self._learn(lessons, writer)
        finally:
            await writer.close()

    async def _recover(self, log: ReferenceLog) -> None:
        async with aclosing(self._ports.logs.read(self._reference.topic, {0: 0})) as batches:
            async for batch in batches:
                for record in batch.records:
                    log.take(record.key, record.value)
                if batch.is_caught_up:
                    return

    async def _learn(self, lessons: Lessons, writer: Writer) -> None:
        starts = {0: lessons.next_offset}
        async with aclosing(self._ports.logs.read(self._contributions.topic, starts)) as batches:
            async for batch in batches:
                lessons.take(batch.records)
                before = lessons.published
                if records := await self._ports.aside.run(lessons.publish):
                    await self._commit(writer, records)
                    self._metrics.snapshots.inc(lessons.published - before)

    async def _commit(self, writer: Writer, records: Sequence[Outgoing]) -> None:
        try:
            await writer.begin()
            await writer.write(self._reference.topic, self._reference.partition, records)
            await writer.commit()
        except (Failed, StreamStop):
            with suppress(Failed, Fenced):
                await writer.abort()
            raise
