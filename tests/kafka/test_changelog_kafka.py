"""The changelog as it is read back, on a real broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.records_to_delete import RecordsToDelete

from stream.runtime.kafka_changelog import KafkaChangelog
from stream.runtime.kafka_transactions import KafkaTransactions
from stream.runtime.ports import TP
from stream.runtime.settings import Settings
from stream.runtime.task_ports import Failed, Outgoing, Writer
from stream.runtime.topics import changelog_topic
from tests.kafka.broker import free_ports
from tests.kafka.topics import create_topics, settled_ends

if TYPE_CHECKING:
    from tests.kafka.conftest import Kafka

pytestmark = pytest.mark.kafka

Pair = tuple[bytes, bytes | None]


@pytest.fixture
async def settings(kafka: Kafka) -> Settings:
    """An app with a changelog of two partitions."""
    own = Settings(app=kafka.unique("changelog"), brokers=kafka.bootstrap)
    await create_topics(own.brokers, NewTopic(changelog_topic(own), 2, 1))
    return own


async def begun(settings: Settings, *pairs: Pair, name: str = "test") -> Writer:
    """Begin a transaction, and write to partition 1 in it."""
    writer = await KafkaTransactions(settings).open_as(name)
    await writer.begin()
    await writer.write(changelog_topic(settings), 1, [Outgoing(*pair) for pair in pairs])
    return writer


async def write(settings: Settings, *pairs: Pair, is_commit: bool = True) -> None:
    """Write to partition 1, in one transaction."""
    writer = await begun(settings, *pairs)
    await (writer.commit() if is_commit else writer.abort())
    await writer.close()
    await settled(settings)


async def settled(settings: Settings) -> None:
    await settled_ends(settings.brokers, [TP(changelog_topic(settings), 1)])


async def read(settings: Settings, start: int = 0, partition: int = 1) -> list[Pair]:
    return [pair async for batch in KafkaChangelog(settings).read(partition, start) for pair in batch]


async def test_what_was_committed_is_read_in_its_order_up_to_markers_at_the_end(settings: Settings) -> None:
    await write(settings, (b"a", b"1"), (b"b", b"2"))
    await write(settings, (b"x", b"3"), is_commit=False)
    await write(settings, (b"a", None), (b"c", b""))
    await write(settings, (b"y", b"4"), is_commit=False)
    assert await read(settings) == [(b"a", b"1"), (b"b", b"2"), (b"a", None), (b"c", b"")]
    assert await read(settings, partition=0) == []


async def test_reading_begins_at_an_offset_where_one_is_told(settings: Settings) -> None:
    await write(settings, (b"a", b"1"), (b"b", b"2"), (b"c", b"3"))
    assert await read(settings, 2) == [(b"c", b"3")]
    assert await read(settings, 3) == await read(settings, 4) == await read(settings, 17) == []


async def test_an_open_transaction_is_the_end(settings: Settings) -> None:
    await write(settings, (b"a", b"1"))
    writer = await begun(settings, (b"b", b"2"), name="other")
    assert await read(settings) == [(b"a", b"1")]
    assert await KafkaChangelog(settings).bounds(1) == (0, 2)
    await writer.commit()
    await settled(settings)
    assert await KafkaChangelog(settings).bounds(1) == (0, 4)
    await writer.close()


async def test_what_was_deleted_from_its_beginning_is_passed(settings: Settings) -> None:
    await write(settings, (b"a", b"1"), (b"b", b"2"))
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.brokers)
    await admin.start()
    await admin.delete_records({TP(changelog_topic(settings), 1): RecordsToDelete(before_offset=1)})
    await admin.close()
    assert await read(settings) == [(b"b", b"2")]
    assert await KafkaChangelog(settings).bounds(1) == (1, 3)


async def test_more_than_comes_at_once_is_read_whole(settings: Settings) -> None:
    pairs = [(f"user-{number}".encode(), bytes(500)) for number in range(5_000)]
    await write(settings, *pairs)
    assert await read(settings) == pairs


async def test_a_broker_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(Failed):
        await read(Settings(brokers=f"127.0.0.1:{free_ports(1)[0]}"))
