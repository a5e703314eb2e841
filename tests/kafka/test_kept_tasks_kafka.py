"""Tasks that come back at a rebalance, on a real broker: the proof that nobody had them meanwhile, and its refusal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from stream.runtime import kafka_changelog
from stream.runtime.settings import Settings
from stream.runtime.tasks import Tasks
from tests.kafka import test_checkpoint_kafka as on_kafka
from tests.runtime.fakes import MINUTE_MS, START_MS

pytestmark = pytest.mark.kafka
settings = on_kafka.settings

USERS = [f"u{number}" for number in range(6)]


@pytest.fixture
def recovered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tasks whose changelog was read, in order."""
    read, numbers = kafka_changelog.KafkaChangelog.read, list[int]()

    def noted(
        self: kafka_changelog.KafkaChangelog, partition: int
    ) -> AsyncIterator[Sequence[tuple[bytes, bytes | None]]]:
        numbers.append(partition)
        return read(self, partition)

    monkeypatch.setattr(kafka_changelog.KafkaChangelog, "read", noted)
    return numbers


async def with_carts(settings: Settings, source: on_kafka.Input) -> Tasks:
    """Return tasks that have taken in a cart of each user and were given away."""
    await source.send(*((user, "product_added", START_MS) for user in USERS), until_ms=START_MS + 1)
    tasks = on_kafka.new_tasks(settings)
    await source.feed(tasks, await tasks.assigned(on_kafka.BOTH, source))
    await asyncio.sleep(0.5)
    await tasks.revoked(on_kafka.BOTH)
    return tasks


async def nudged(settings: Settings, source: on_kafka.Input, tasks: Tasks) -> set[object]:
    """Assign the tasks again, let two hours pass, and return whose cart is known to be abandoned."""
    await source.send(until_ms=START_MS + 120 * MINUTE_MS)
    await source.feed(tasks, await tasks.assigned(on_kafka.BOTH, source))
    await asyncio.sleep(0.5)
    await tasks.stop()
    assert not tasks.failure.done()
    found = await on_kafka.log_of(settings, settings.topic_prefix + "triggers")
    return {record.key.decode() for record in found if record.key is not None}


async def test_tasks_that_come_back_are_proven_ours_and_not_recovered(settings: Settings, recovered: list[int]) -> None:
    async with on_kafka.Input(settings) as source:
        tasks = await with_carts(settings, source)
        assert await nudged(settings, source, tasks) == set(USERS)
        assert sorted(recovered) == [0, 1]


async def test_tasks_that_another_had_meanwhile_are_recovered(settings: Settings, recovered: list[int]) -> None:
    async with on_kafka.Input(settings) as source:
        tasks, other = await with_carts(settings, source), on_kafka.new_tasks(settings)
        await source.send(("u3", "order_completed", START_MS + MINUTE_MS), until_ms=START_MS + MINUTE_MS)
        await source.feed(other, await other.assigned(on_kafka.BOTH, source))
        await asyncio.sleep(0.5)
        await other.stop()
        assert await nudged(settings, source, tasks) == set(USERS) - {"u3"}
        assert sorted(recovered) == [0, 0, 0, 1, 1, 1]
