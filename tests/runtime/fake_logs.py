"""Topics of the fake broker that are read whole, and followed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from stream.runtime.ports import TP
from stream.runtime.task_ports import Batch

if TYPE_CHECKING:
    from tests.runtime.fakes import FakeBroker, FakeRecord


T = TypeVar("T")


class FakeLogs:
    """Hands over what was committed before the first open transaction, a few records at a time."""

    def __init__(self, broker: FakeBroker) -> None:
        self._broker = broker

    async def read(self, topic: str, offsets: Mapping[int, int]) -> AsyncGenerator[Batch, None]:
        at = {TP(topic, number): offset for number, offset in offsets.items()}
        ends = {tp: len(self._stable(tp)) for tp in at}
        while True:
            await asyncio.sleep(0.002 if any(at[tp] < len(self._stable(tp)) for tp in at) else 0.05)
            for tp in at:
                found = self._stable(tp)[at[tp] : at[tp] + 30]
                at[tp] += len(found)
                is_caught_up = all(at[each] >= end for each, end in ends.items())
                yield Batch([record for record in found if record.transaction.state == "committed"], is_caught_up)

    def _stable(self, tp: TP) -> list[FakeRecord]:
        log = self._broker.logs.get(tp, [])
        first_open = next((at for at, record in enumerate(log) if record.transaction.state == "open"), len(log))
        return log[:first_open]


class AtOnce:
    """Does long work at once."""

    async def run(self, work: Callable[[], T]) -> T:
        return work()
