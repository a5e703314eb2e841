"""Misplaced records through two whole workers on a real broker: each is decided once, where its user belongs."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from stream.runtime.delivery import partition_of
from stream.runtime.settings import Settings
from stream.runtime.topics_on_broker import ensure_topics
from stream.runtime.worker import make_worker
from tests.kafka import test_checkpoint_kafka as on_kafka
from tests.runtime.fakes import definitions

if TYPE_CHECKING:
    from tests.kafka.conftest import Kafka

pytestmark = pytest.mark.kafka
USERS = [f"u{number}" for number in range(400)]


async def send(settings: Settings, misplaced: set[str]) -> None:
    """Send a purchase of every user, those of some to the other partition."""
    async with AIOKafkaProducer(bootstrap_servers=settings.brokers) as producer:
        for user in USERS:
            call = {"type": "track", "event": "order_completed", "userId": user, "timestamp": int(time.time() * 1_000)}
            value = msgspec.json.encode({**call, "messageId": f"m-{user}", "properties": {"total": 1}})
            partition = partition_of(user.encode(), 2) ^ (user in misplaced)
            await producer.send(settings.topic_prefix + "cart", value, partition=partition)


async def test_misplaced_users_get_one_profile_and_each_outcome_once(kafka: Kafka) -> None:
    settings = Settings(
        app=kafka.unique("app"),
        brokers=kafka.bootstrap,
        topic_prefix=kafka.unique("") + "-",
        partitions=2,
        http_port=0,
        session_timeout_ms=6_000,
        misplaced_percent=5,
    )
    await ensure_topics(settings, create=True)
    await send(settings, set(USERS[::20]))
    stop = asyncio.Event()
    workers = [asyncio.ensure_future(make_worker(definitions(), settings).run(stop)) for _ in range(2)]
    async with asyncio.timeout(60):
        while True:
            found = await on_kafka.log_of(settings, settings.topic_prefix + "segment-changes")
            if len(found) >= len(USERS):
                break
            assert not any(worker.done() for worker in workers)
            await asyncio.sleep(0.2)
        stop.set()
        await asyncio.gather(*workers)
    found = await on_kafka.log_of(settings, settings.topic_prefix + "segment-changes")
    assert sorted((record.key or b"").decode() for record in found) == sorted(USERS)
    assert len(await on_kafka.log_of(settings, settings.topic_prefix + "rerouted")) == len(USERS[::20])
    for number in (0, 1):
        kept = {key.decode() for key in await on_kafka.changelog(settings, number) if not key.startswith(b"\xff")}
        assert kept == {user for user in USERS if partition_of(user.encode(), 2) == number}
