"""Whether workers get on: how long each task's last committed checkpoint is ago, watched from outside."""

from __future__ import annotations

import asyncio
import contextlib
import time

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stream.runtime.settings import Settings
from stream.runtime.topics import changelog_topic
from tests.chaos.row import eventually

LOOK_EVERY_S = 0.1
ANSWER_WITHIN_S = 2.0


class Progress:
    """Watches the ends of the changelog's partitions, as a read_committed reader sees them.

    Under load every task commits at least each second, so whoever does not get on stands still here, whatever its
    reason. Use it as a context, while there is load.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tps = [TopicPartition(changelog_topic(settings), number) for number in range(settings.partitions)]
        self._ends: dict[TopicPartition, int] = {}
        self._moved_at: dict[TopicPartition, float] = {}
        self._longest_s = 0.0
        self._watcher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Progress:
        self._watcher = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher

    @property
    def longest_stall_s(self) -> float:
        """The longest time that a task committed nothing, from its first checkpoint on, up to now."""
        return max([self._longest_s, *(time.monotonic() - moved_at for moved_at in self._moved_at.values())])

    async def resumed(self, since: float, timeout_s: float) -> float:
        """Wait until every task has committed after `since` (monotonic), and return the seconds from then to it."""

        async def have_all_moved() -> bool:
            return len(self._moved_at) == len(self._tps) and min(self._moved_at.values()) > since

        await eventually(have_all_moved, timeout_s, "every task commits again")
        return time.monotonic() - since

    async def _watch(self) -> None:
        while True:
            # A broker that is down answers nothing, and a consumer that was cut off in the middle is not to be trusted.
            # aiokafka cancels whoever waits on a connection that ends.
            with contextlib.suppress(KafkaError, TimeoutError):
                try:
                    await self._look_until_it_fails()
                except asyncio.CancelledError:
                    current = asyncio.current_task()
                    if current is None or current.cancelling():
                        raise
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look_until_it_fails(self) -> None:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._settings.brokers, isolation_level="read_committed")
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await consumer.start()
            consumer.assign(self._tps)
            while True:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    self._note(await consumer.end_offsets(self._tps))
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            with contextlib.suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    await consumer.stop()

    def _note(self, ends: dict[TopicPartition, int]) -> None:
        now = time.monotonic()
        for tp, end in ends.items():
            if tp not in self._ends and end == 0:
                continue
            if self._ends.get(tp) != end:
                self._longest_s = max(self._longest_s, now - self._moved_at.get(tp, now))
                self._ends[tp], self._moved_at[tp] = end, now
