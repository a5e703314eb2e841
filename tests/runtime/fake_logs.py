"""Topics of the fake broker that are read whole, and followed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from stream.runtime.ports import TP
from stream.runtime.task_ports import Batch

if TYPE_CHECKING:
    from tests.runtime.fakes import FakeBroker, FakeRecord

T = TypeVar("T")
CHANGELOG = "stream-profiles-changelog"


class FakeChangelog:
    def __init__(self, broker: FakeBroker) -> None:
        self._broker = broker

    async def read(self, partition: int, start: int = 0) -> AsyncIterator[Sequence[tuple[bytes, bytes | None]]]:
        self._broker.reads.append((partition, start))
        log = self._broker.logs.get(TP(CHANGELOG, partition), [])
        log = [r for r in log if r.transaction.state == "committed" and r.offset >= start]
        for at in range(0, len(log), 3):
            await asyncio.sleep(0.001)
            yield [(record.key or b"", record.value) for record in log[at : at + 3]]

    async def bounds(self, partition: int) -> tuple[int, int]:
        tp = TP(CHANGELOG, partition)
        return self._broker.starts.get(tp, 0), self._broker.end(tp)


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
