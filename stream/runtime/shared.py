"""What a worker shares with all others: the snapshots that its tasks go by, and the learner, where it runs here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from contextlib import aclosing
from typing import Final

import msgspec

from stream.decision.program import Program
from stream.model.errors import StreamStop
from stream.model.profile import NEVER
from stream.runtime.catalogue import CatalogueReader
from stream.runtime.learner import Learner
from stream.runtime.metrics import Metrics
from stream.runtime.reference_log import ReferenceLog
from stream.runtime.settings_fields import Settings
from stream.runtime.share import SPEAKS_FOR_ALL
from stream.runtime.task_ports import Batch, Failed, TaskPorts
from stream.runtime.topics import catalogue_topic, contributions_topic, reference_topic

logger = logging.getLogger(__name__)

_LET_GO_S: Final = 3.0
"""How long is waited for connections to end; by then nothing more can come of them."""

CATALOGUE_AGAIN_S: Final = 60.0
"""How long until a topic that was not there is looked for again."""


class News(msgspec.Struct, frozen=True):
    """Whom to tell: `wake` that there are new snapshots, `fail` what must stop the worker."""

    wake: Callable[[], None]
    fail: Callable[[BaseException], None]


class Shared:
    """Follows the topic of shared knowledge from the first `ready` on, and learns while it holds task 0.

    Where the program learns nothing, the period `every_ms` is 0, and nothing is asked of anyone. Where it asks for
    products, the catalogue is followed; without one it is picked by what is known otherwise.
    """

    def __init__(self, program: Program, settings: Settings, metrics: Metrics, ports: TaskPorts, news: News) -> None:
        self.every_ms: Final = program.definitions.policy.learn_every_ms if program.learns else 0
        self.log: Final = ReferenceLog()
        self.catalogue: Final = CatalogueReader(program.definitions.plan, tells=bool(program.concerned))
        self._asks_for_products: Final = program.remembers_products
        self._is_live: Final = settings.clock == "wall"
        self.version = 0
        self._tasks = 0
        self._settings: Final = settings
        self._metrics: Final = metrics
        self._ports: Final = ports
        self._news: Final = news
        self._has_snapshots: Final = asyncio.Event()
        self._has_catalogue: Final = asyncio.Event()
        self._following: Final[list[asyncio.Task[None]]] = []
        self._learning: asyncio.Task[None] | None = None

    async def ready(self, tasks: int) -> None:
        """Return when all that was published is known; raises what hinders that. So many tasks are learnt from."""
        self._tasks = tasks
        if not self.every_ms:
            return
        for topic in (contributions_topic(self._settings), reference_topic(self._settings)):
            await self._ports.transactions.partitions(topic)
        if not self._following:
            self._following.append(self._start(self._follow(), "following"))
            if self._asks_for_products:
                self._following.append(self._start(self._follow_catalogue(), "following the catalogue"))
        caught_up = asyncio.create_task(self._caught_up())
        try:
            await asyncio.wait({caught_up, *self._following}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            caught_up.cancel()
        for task in self._following:
            if task.done():
                task.result()

    async def _caught_up(self) -> None:
        await self._has_snapshots.wait()
        if self._asks_for_products:
            await self._has_catalogue.wait()

    def hold(self, numbers: Collection[int]) -> None:
        """Learn if task 0 is held."""
        if self.every_ms and SPEAKS_FOR_ALL in numbers and self._learning is None:
            learner = Learner(self._tasks, self.every_ms, self._settings, self._metrics, self._ports)
            self._learning = self._start(learner.run(), "learning")

    async def let_go(self, numbers: Collection[int]) -> None:
        """Learn no more if task 0 goes; what was not published is learnt again by whoever is next."""
        if SPEAKS_FOR_ALL in numbers:
            learning, self._learning = self._learning, None
            await _end(learning)

    async def stop(self) -> None:
        """End all of it."""
        learning, self._learning = self._learning, None
        await _end(learning)
        for task in self._following:
            await _end(task)

    def show(self) -> None:
        """Set the gauges."""
        published_ms, now_ms = self.log.published_ms, self._ports.clock.now_ms()
        self._metrics.snapshot_behind_seconds.set(max(0, now_ms - published_ms) / 1_000 if published_ms > 0 else 0)
        self._metrics.catalogue_products.set(len(self.catalogue.snapshot.catalogue))
        self._metrics.catalogue_wrong.set(self.catalogue.wrong)

    async def _follow(self) -> None:
        async with aclosing(self._ports.logs.read(reference_topic(self._settings), {0: 0})) as batches:
            async for batch in batches:
                for record in batch.records:
                    self.log.take(record.key, record.value)
                self._note(batch, self._has_snapshots)

    async def _follow_catalogue(self) -> None:
        topic = catalogue_topic(self._settings)
        partitions = await self._partitions_of_the_catalogue(topic)
        async with aclosing(self._ports.logs.read(topic, dict.fromkeys(range(partitions), 0))) as batches:
            async for batch in batches:
                self.catalogue.take(batch.records, self._ports.clock.now_ms() if self._is_live else NEVER)
                self._note(batch, self._has_catalogue)

    async def _partitions_of_the_catalogue(self, topic: str) -> int:
        """Return how many, as soon as there is the topic; until then nobody waits for it."""
        while True:
            try:
                return await self._ports.transactions.partitions(topic)
            except StreamStop as missing:
                if not self._has_catalogue.is_set():
                    logger.warning("no catalogue, so that products are shown without it: %s", missing)
                self._has_catalogue.set()
                await asyncio.sleep(CATALOGUE_AGAIN_S)

    def _note(self, batch: Batch, caught_up: asyncio.Event) -> None:
        """Let tasks go by what is new, once they may."""
        if batch.is_caught_up:
            caught_up.set()
        if batch.records and caught_up.is_set():
            self.version += 1
            self._news.wake()

    def _start(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            self._news.fail(task.exception() or Failed(f"{task.get_name()} ended by itself"))


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.wait({task}, timeout=_LET_GO_S)
