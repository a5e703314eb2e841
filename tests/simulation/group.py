"""A consumer group: rounds of joining and assignment, and members that hear late or never that they are out."""

from __future__ import annotations

import asyncio
from typing import Final

from tests.simulation.loop import Owner, SimulatedLoop
from tests.simulation.net import Weather
from tests.simulation.trace import Trace


class Member:
    """One worker as the group sees it. A deaf one hears nothing of the group while its fetches and writes go on."""

    def __init__(self, owner: Owner, loop: SimulatedLoop) -> None:
        self.owner: Final = owner
        self._loop: Final = loop
        self.is_deaf = False
        self.is_new = True
        self.assignment: asyncio.Future[frozenset[int]] | None = None
        self.must_rejoin = asyncio.Event()

    @property
    def has_joined(self) -> bool:
        """Whether it waits for its part."""
        return self.assignment is not None and not self.assignment.done()


class Group:
    """The coordinator of the group; tasks are given at random, so that they move often."""

    def __init__(self, loop: SimulatedLoop, weather: Weather, trace: Trace, tasks: int) -> None:
        self._loop: Final = loop
        self._weather: Final = weather
        self._trace: Final = trace
        self._tasks: Final = tasks
        self._chance: Final = weather.chance
        self._session_s: Final = weather.chance.choice([0.3, 1.0, 2.5])
        self._members: Final[list[Member]] = []
        self._is_due: Final = asyncio.Event()
        self._is_gathering = False

    async def join(self, member: Member) -> frozenset[int]:
        """Wait for the tasks of the next generation; called in the member's name."""
        member.assignment = self._loop.create_future()
        self._loop.outside(self._weather.delay_s(), self._joined, member)
        return await member.assignment

    def leave(self, member: Member) -> None:
        """Go orderly."""
        if member in self._members:
            self._members.remove(member)
            self.rebalance()

    def rebalance(self) -> None:
        """Begin a new round."""
        self._is_due.set()

    def heard(self, member: Member) -> None:
        """A member's heartbeat comes through again: one that was dropped meanwhile learns of it."""
        member.is_deaf = False
        if member not in self._members and not member.has_joined:
            self._tell(member)

    def _joined(self, member: Member) -> None:
        if member.owner.is_dead or member.assignment is None or member.assignment.done():
            return
        if member not in self._members:
            self._members.append(member)
        if not self._is_gathering or member.is_new:
            self.rebalance()
        member.is_new = False

    async def run(self) -> None:
        """Hold one round after the other, for ever."""
        while True:
            await self._is_due.wait()
            await asyncio.sleep(self._weather.delay_s())
            self._is_due.clear()
            for member in self._members:
                if not member.has_joined:
                    self._loop.outside(self._weather.delay_s(), self._tell, member)
            await self._wait_for_all()
            self._drop_silent()
            self._assign()

    def _tell(self, member: Member) -> None:
        if not member.is_deaf:
            member.must_rejoin.set()

    async def _wait_for_all(self) -> None:
        until_s, self._is_gathering = self._loop.now_s + self._session_s, True
        while self._loop.now_s < until_s and not all(member.has_joined for member in self._members):
            await asyncio.sleep(0.02)
        self._is_gathering = False

    def _drop_silent(self) -> None:
        for member in [member for member in self._members if not member.has_joined]:
            self._trace("group", "drops", member.owner.name)
            self._members.remove(member)
            # It may live and only be slow, frozen or deaf: then it hears of it some time.
            self._loop.outside(self._chance.random() * 2, self._tell, member)

    def _assign(self) -> None:
        parts: dict[int, set[int]] = {at: set() for at in range(len(self._members))}
        for task in range(self._tasks) if parts else ():
            parts[self._chance.randrange(len(parts))].add(task)
        for at, member in enumerate(self._members):
            part, answer = frozenset(parts[at]), member.assignment
            assert answer is not None
            self._trace("group", "gives", member.owner.name, "tasks", sorted(part))
            member.must_rejoin.clear()
            answer.set_result(part)
            if member.owner.is_dead:
                # It died waiting for its part; the group notices when its session ends.
                self._loop.outside(self._session_s, self.rebalance)
