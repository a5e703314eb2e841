"""A worker under way in the test's own event loop, with tasks that only count."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

from stream.runtime.settings import Settings
from stream.runtime.worker import Worker, WorkerFailed
from tests.runtime.faust_room_fakes import TOPICS, FakeHost


async def until(condition: Callable[[], bool], *workers: "Running") -> None:
    deadline = time.monotonic() + 30
    while not condition():
        for worker in workers:
            if worker.ended.done():
                await worker.ended
        assert time.monotonic() < deadline, "it did not come about within 30 s"
        await asyncio.sleep(0.02)


class Running:
    """A worker, its tasks, and what became of it."""

    def __init__(self, settings: Settings) -> None:
        self.host = FakeHost([settings.topic_prefix + topic for topic in TOPICS])
        self.worker = Worker(self.host, settings)
        self._stop = asyncio.Event()
        self.ended = asyncio.ensure_future(self.worker.run(self._stop))

    @property
    def is_ready(self) -> bool:
        return not self.worker.readiness.missing

    @property
    def offered(self) -> int:
        return sum(map(len, self.host.offered.values()))

    async def stop(self) -> None:
        self._stop.set()
        await self.ended


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    worker = Running(settings)
    try:
        yield worker
    finally:
        with contextlib.suppress(WorkerFailed):
            await worker.stop()
