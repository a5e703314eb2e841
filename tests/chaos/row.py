"""What a row of `make chaos` is: something that is done to workers under load, and what must hold all the same."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.kafka.conftest import Kafka

__all__ = ["Finding", "Kafka", "NotInTime", "Place", "Row", "eventually"]


class NotInTime(Exception):
    """Something did not come about; the row fails by it, with this text as the violation."""


@dataclass
class Finding:
    """What a row found: no violations, and it has passed. The figures stand in the table, in this order."""

    violations: list[str] = field(default_factory=list)
    figures: dict[str, str | float] = field(default_factory=dict)

    def check(self, holds: bool, what: str) -> None:
        if not holds:
            self.violations.append(what)


@dataclass
class Place:
    """Where a row runs, and how often it is to do its worst.

    `kafka` is shared by all rows: take every name from `kafka.unique`, and never stop it; who breaks a broker brings
    one. `folder` is fresh. `say` shows a line of progress.
    """

    kafka: Kafka
    folder: Path
    times: int
    chance: random.Random
    say: Callable[[str], None] = lambda _: None


@dataclass(frozen=True)
class Row:
    """One row: its short id, when it passes, how many times it does its worst in a full run, and the work itself.

    Whatever `run` raises is a violation. It leaves no process behind.
    """

    name: str
    passes_when: str
    times: int
    run: Callable[[Place], Awaitable[Finding]]

    def scaled(self, percent: int) -> int:
        """Return how often for this share of a full run, at least once."""
        return max(1, round(self.times * percent / 100))


async def eventually(condition: Callable[[], Awaitable[bool]], timeout_s: float, what: str) -> float:
    """Wait until it holds and return the seconds that took; raises NotInTime, naming what was waited for."""
    begun = time.monotonic()
    while not await condition():
        if time.monotonic() - begun > timeout_s:
            raise NotInTime(f"{what}: not within {timeout_s:.0f} s")
        await asyncio.sleep(0.05)
    return time.monotonic() - begun
