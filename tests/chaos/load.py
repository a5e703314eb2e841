"""A history being played into Kafka for as long as a row needs it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from stream.runtime.play import Lanes, Player, PlayOptions
from stream.runtime.play_lanes import open_lanes
from stream.runtime.settings import Settings
from tests.chaos.history import History
from tests.chaos.row import NotInTime, eventually

EVEN_SHARE = 0.9
"""Of a history this much is played evenly; the rest ever slower, until nobody needs the load any more.

What is left falls with the time, not faster: after twice the planned time there is still 1/144 of the even load.
"""


class HoldingLanes(Lanes, Protocol):
    """Lanes that hold some records back."""

    async def release_all(self) -> None:
        """Send what is still held back."""


Around = Callable[[Lanes], HoldingLanes]


class ThinningPace:
    """The clock that the player goes by: never at the history's end before `hurry`, however long that takes."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun = time.monotonic()
        self._hurried = False

    def now(self) -> float:
        passed = (time.monotonic() - self._begun) / self._seconds
        if self._hurried:
            return (2 + passed) * self._seconds
        if passed <= EVEN_SHARE:
            return passed * self._seconds
        left = 1 - EVEN_SHARE
        return (1 - left / (1 + (passed - EVEN_SHARE) / left)) * self._seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.02 if self._hurried else max(seconds, 0.005))

    def hurry(self) -> None:
        self._hurried = True


@dataclass(frozen=True)
class LoadPlan:
    """For how many seconds a load lasts at least, with at most so many records between two heartbeats.

    `around` may put other lanes around Kafka's.
    """

    seconds: float
    heartbeat_records: int = 1_000
    around: Around | None = None


class Load:
    """Plays a history with the player of `stream play`, evenly over so many seconds; use it as a context.

    It goes on, thinner, until `finish`, so that a machine of any speed is under load whenever something is done to it.
    """

    def __init__(self, history: History, settings: Settings, plan: LoadPlan) -> None:
        self._history, self._settings, self._around = history, settings, plan.around
        self._plan = plan
        span_s = (history.end_ms - history.begin_ms) / 1_000
        self._options = PlayOptions(speed=span_s / plan.seconds, heartbeat_records=plan.heartbeat_records)
        self._player: Player | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Load:
        self._pace = ThinningPace(self._plan.seconds)
        self._task = asyncio.create_task(self._play())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._task

    @property
    def sent(self) -> int:
        return 0 if self._player is None else self._player.played.records

    @property
    def time_ms(self) -> int:
        """The event time of what was sent last; the history's beginning before that."""
        last_ms = None if self._player is None else self._player.played.last_ms
        return self._history.begin_ms if last_ms is None else last_ms

    @property
    def is_on(self) -> bool:
        """Whether there is more to come."""
        return self._task is not None and not self._task.done()

    async def reach(self, time_ms: int, timeout_s: float = 120.0) -> None:
        """Wait until everything up to an event time is sent."""

        async def is_there() -> bool:
            self._check()
            return self.time_ms >= time_ms

        await eventually(is_there, timeout_s, f"the load reaches {time_ms}")

    async def finish(self) -> None:
        """Send the rest as fast as it goes, and wait until all is sent; raises NotInTime where playing failed."""
        self._pace.hurry()
        assert self._task is not None
        await asyncio.wait([self._task])
        self._check()

    def _check(self) -> None:
        if self._task is not None and self._task.done() and (error := self._task.exception()) is not None:
            raise NotInTime(f"the load was not sent: {error!r}") from error

    async def _play(self) -> None:
        async with open_lanes(self._settings) as lanes:
            holding = None if self._around is None else self._around(lanes)
            self._player = Player(holding or lanes, self._options, pace=self._pace)
            await self._player.play(self._history.records)
            if holding is not None:
                await holding.release_all()
