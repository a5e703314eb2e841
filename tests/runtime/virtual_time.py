"""Time that passes at once: an event loop that jumps to its next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

START_MS = 1_700_000_000_000

T = TypeVar("T")


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer as soon as nothing else is to be done."""

    def __init__(self) -> None:
        super().__init__(selectors.SelectSelector())
        self.now_s = 0.0

    def time(self) -> float:
        return self.now_s

    def _run_once(self) -> None:
        if not self._ready:  # type: ignore[attr-defined]  # asyncio's own
            pending = [handle for handle in self._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]
            assert pending, "nothing will ever happen: a deadlock"
            self.now_s = max(self.now_s, min(handle.when() for handle in pending))
        super()._run_once()  # type: ignore[misc]  # asyncio's own


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """Run a scenario in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(scenario)


@dataclass
class FakeClock:
    """Follows the virtual loop, `ahead_ms` set off. Each look takes a millisecond, or no slice would end."""

    ahead_ms: int = 0

    def now_ms(self) -> int:
        return START_MS + self.ahead_ms + round(asyncio.get_running_loop().time() * 1_000)

    def monotonic_s(self) -> float:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        loop.now_s += 0.001
        return loop.now_s
