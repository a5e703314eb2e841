"""A consumer for the product's own InputLog: states of partitions as aiokafka keeps them, and the fetches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Final

from stream.runtime.faust_room.input_log import Batch, InputLog
from stream.runtime.ports import TP, Record
from tests.simulation.log import Entry, Log
from tests.simulation.loop import SimulatedLoop
from tests.simulation.net import Network, Reply

LONG_POLL_S: Final = 0.3


class PartitionState:
    """The fields of aiokafka's TopicPartitionState that InputLog uses."""

    def __init__(self) -> None:
        self.highwater: int | None = None
        self.lso: int | None = None
        self.timestamp: int | None = None
        self.paused = False
        self.has_valid_position = False
        self.position = 0


class Lag:
    """How a topic is served: fetches of so many records, so long apart; a silent topic's are not answered."""

    def __init__(self, batch: int, pause_s: float) -> None:
        self.batch = batch
        self.pause_s = pause_s
        self.is_silent = False


class SimulatedConsumer:
    """What InputLog asks of AIOKafkaConsumer."""

    def __init__(self, network: Network, log: Log, partitions: int) -> None:
        self._network: Final = network
        self._log: Final = log
        self._partitions: Final = partitions
        self.states: dict[TP, PartitionState] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=self))

    def state_value(self, tp: TP) -> PartitionState | None:
        return self.states.get(tp)

    def assign(self, tps: Iterable[TP]) -> None:
        self.states = {tp: PartitionState() for tp in tps}

    def assignment(self) -> set[TP]:
        return set(self.states)

    def pause(self, tp: TP) -> None:
        self.states[tp].paused = True

    def resume(self, tp: TP) -> None:
        self.states[tp].paused = False
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def is_resumed(self) -> None:
        """Wait until something may be fetched again."""
        future = self._network.loop.create_future()
        self._waiting.append(future)
        await future

    def seek(self, tp: TP, offset: int) -> None:
        state = self.states[tp]
        state.position, state.has_valid_position = offset, True

    async def beginning_offsets(self, tps: list[TP]) -> dict[TP, int]:
        return await self._network.look(lambda: dict.fromkeys(tps, 0))

    async def end_offsets(self, tps: list[TP]) -> dict[TP, int]:
        """Under read_committed this is the last stable offset."""
        return await self._network.look(lambda: {tp: self._log[tp].stable for tp in tps})

    def partitions_for_topic(self, topic: str) -> set[int]:
        return set(range(self._partitions))


class SimulatedInputLog(InputLog):
    """The real one, told of answers directly: it would look at the machine's own clock."""

    def answered(self, tp: TP, sent_s: float) -> None:
        self._fetched_at[tp] = sent_s


class Fetching:
    """Fetches one topic for a worker, and hands over as the Faust room does: taken at once, offered after awaits."""

    def __init__(
        self, topic: str, consumer: SimulatedConsumer, log: SimulatedInputLog, offer: Callable[[Batch], None]
    ) -> None:
        self._topic: Final = topic
        self._consumer: Final = consumer
        self._log: Final = log
        self._offer: Final = offer

    async def run(self, network: Network, log: Log, lag: Lag) -> None:
        loop, chance = network.loop, network.weather.chance
        while True:
            asked = {
                tp: (state, state.position)
                for tp, state in self._consumer.states.items()
                if tp.topic == self._topic and state.has_valid_position and not state.paused
            }
            if not asked:
                await self._consumer.is_resumed()
                continue
            sent_s = loop.now_s
            answer = await network.ask(_Fetch(log, lag, {tp: at for tp, (_, at) in asked.items()}, loop))
            for tp, (found, end, highwater, stable) in answer.items():
                state, at = asked[tp]
                if self._consumer.states.get(tp) is not state or state.position != at:
                    continue  # sought or assigned anew meanwhile: aiokafka drops such an answer
                state.highwater, state.lso = highwater, stable
                self._log.answered(tp, sent_s)
                if not state.paused:
                    await self._hand_over(tp, state, found, end)
            if lag.pause_s and chance.random() < 0.5:
                await asyncio.sleep(lag.pause_s * chance.random())

    async def _hand_over(self, tp: TP, state: PartitionState, found: list[Entry], end: int) -> None:
        state.position = end
        if not found:
            return
        batch = self._log.take(tp, list[Record](found))
        chance = self._consumer._network.weather.chance
        while chance.random() < 0.3:
            await asyncio.sleep(0 if chance.random() < 0.7 else chance.random() * 0.5)
        if self._log.is_current(batch):
            if chance.random() < 0.3:
                await asyncio.sleep(0)
            self._offer(batch)


class _Fetch:
    """A fetch request at the broker, which holds an empty answer for a while, and all of them while it is silent."""

    def __init__(self, log: Log, lag: Lag, positions: dict[TP, int], loop: SimulatedLoop) -> None:
        self._log, self._lag, self._positions, self._loop = log, lag, positions, loop
        self._until_s = -1.0

    def __call__(self, reply: Reply) -> bool:
        if self._until_s < 0:
            self._until_s = self._loop.now_s + LONG_POLL_S
        if self._lag.is_silent:
            self._loop.outside(0.2, self, reply)
            return True
        if self._loop.now_s < self._until_s and not self._has_news():
            self._loop.outside(LONG_POLL_S / 5, self, reply)
            return True
        answer = {}
        for tp, at in self._positions.items():
            partition = self._log[tp]
            found, end = partition.fetch(at, self._lag.batch)
            answer[tp] = (found, end, partition.end, partition.stable)
        reply(answer)
        return True

    def _has_news(self) -> bool:
        return any(self._log[tp].stable > at for tp, at in self._positions.items())
