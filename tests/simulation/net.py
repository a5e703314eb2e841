"""The network between the processes and the brokers: slow at times, and it loses requests and answers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any, Final, TypeVar

from tests.simulation.loop import OWNER, Owner, SimulatedLoop

T = TypeVar("T")

RETRY_S: Final = 0.005

Reply = Callable[[Any], None]
Handler = Callable[[Reply], bool]
"""What a broker does at the arrival of a request; it answers by the reply now or later. False: not yet, ask again."""


class Weather:
    """How bad the network is now; all of it ends with `clear`."""

    def __init__(self, chance: Random) -> None:
        self.chance: Final = chance
        self.slow_share = chance.choice([0, 0, 0.02, 0.1])
        self.slow_s = chance.choice([0.05, 0.4, 2.0])
        self.marker_s = chance.choice([0, 0.01, 0.1, 0.6])
        self.lost_requests = chance.choice([0, 0, 0, 0.01, 0.03])
        self.lost_answers = chance.choice([0, 0, 0, 0.01, 0.03])
        self.refusals = chance.choice([0, 0, 0, 0.005])
        self.deaths_at_steps = chance.choice([0, 0, 0.01, 0.04])

    def clear(self) -> None:
        """Let the sun come out."""
        self.slow_share = self.lost_requests = self.lost_answers = self.refusals = self.deaths_at_steps = 0
        self.marker_s = min(self.marker_s, 0.05)

    def delay_s(self) -> float:
        """How long one way takes."""
        random = self.chance.random
        if self.slow_share and random() < self.slow_share:
            return random() * self.slow_s
        return random() * 0.004


class Network:
    """Carries requests."""

    def __init__(self, loop: SimulatedLoop, weather: Weather) -> None:
        self.loop: Final = loop
        self.weather: Final = weather

    def reply_to(self, answer: asyncio.Future[Any], *, is_lost: bool = False) -> Reply:
        """A way back to whoever waits for the answer; an exception is raised there."""

        def deliver(result: Any) -> None:
            if answer.done():
                return
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)

        def reply(result: Any) -> None:
            if not is_lost:
                self.loop.outside(self.weather.delay_s(), deliver, result)

        return reply

    async def ask(self, handler: Handler) -> Any:
        """Ask a broker that always answers in the end."""
        answer = self.loop.create_future()
        reply = self.reply_to(answer)
        self.loop.outside(self.weather.delay_s(), self._arrive, handler, reply)
        return await answer

    async def look(self, at: Callable[[], T]) -> T:
        """Ask a broker for what it sees when the request arrives."""

        def handler(reply: Reply) -> bool:
            reply(at())
            return True

        found: T = await self.ask(handler)
        return found

    def _arrive(self, handler: Handler, reply: Reply) -> None:
        if not handler(reply):
            self.loop.outside(RETRY_S, self._arrive, handler, reply)


class Channel:
    """Requests of one producer: they arrive in the order sent, and after the sender's death some still do."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._sender: Owner = OWNER.get()
        self._waiting: deque[tuple[Handler, Reply]] = deque()
        self._is_busy = False

    def send(self, handler: Handler, *, is_lost: bool = False, is_answer_lost: bool = False) -> asyncio.Future[Any]:
        """Send a request; the future has the answer, some day."""
        answer = self._network.loop.create_future()
        if not is_lost:
            self._waiting.append((handler, self._network.reply_to(answer, is_lost=is_answer_lost)))
            if not self._is_busy:
                self._next()
        return answer

    def _next(self) -> None:
        self._is_busy = bool(self._waiting)
        if self._waiting:
            handler, reply = self._waiting.popleft()
            self._network.loop.outside(self._network.weather.delay_s(), self._arrive, handler, reply)

    def _arrive(self, handler: Handler, reply: Reply) -> None:
        if self._sender.is_dead and self._network.weather.chance.random() < 0.3:
            self._waiting.clear()
        elif not handler(reply):
            self._network.loop.outside(RETRY_S, self._arrive, handler, reply)
            return
        self._next()
