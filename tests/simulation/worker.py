"""A simulated worker process: the product's Tasks, Room and InputLog over the fakes, alive until it dies or leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from stream.runtime.faust_room.room import Room
from stream.runtime.ports import TP
from stream.runtime.task_ports import Failed, Fenced, TaskPorts
from stream.runtime.tasks import Tasks
from tests.runtime.store.fake_disk import FakeDisk
from tests.simulation.cluster import Cluster
from tests.simulation.consumer import Fetching, SimulatedConsumer, SimulatedInputLog
from tests.simulation.group import Group, Member
from tests.simulation.loop import Owner
from tests.simulation.ports import CHANGELOG, SimulatedClock, Working
from tests.simulation.stores import apart

LET_GO_S: Final = 3.0


class Process:
    """One life of a worker."""

    def __init__(
        self,
        name: str,
        cluster: Cluster,
        group: Group,
        unexpected: Callable[[str], None],
        disk: FakeDisk | None = None,
    ) -> None:
        self.owner: Final = Owner(name)
        self.member: Final = Member(self.owner, cluster.loop)
        self.clock: Final = SimulatedClock(cluster.loop, cluster.chance)
        self._cluster: Final = cluster
        self._group: Final = group
        self._unexpected: Final = unexpected
        self._leaves: Final = asyncio.Event()
        self._consumer: Final = SimulatedConsumer(cluster.network, cluster.log, cluster.tasks)
        aside = Working(cluster.network)
        ports = TaskPorts(cluster.transactions, cluster.changelog, self.clock, cluster.logs, aside, disk)
        self._tasks: Final = Tasks(cluster.definitions, cluster.settings, cluster.metrics, ports)
        self._room: Final = Room(self._tasks)
        self._room.log = self._log = SimulatedInputLog(self._consumer)

    def stores_apart(self) -> list[str]:
        """Say of which tasks held the store differs from the changelog."""
        log, said = self._cluster.log, list[str]()
        for number, task in self._tasks._tasks.items():
            latest = {entry.key: entry.value for entry in log[TP(CHANGELOG, number)].committed()}
            kept = {key: value for key, value in latest.items() if value is not None}
            profiles: Any = task._parts.profiles
            said += [f"{self.owner.name}, task {number}: {each}" for each in apart(profiles._contents, kept)]
        return said

    def leave(self) -> None:
        """Ask it to end in an orderly way."""
        self._leaves.set()

    async def live(self) -> None:
        """Run until it fails or leaves."""
        cluster = self._cluster
        fetches = [
            asyncio.create_task(
                Fetching(topic, self._consumer, self._log, self._offer).run(
                    cluster.network, cluster.log, cluster.lags[topic]
                )
            )
            for topic in cluster.inputs
        ]
        ends: list[asyncio.Future[Any]] = [self._tasks.failure, asyncio.create_task(self._leaves.wait())]
        work = asyncio.create_task(self._take_part())
        await asyncio.wait([*ends, work], return_when=asyncio.FIRST_COMPLETED)
        await self._end(work)
        for task in fetches:
            task.cancel()
        cluster.loop.kill(self.owner)

    async def _take_part(self) -> None:
        recovery: asyncio.Task[None] | None = None
        while True:
            numbers = await self._group.join(self.member)
            tps = [TP(topic, number) for topic in self._cluster.inputs for number in sorted(numbers)]
            self._consumer.assign(tps)
            self._room.assign(tps)
            recovery = asyncio.create_task(self._recover(recovery))
            await self.member.must_rejoin.wait()
            self._cluster.trace(self.owner.name, "gives away", sorted(numbers))
            await self._room.give_away()
            self._cluster.trace(self.owner.name, "has given away")

    async def _recover(self, former: asyncio.Task[None] | None) -> None:
        """Recover as Faust has it done: one recovery after the other, some of them begun when the group moves on."""
        if former is not None:
            await former
        if self._cluster.chance.random() < 0.3:
            await asyncio.sleep(self._cluster.network.weather.delay_s())
        if await self._room.take_over():
            held, assigned = set(self._tasks._tasks), {tp.partition for tp in self._consumer.assignment()}
            if held != assigned:
                self._unexpected(f"{self.owner.name} holds tasks {sorted(held)}, and is assigned {sorted(assigned)}")
            if self._cluster.chance.random() < 0.3:
                await asyncio.sleep(self._cluster.network.weather.delay_s())
            self._room.start_reading()
            self._cluster.trace(self.owner.name, "reads")

    def _offer(self, batch: Any) -> None:
        self._room.offer(batch)

    async def _end(self, work: asyncio.Task[None]) -> None:
        """End as the worker does: orderly where nothing failed, then drop what is left."""
        failure, trace = self._tasks.failure, self._cluster.trace
        if not failure.done() and work.done():
            self._unexpected(f"{self.owner.name} ended by itself: {work.exception()!r}")
        if not failure.done():
            trace(self.owner.name, "leaves")
            await self._within(self._room.close())
        work.cancel()
        self._room.halt()
        await self._within(self._tasks.stop())
        if failure.done():
            error = failure.exception()
            trace(self.owner.name, "failed:", repr(error))
            if not isinstance(error, Fenced | Failed):
                self._unexpected(f"{self.owner.name} stopped: {error!r}")
        self._group.leave(self.member)

    async def _within(self, ending: Any) -> None:
        try:
            async with asyncio.timeout(LET_GO_S):
                await ending
        except TimeoutError:
            self._cluster.trace(self.owner.name, "did not end in time")
        except Exception as error:  # noqa: BLE001  # every one but these two is a finding
            if not isinstance(error, Fenced | Failed):
                self._unexpected(f"{self.owner.name}, while ending: {error!r}")
