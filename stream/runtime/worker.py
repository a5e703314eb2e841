"""The worker: Faust, the tasks, the web page and the watchdog, from start to an orderly end."""

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import uvloop
from aiokafka.errors import OffsetOutOfRangeError

from stream.definitions.shapes import Definitions
from stream.runtime.agents import define_agents
from stream.runtime.arena import share_one_arena
from stream.runtime.faust_room.app import StreamApp
from stream.runtime.faust_room.room import Room
from stream.runtime.faust_room.watchdog import Watchdog
from stream.runtime.kafka_ports import kafka_ports
from stream.runtime.metrics import Metrics
from stream.runtime.ports import TaskHost
from stream.runtime.refusals import described
from stream.runtime.settings import Settings
from stream.runtime.tasks import Tasks
from stream.runtime.web import Readiness, WebServer

logger = logging.getLogger(__name__)

_STOP_TIMEOUT_S = 30.0
_ABANDON_TIMEOUT_S = 5.0

# Events, items and outcomes are made by the ten thousand and freed by their reference counts, since they form no
# cycles. Python's default, a look at the youngest every 700, costs some 8 % of a worker's CPU (10,000 profiles). But a
# look at 200,000 that stay holds everything up for 150 ms, one at 20,000 for 16 ms, and that is what the slowest of a
# hundred triggers waits for.
_COLLECT_AFTER = (20_000, 200, 100)


class WorkerFailed(Exception):
    """The worker had to stop, uncommitted; the message is one line for whoever runs it."""


class Worker:
    """One member of the group. Make it in the event loop that runs it, and run it once."""

    def __init__(
        self,
        host: TaskHost,
        settings: Settings,
        metrics: Metrics | None = None,
        before_scrape: Callable[[], None] | None = None,
    ) -> None:
        self.host = host
        self.settings = settings
        self.readiness = Readiness()
        self.http_port: int | None = None
        self._room = Room(host, self._show_readiness)
        self._web = WebServer(settings, metrics or Metrics(), self.readiness, before_scrape)
        self._watchdog = Watchdog(self._room, settings)
        self._app: StreamApp | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._spared_for: frozenset[int] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then commit and leave the group; raises WorkerFailed where it cannot go on."""
        try:
            self.http_port = await self._web.start()
        except OSError as error:
            raise WorkerFailed(f"cannot serve /metrics: {error}") from error
        try:
            await self._work(stop)
        finally:
            await self._web.stop()

    async def _work(self, stop: asyncio.Event) -> None:
        self._app = app = StreamApp(self._room, self.settings)
        define_agents(app)
        self._spawn(app.start())
        self._spawn(self._watchdog.run())
        self._spawn(self._report_crash(app))
        stopping: asyncio.Future[Any] = asyncio.ensure_future(stop.wait())
        ends: list[asyncio.Future[Any]] = [stopping, self.host.failure]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not self.host.failure.done():
                await self._leave()
        finally:
            stopping.cancel()
            await self._abandon()
        if self.host.failure.done():
            error = self.host.failure.exception()
            logger.debug("the worker failed", exc_info=error)
            raise WorkerFailed(await self._describe(error)) from error

    async def _leave(self) -> None:
        """Commit what is decided, give the tasks away, and leave the group, so that others go on at once."""
        logger.info("stopping: committing and leaving the group")
        assert self._app is not None
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await self._room.close()
                await self._app.commit_to_group()
        except Exception as error:  # noqa: BLE001  # an end that is not orderly is a failure, whatever the cause
            self._room.fail(error)

    async def _abandon(self) -> None:
        """End everything; what is not committed by now never is."""
        assert self._app is not None
        self._room.halt()
        await self._within_timeout(self.host.stop())
        await self._within_timeout(self._app.stop())
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _within_timeout(self, ending: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(_ABANDON_TIMEOUT_S):
                await ending
        except TimeoutError:
            # aiokafka waits for a rebalance under way before it leaves the group; the session timeout ends it for us.
            logger.warning("not ended within %.0f s, left behind", _ABANDON_TIMEOUT_S)
        except Exception as error:  # noqa: BLE001  # the reason to stop is known already; this one comes after it
            logger.warning("while ending: %r", error)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(self._or_fail(work))
        self._running.add(task)

    async def _or_fail(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001  # an error in the background must stop the worker, not get lost
            self._room.fail(error)

    async def _report_crash(self, app: StreamApp) -> None:
        self._room.fail(await app.wait_for_crash())

    def _show_readiness(self) -> None:
        if self._room.is_recovered and self._room.held != self._spared_for:
            self._spared_for = self._room.held
            _spare_the_collector()
        self.readiness.assigned = self._room.is_assigned
        self.readiness.recovered = self._room.is_recovered
        # Taking a task over begins with its transactional producer, so a recovered worker can produce.
        self.readiness.producing = self._room.is_recovered

    async def _describe(self, error: BaseException | None) -> str:
        if error is not None and (refusal := await described(error, self.settings)):
            return refusal
        if isinstance(error, OffsetOutOfRangeError):
            places = ", ".join(f"{tp.topic}/{tp.partition} at {offset}" for tp, offset in error.args[0].items())
            return f"the log no longer holds what is to be read next, {places}: deleted by retention ({error!r})"
        return f"{type(error).__name__}: {error}"


def _spare_the_collector() -> None:
    """Keep it from looking again and again at what stays: the code, the definitions, the recovered profiles.

    Only in a process that is a worker's alone: elsewhere other people's garbage would stay too. With 50,000 decoded
    profiles it holds everything up for a quarter of a second, so not when a rebalance has changed nothing here.
    """
    if gc.get_threshold() != _COLLECT_AFTER:
        return
    # What an earlier assignment left is looked at first, or its garbage would stay for ever.
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def run_worker(definitions: Definitions, settings: Settings) -> None:
    """Run one worker in this process until SIGTERM or SIGINT; raises WorkerFailed."""

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await make_worker(definitions, settings).run(stop)

    gc.set_threshold(*_COLLECT_AFTER)
    if not settings.state_dir:  # the threads of RocksDB have much to do with memory beside each other
        share_one_arena()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def make_worker(definitions: Definitions, settings: Settings) -> Worker:
    """Return a worker that decides by these definitions, on the settings' brokers."""
    metrics = Metrics()
    metrics.begin_definitions_at_zero(definitions)
    tasks = Tasks(definitions, settings, metrics, kafka_ports(settings))

    def show() -> None:
        metrics.show_tasks(tasks.gauges())
        tasks.show_shared()

    return Worker(tasks, settings, metrics, show)
