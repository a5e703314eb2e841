"""Topics that are read whole and followed, on a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest
from aiokafka.admin import NewTopic

from stream.runtime.kafka_logs import KafkaLogs
from stream.runtime.kafka_transactions import KafkaTransactions
from stream.runtime.ports import TP
from stream.runtime.settings import Settings
from stream.runtime.task_ports import Batch, Outgoing
from tests.kafka.topics import create_topics, settled_ends

if TYPE_CHECKING:
    from tests.kafka.conftest import Kafka

pytestmark = pytest.mark.kafka


@pytest.fixture
async def settings(kafka: Kafka) -> Settings:
    """An app whose name is that of a topic, too, of two partitions."""
    own = Settings(app=kafka.unique("logs"), brokers=kafka.bootstrap)
    await create_topics(own.brokers, NewTopic(own.app, 2, 1))
    return own


async def write(settings: Settings, *values: bytes, is_commit: bool = True) -> None:
    """Write to both partitions by turns, in one transaction."""
    writer = await KafkaTransactions(settings).open_as("test")
    await writer.begin()
    for partition in (0, 1):
        await writer.write(settings.app, partition, [Outgoing(b"k", value) for value in values[partition::2]])
    await (writer.commit() if is_commit else writer.abort())
    await writer.close()
    await settled_ends(settings.brokers, [TP(settings.app, partition) for partition in (0, 1)])


async def read_on(batches: AsyncGenerator[Batch, None], count: int, *, is_caught_up: bool = True) -> list[bytes]:
    found: list[bytes] = []
    async with asyncio.timeout(30):
        async for batch in batches:
            found += [record.value or b"" for record in batch.records]
            if len(found) >= count and batch.is_caught_up == is_caught_up:
                return sorted(found)
    raise AssertionError("it ended")


async def test_all_partitions_are_read_from_their_starts_and_then_followed(settings: Settings) -> None:
    await write(settings, b"a", b"b", b"c")
    await write(settings, b"x", b"y", is_commit=False)
    async with aclosing(KafkaLogs(settings).read(settings.app, {0: 0, 1: 0})) as batches:
        assert await read_on(batches, 3) == [b"a", b"b", b"c"]
        await write(settings, b"d", b"e")
        assert await read_on(batches, 2) == [b"d", b"e"]


async def test_an_empty_topic_is_caught_up_with_at_once(settings: Settings) -> None:
    async with aclosing(KafkaLogs(settings).read(settings.app, {0: 0, 1: 0})) as batches:
        assert await read_on(batches, 0) == []


async def test_reading_begins_at_an_offset_and_at_the_start_where_the_log_is_another(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    await write(settings, b"a", b"b", b"c", b"d")
    logs = KafkaLogs(settings)
    async with aclosing(logs.read(settings.app, {0: 1})) as batches:
        assert await read_on(batches, 1) == [b"c"]
    async with aclosing(logs.read(settings.app, {0: 99})) as batches:
        assert await read_on(batches, 2) == [b"a", b"c"]
    assert "has no offset 99 any more" in caplog.text
