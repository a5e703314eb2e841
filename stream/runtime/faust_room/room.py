"""Between Faust and the tasks: who holds which tasks, and what happens at a rebalance, a failure and the end."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping

from stream.runtime.faust_room.copartition import copartitioned
from stream.runtime.faust_room.input_log import Batch, InputLog
from stream.runtime.ports import TP, TaskHost

logger = logging.getLogger(__name__)


class Room:
    """Gives assigned partitions to the tasks and takes them away again, in this order and never two at once."""

    def __init__(self, host: TaskHost, on_change: Callable[[], None] = lambda: None) -> None:
        self.host = host
        self.log: InputLog | None = None
        self.is_assigned = False
        self.is_recovered = False
        self.unrecovered_since = time.monotonic()
        self._on_change = on_change
        self._is_closing = False
        self._held: frozenset[int] = frozenset()
        self._giving = asyncio.Lock()
        self._recovery: asyncio.Future[dict[TP, int]] | None = None
        # A rebalance, and then its assignment, each begin a round; what was recovered in another must not be used.
        self._round = 0
        self._recovered_round = -1
        self._positions: Mapping[TP, int] = {}

    def offer(self, batch: Batch) -> None:
        """Hand one batch to its task: synchronous, so that Faust's one drain loop never waits for a task.

        Faust acknowledges an event although the agent's body raised (fault a). Here that stops the worker.
        """
        if not self.is_recovered or self.log is None or not self.log.accept(batch):
            return
        try:
            self.host.offer(batch.tp, batch.records)
        except Exception as error:  # noqa: BLE001  # every error of a task stops the worker, none may pass in Faust
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """Stop the worker: Faust logs an error and goes on, aiokafka swallows those of rebalance callbacks."""
        if not self.host.failure.done():
            self.host.failure.set_exception(error)

    @property
    def held(self) -> frozenset[int]:
        """The tasks that were taken over and not given away."""
        return self._held

    async def give_away(self) -> None:
        """Have the tasks commit or abort, and drop them; when this returns, another worker may take them over.

        Faust drops what it knows of revoked partitions before it commits (fault c), so this comes before Faust hears.
        """
        self._round += 1
        if self.is_recovered:
            self.unrecovered_since = time.monotonic()
        self._show(is_assigned=False, is_recovered=False)
        if self.log is not None:
            self.log.begin_rebalance()
        async with self._giving:
            if self._recovery is not None and not self._recovery.done():
                self._recovery.cancel()
                await asyncio.wait([self._recovery])
            held, self._held = self._held, frozenset()
            if held:
                logger.info("giving away tasks %s", _listed(held))
                await self.host.revoked(held)

    async def close(self) -> None:
        """Give the tasks away and take none any more."""
        self._is_closing = True
        await self.give_away()

    def halt(self) -> None:
        """Offer and take over nothing any more; what the tasks hold is theirs to drop."""
        self._is_closing = True
        self._held = frozenset()
        self._show(is_assigned=self.is_assigned, is_recovered=False)

    def assign(self, tps: Iterable[TP]) -> None:
        """Note the new assignment and hold its partitions until the tasks are taken over."""
        assert self.log is not None
        self._round += 1
        self.log.hold(frozenset(tps))
        self._show(is_assigned=True, is_recovered=False)

    async def take_over(self) -> bool:
        """Let the tasks fence their predecessors and recover; False if a rebalance came between or they failed.

        Stock Faust recovers record by record, swallows errors, and sits idle for ever after a timeout (faults f, g, h).
        It may also begin to recover an assignment when that is revoked already; the next one is yet to be made known.
        """
        if self._is_closing or not self.is_assigned or self.host.failure.done():
            return False
        started_round = self._round
        try:
            positions = await self._recovered()
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            if started_round == self._round:
                # aiokafka cancels what waits on a connection that ends.
                self.fail(ConnectionError("the connection to Kafka ended while tasks were taken over"))
            else:
                logger.info("rebalanced while taking tasks over")
            return False
        except Exception as error:  # noqa: BLE001  # Faust would log it and sit idle; the worker must stop
            self.fail(error)
            return False
        self._positions, self._recovered_round = positions, started_round
        return started_round == self._round

    def start_reading(self) -> None:
        """Seek to where the tasks stopped; the group's offsets are for lag tools only."""
        if self.log is None or self._recovered_round != self._round:
            return
        self.log.start(self._positions)
        self._show(is_assigned=True, is_recovered=True)

    def committable(self) -> dict[TP, int]:
        """Return what may be committed to the group: positions of assigned partitions."""
        if self.log is None:
            return {}
        assigned = self.log.assigned()
        return {tp: offset for tp, offset in self.host.positions().items() if tp in assigned}

    async def _recovered(self) -> dict[TP, int]:
        assert self.log is not None
        partitions = copartitioned(self.host.input_topics, self.log)
        if not partitions:
            logger.info("no tasks for this worker: there are as many workers as partitions, or more")
        else:
            logger.info("taking over tasks %s", _listed(partitions))
        started, self._held = time.monotonic(), self._held | partitions
        self._recovery = asyncio.ensure_future(self.host.assigned(partitions, self.log))
        positions = await self._recovery
        expected = {TP(topic, number) for topic in self.host.input_topics for number in partitions}
        if missing := expected - positions.keys():
            raise LookupError(f"the tasks gave no position for {sorted(missing)}")
        if partitions:
            logger.info("took over tasks %s in %.2f s", _listed(partitions), time.monotonic() - started)
        return positions

    def _show(self, *, is_assigned: bool, is_recovered: bool) -> None:
        self.is_assigned, self.is_recovered = is_assigned, is_recovered
        self._on_change()


def _listed(partitions: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(partitions)))
