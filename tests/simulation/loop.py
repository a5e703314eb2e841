"""An event loop for many simulated processes: virtual time, one random choice a step, processes that stop or die.

Each process has its own queue of callbacks, first in first out as asyncio's is; which process goes on next is drawn
from the seed. A dead process's callbacks are kept and never run; a frozen one's wait until it is thawed.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from asyncio import Handle, TimerHandle, events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from itertools import count
from random import Random
from typing import Any, Final


class Deadlock(Exception):
    """Nothing is left to be run, and nothing ever will be."""


class Owner:
    """A process: whatever it awaits goes on in its name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ready: deque[Handle] = deque()
        self.is_dead = False
        self.is_frozen = False
        self.is_queued = False
        self.steps = 0
        self.dies_at_step = -1
        self.on_death: Callable[[], None] = lambda: None


START_MS: Final = 1_700_000_000_000
"""The brokers' time of day when the loop's time is zero."""

OWNER: ContextVar[Owner] = ContextVar("OWNER")


class SimulatedLoop(asyncio.AbstractEventLoop):
    """Runs one callback at a time; when none is ready, time jumps to the next timer."""

    def __init__(self, chance: Random) -> None:
        self._random = chance.random
        self.now_s = 0.0
        self.steps = 0
        self.world = Owner("world")
        self._context = copy_context()
        self._context.run(OWNER.set, self.world)
        self._runnable: list[Owner] = []
        self._timers: list[tuple[float, int, TimerHandle]] = []
        self._numbers = count()
        self._tasks: list[asyncio.Task[Any]] = []

    # -------------------------------------------------------------------------------------- what asyncio asks for

    def time(self) -> float:
        return self.now_s

    def epoch_ms(self) -> int:
        """The brokers' time of day."""
        return START_MS + int(self.now_s * 1_000)

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Handle:
        handle = Handle(callback, args, self, context)
        self._enqueue(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> TimerHandle:
        return self.call_at(self.now_s + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> TimerHandle:
        handle = TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._numbers), handle))
        return handle

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name=name, context=context)
        self._tasks.append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Say nothing: what a process fails of is seen by whoever looks after it."""

    def _timer_handle_cancelled(self, handle: TimerHandle) -> None:
        """Leave it in the heap; it is passed over."""

    # ------------------------------------------------------------------------------------------- for the simulation

    def spawn(self, owner: Owner, coro: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Begin a coroutine in the name of a process."""
        context = copy_context()
        context.run(OWNER.set, owner)
        return self.create_task(coro, context=context)

    def outside(self, delay_s: float, callback: Callable[..., object], *args: Any) -> TimerHandle:
        """Call back in the name of no process: the network, the brokers, chance."""
        return self.call_at(self.now_s + delay_s, callback, *args, context=self._context)

    def kill(self, owner: Owner) -> None:
        """Let a process never go on."""
        if not owner.is_dead:
            owner.is_dead = True
            self.outside(0, owner.on_death)

    def freeze(self, owner: Owner, seconds: float) -> None:
        """Let a process stand still for a while."""
        owner.is_frozen = True
        self.outside(seconds, self.thaw, owner)

    def thaw(self, owner: Owner) -> None:
        """Let it go on."""
        owner.is_frozen = False
        self._queue(owner)

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        """Run until a coroutine of the world has ended."""
        events._set_running_loop(self)
        try:
            task = self.spawn(self.world, main)
            while not task.done():
                self._step()
            return task.result()
        finally:
            self._end()
            events._set_running_loop(None)

    def _step(self) -> None:
        timers, runnable = self._timers, self._runnable
        while timers and (timers[0][0] <= self.now_s or not runnable):
            when, _, timer = heapq.heappop(timers)
            if not timer.cancelled():
                self.now_s = max(self.now_s, when)
                self._enqueue(timer)
        if not runnable:
            raise Deadlock
        at = int(self._random() * len(runnable))
        owner = runnable[at]
        if owner.is_dead or owner.is_frozen or not owner.ready:
            runnable[at] = runnable[-1]
            runnable.pop()
            owner.is_queued = False
            return
        handle = owner.ready.popleft()
        if handle.cancelled():
            return
        if owner.steps == owner.dies_at_step:
            self.kill(owner)
            owner.ready.appendleft(handle)
            return
        owner.steps += 1
        self.steps += 1
        handle._run()

    def _enqueue(self, handle: Handle) -> None:
        owner = handle._context.get(OWNER, self.world)
        owner.ready.append(handle)
        self._queue(owner)

    def _queue(self, owner: Owner) -> None:
        if not owner.is_queued and owner.ready and not owner.is_dead and not owner.is_frozen:
            owner.is_queued = True
            self._runnable.append(owner)

    def _end(self) -> None:
        """Close what never ends, quietly: the interpreter would warn of each coroutine left."""
        for task in self._tasks:
            if not task.done():
                task._log_destroy_pending = False
                with contextlib.suppress(BaseException):
                    task.get_coro().close()
