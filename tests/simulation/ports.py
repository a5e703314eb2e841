"""The ports of the tasks in the simulation: writers, the changelog, and a clock that may be wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, Final, TypeVar

from stream.model.errors import StreamStop
from stream.runtime.ports import TP, Record
from stream.runtime.task_ports import Batch, Failed, Fenced, Outgoing
from tests.simulation.coordinator import Coordinator
from tests.simulation.log import Log
from tests.simulation.loop import OWNER, Owner, SimulatedLoop
from tests.simulation.net import Channel, Network
from tests.simulation.trace import Trace

T = TypeVar("T")

CHANGELOG: Final = "stream-profiles-changelog"
CONTRIBUTIONS: Final = "stream-contributions"
REFERENCE: Final = "stream-reference"
ABORT_TIMEOUT_S: Final = 1.0


class SimulatedClock:
    """The wall clock of one worker, `ahead_ms` off; each look may take time, or no slice of work would ever be full."""

    def __init__(self, loop: SimulatedLoop, chance: Random) -> None:
        self._loop: Final = loop
        self._random: Final = chance.random
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return self._loop.epoch_ms() + self.ahead_ms

    def monotonic_s(self) -> float:
        if self._random() < 0.1:
            self._loop.now_s += self._random() * 0.004
        return self._loop.now_s


class SimulatedWriter:
    """One producer of a task. Requests are under way when it goes on, and may outlive it."""

    def __init__(self, cluster: SimulatedTransactions, number: int | str, epoch: int) -> None:
        self._cluster: Final = cluster
        self._place = (number, epoch)
        self._channel: Final = Channel(cluster.network)
        self._sent: list[asyncio.Future[Any]] = []
        self.operations: list[Any] | None = None
        self._is_fenced = False
        self._ends: dict[TP, int] = {}

    def written_up_to(self, tp: TP) -> int | None:
        return self._ends.get(tp)

    async def begin(self) -> None:
        await self._pause()

    async def write(self, topic: str, partition: int, records: Sequence[Outgoing]) -> None:
        await self._pause()
        cluster, weather = self._cluster, self._cluster.network.weather
        tp = TP(topic, partition)
        answer = self._channel.send(partial(cluster.coordinator.produce, self._place, tp, list(records)))
        if weather.refusals and weather.chance.random() < weather.refusals:
            answer = self._refused()
        self._sent.append(answer)

    async def commit(self) -> None:
        weather = self._cluster.network.weather
        sent, self._sent = self._sent, []
        await self._pause()
        request = partial(self._cluster.coordinator.end, self._place, self.operations, True)
        try:
            async with asyncio.timeout(self._cluster.timeout_s):
                ends = dict(await asyncio.gather(*sent))
                await self._channel.send(
                    request,
                    is_lost=weather.chance.random() < weather.lost_requests,
                    is_answer_lost=weather.chance.random() < weather.lost_answers,
                )
        except Fenced:
            self._is_fenced = True
            self._cluster.trace(OWNER.get().name, "was fenced at task", *self._place)
            raise
        except TimeoutError as error:
            self._cluster.trace(OWNER.get().name, "does not know the fate of its transaction, task", *self._place)
            raise Failed("timed out") from error
        # A broker that knew a batch already tells no offset.
        self._ends = {tp: end for tp, end in ends.items() if weather.chance.random() >= weather.lost_answers}
        await self._pause()

    async def abort(self) -> None:
        self._sent = []
        await self._pause()
        try:
            async with asyncio.timeout(ABORT_TIMEOUT_S):
                await self._channel.send(partial(self._cluster.coordinator.end, self._place, None, False))
        except TimeoutError as error:
            raise Failed("timed out") from error

    async def close(self) -> None:
        await self._pause()

    def _refused(self) -> asyncio.Future[Any]:
        answer = self._cluster.network.loop.create_future()
        answer.set_exception(Failed("the broker refused a batch"))
        return answer

    async def _pause(self) -> None:
        """Let others go on here at times; some processes die hereabouts."""
        weather, owner = self._cluster.network.weather, OWNER.get()
        if weather.deaths_at_steps and weather.chance.random() < weather.deaths_at_steps:
            owner.dies_at_step = owner.steps + weather.chance.randrange(1, 12)
            self._cluster.trace(owner.name, "will die at step", owner.dies_at_step, "in a transaction")
        if weather.chance.random() < 0.3:
            await asyncio.sleep(weather.delay_s() if weather.chance.random() < 0.3 else 0)


class SimulatedTransactions:
    """The port `Transactions`."""

    def __init__(self, network: Network, log: Log, coordinator: Coordinator, timeout_s: float) -> None:
        self.network: Final = network
        self.log: Final = log
        self.coordinator: Final = coordinator
        self.timeout_s: Final = timeout_s
        self.trace: Trace

    async def open(self, partition: int) -> SimulatedWriter:
        return await self.open_as(partition)

    async def open_as(self, name: int | str) -> SimulatedWriter:
        epoch: int = await self.network.ask(partial(self.coordinator.initialise, name))
        return SimulatedWriter(self, name, epoch)

    async def partitions(self, topic: str) -> int:
        count = len(self.log.of_topic(topic))
        if count == 0:
            raise StreamStop(f"there is no topic {topic}")
        return count

    async def topic_ids(self, topics: Sequence[str]) -> dict[str, str]:
        return await self.network.look(lambda: {topic: topic for topic in topics})


class SimulatedChangelog:
    """The port `Changelog`: a read_committed reader, up to the last stable offset as of its beginning."""

    def __init__(self, network: Network, log: Log, trace: Trace) -> None:
        self._network: Final = network
        self._log: Final = log
        self._trace: Final = trace
        self._read: Final[list[tuple[Owner, int, int]]] = []

    def compacted_up_to(self, partition: int) -> int:
        """Return up to where it may be compacted now.

        A record removes the one before it only when it is older than min.compaction.lag.ms, which outlasts every
        recovery: so none that is under way misses what it was to read.
        """
        ends = [end for owner, number, end in self._read if number == partition and not owner.is_dead]
        return min([self._log[TP(CHANGELOG, partition)].stable, *ends])

    async def bounds(self, partition: int) -> tuple[int, int]:
        log = self._log[TP(CHANGELOG, partition)]
        return await self._network.look(lambda: (0, log.stable))

    async def read(self, partition: int, start: int = 0) -> AsyncIterator[Sequence[tuple[bytes, bytes | None]]]:
        log, chance, owner = self._log[TP(CHANGELOG, partition)], self._network.weather.chance, OWNER.get()

        def begin() -> tuple[Owner, int, int]:
            self._read.append((owner, partition, log.stable))
            return self._read[-1]

        reading = await self._network.look(begin)
        offset, end, limit = start, reading[2], chance.choice([1, 3, 20, 500])
        self._trace(owner.name, "recovers task", partition, *(["from", start] if start else []), "up to", end)
        try:
            while offset < end:
                found, offset = await self._network.look(partial(log.fetch, offset, limit))
                yield [(entry.key or b"", entry.value) for entry in found]
        finally:
            self._read.remove(reading)


class SimulatedLogs:
    """The port `Logs`: a read_committed reader that goes on for ever."""

    def __init__(self, network: Network, log: Log) -> None:
        self._network: Final = network
        self._log: Final = log
        self._catching_up: Final[list[tuple[Owner, TP, int]]] = []

    def compacted_up_to(self, tp: TP) -> int:
        """Return up to where it may be compacted now, as for the changelog."""
        ends = [end for owner, read, end in self._catching_up if read == tp and not owner.is_dead]
        return min([self._log[tp].stable, *ends])

    async def read(self, topic: str, offsets: Mapping[int, int]) -> AsyncGenerator[Batch, None]:
        """Read the one partition."""
        ((number, offset),) = offsets.items()
        tp, chance = TP(topic, number), self._network.weather.chance
        log, limit = self._log[tp], chance.choice([1, 3, 20, 500])
        reading = await self._network.look(lambda: (OWNER.get(), tp, log.stable))
        self._catching_up.append(reading)
        try:
            while True:
                found, offset = await self._network.look(partial(log.fetch, offset, limit))
                is_caught_up = offset >= reading[2]
                if is_caught_up and reading in self._catching_up:
                    self._catching_up.remove(reading)
                yield Batch(list[Record](found), is_caught_up)
                if not found:
                    await asyncio.sleep(chance.random() * 0.1)
        finally:
            if reading in self._catching_up:
                self._catching_up.remove(reading)


class Working:
    """The port `Aside`: long work takes some time, in which others go on."""

    def __init__(self, network: Network) -> None:
        self._network: Final = network

    async def run(self, work: Callable[[], T]) -> T:
        await asyncio.sleep(self._network.weather.delay_s())
        result = work()
        await asyncio.sleep(self._network.weather.delay_s())
        return result
