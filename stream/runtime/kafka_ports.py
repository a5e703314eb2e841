"""The ports of the tasks, on a real broker and the real time of day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from stream.runtime.kafka_changelog import KafkaChangelog
from stream.runtime.kafka_logs import KafkaLogs
from stream.runtime.kafka_transactions import KafkaTransactions
from stream.runtime.settings_fields import Settings
from stream.runtime.store.rocks import RocksDisk
from stream.runtime.task_ports import TaskPorts

T = TypeVar("T")


class SystemClock:
    """The port `WallClock`: this machine's."""

    def now_ms(self) -> int:
        """Return UTC in epoch milliseconds."""
        return int(time.time() * 1_000)

    def monotonic_s(self) -> float:
        """Return the seconds that the event loop and the fetches are stamped with."""
        return time.monotonic()


class Thread:
    """The port `Aside`: Python lets the event loop go on every few milliseconds."""

    async def run(self, work: Callable[[], T]) -> T:
        """Run it in a thread."""
        return await asyncio.to_thread(work)


def kafka_ports(settings: Settings) -> TaskPorts:
    """Return the ports for a worker with these settings; nothing is connected yet."""
    return TaskPorts(
        KafkaTransactions(settings),
        KafkaChangelog(settings),
        SystemClock(),
        KafkaLogs(settings),
        Thread(),
        _disk(settings),
    )


def _disk(settings: Settings) -> RocksDisk | None:
    if not settings.state_dir:
        return None
    return RocksDisk(Path(settings.state_dir) / settings.app, settings.state_cache_bytes)
