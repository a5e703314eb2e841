"""Checkpoints on a real broker: committed, recovered, fenced, and hidden while they are not committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import NewTopic

from stream.model.errors import StreamStop
from stream.runtime.delivery import partition_of
from stream.runtime.kafka_ports import kafka_ports
from stream.runtime.metrics import Metrics
from stream.runtime.ports import TP, Record
from stream.runtime.settings_fields import Settings
from stream.runtime.task_ports import Fenced, Outgoing
from stream.runtime.tasks import Tasks
from stream.runtime.topics import changelog_topic, input_topics, output_topics
from tests.kafka.topics import create_topics, recreate_topic, settled_ends
from tests.runtime.fakes import MINUTE_MS, START_MS, definitions

if TYPE_CHECKING:
    from tests.kafka.conftest import Kafka

pytestmark = pytest.mark.kafka


@pytest.fixture
async def settings(kafka: Kafka) -> Settings:
    """Settings of an app of its own, its topics created with two partitions."""
    own = Settings(
        app=kafka.unique("app"),
        brokers=kafka.bootstrap,
        topic_prefix=kafka.unique("") + "-",
        partitions=2,
        clock="event",
        transaction_timeout_ms=10_000,
    )
    names = [*input_topics(own), *output_topics(own)]
    topics = [NewTopic(name, 2, 1) for name in names]
    compacted = {"cleanup.policy": "compact"}
    await create_topics(own.brokers, *topics, NewTopic(changelog_topic(own), 2, 1, topic_configs=compacted))
    return own


async def log_of(settings: Settings, topic: str, isolation: str = "read_committed") -> list[Record]:
    """All records of a topic."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.brokers, isolation_level=isolation, auto_offset_reset="earliest", group_id=None
    )
    await consumer.start()
    try:
        tps = [TP(topic, partition) for partition in range(2)]
        consumer.assign(tps)
        is_committed = isolation == "read_committed"
        ends = await (settled_ends(settings.brokers, tps) if is_committed else consumer.end_offsets(tps))
        found: list[Record] = []
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(records)
        return found
    finally:
        await consumer.stop()


class Input:
    """Sends events and heartbeats, and serves them to tasks as the port `Sources`, straight from the broker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._positions: dict[TP, int] = {}
        self._ends: dict[TP, int] = {}
        self._consumer = AIOKafkaConsumer(bootstrap_servers=settings.brokers, auto_offset_reset="earliest")

    async def send(self, *events: tuple[str, str, int], until_ms: int) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self._settings.brokers)
        await producer.start()
        prefix = self._settings.topic_prefix
        for user, name, time_ms in events:
            call = {"type": "track", "event": name, "userId": user, "timestamp": time_ms}
            value = msgspec.json.encode({**call, "properties": {"product_id": "p", "total": 1}})
            await producer.send(prefix + "cart", value, partition=partition_of(user.encode(), 2))
        for topic in input_topics(self._settings):
            for partition in range(2):
                header = ("stream-heartbeat", str(until_ms).encode())
                await producer.send(topic, None, key=b"", partition=partition, headers=[header])
        await producer.stop()

    async def feed(self, tasks: Tasks, offsets: dict[TP, int]) -> None:
        """Offer everything from these offsets to the end, once."""
        self._consumer.assign(list(offsets))
        for tp, offset in offsets.items():
            self._consumer.seek(tp, offset)
        self._ends = await self._consumer.end_offsets(list(offsets))
        while any([await self._consumer.position(tp) < end for tp, end in self._ends.items()]):
            for tp, records in (await self._consumer.getmany(timeout_ms=200)).items():
                tasks.offer(tp, records)
        self._positions = dict(self._ends)

    async def __aenter__(self) -> Input:
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    def pause(self, tp: TP) -> None: ...
    def resume(self, tp: TP) -> None: ...
    def seek(self, tp: TP, offset: int) -> None: ...

    def position(self, tp: TP) -> int | None:
        return self._positions.get(tp)

    def end_offset(self, tp: TP) -> int | None:
        return self._ends.get(tp)

    def fetched_at(self, tp: TP) -> float | None:
        return None

    async def bounds(self, tps: Iterable[TP]) -> dict[TP, tuple[int, int]]:
        asked = list(tps)
        starts: dict[TP, int] = await self._consumer.beginning_offsets(asked)
        ends: dict[TP, int] = await self._consumer.end_offsets(asked)
        return {tp: (starts[tp], ends[tp]) for tp in asked}

    def partitions(self, topic: str) -> frozenset[int]:
        return frozenset({0, 1})


def new_tasks(settings: Settings) -> Tasks:
    return Tasks(definitions(), settings, Metrics(), kafka_ports(settings))


BOTH = frozenset({0, 1})


async def eventually(settings: Settings, topic: str, count: int) -> list[dict[str, Any]]:
    for _ in range(100):
        found = await log_of(settings, settings.topic_prefix + topic)
        if len(found) >= count:
            break
        await asyncio.sleep(0.1)
    assert len(found) == count
    return [msgspec.json.decode(record.value or b"") for record in found]


async def test_state_is_committed_recovered_and_gone_on_with(settings: Settings) -> None:
    users = [f"u{number}" for number in range(6)]
    async with Input(settings) as source:
        await source.send(*((user, "product_added", START_MS) for user in users), until_ms=START_MS + 1)
        first = new_tasks(settings)
        await source.feed(first, await first.assigned(BOTH, source))
        await asyncio.sleep(0.5)
        await first.revoked(BOTH)
        assert await eventually(settings, "triggers", 0) == []
        await source.send(("u3", "order_completed", START_MS + MINUTE_MS), until_ms=START_MS + 120 * MINUTE_MS)
        second = new_tasks(settings)
        offsets = await second.assigned(BOTH, source)
        assert sum(offset for tp, offset in offsets.items() if tp.topic.endswith("cart")) == len(users) + 2
        await source.feed(second, offsets)
        triggers = await eventually(settings, "triggers", 5)
        await second.stop()
        assert {trigger["user_id"] for trigger in triggers} == set(users) - {"u3"}
        assert {trigger["at_ms"] for trigger in triggers} == {START_MS + 60 * MINUTE_MS}
        third = new_tasks(settings)
        await third.assigned(BOTH, source)
        assert sum(gauges.profiles for gauges in third.gauges()) == len(users)
        await third.stop()


async def test_whoever_takes_over_fences_the_former_owner_who_then_changes_nothing(settings: Settings) -> None:
    async with Input(settings) as source:
        first = new_tasks(settings)
        offsets = await first.assigned(BOTH, source)
        second = new_tasks(settings)
        await second.assigned(BOTH, source)
        await source.send(("u1", "order_completed", START_MS), until_ms=START_MS)
        await source.feed(first, offsets)
        with pytest.raises(Fenced):
            await asyncio.wait_for(asyncio.shield(first.failure), 10)
        assert await eventually(settings, "segment-changes", 0) == []
        await source.feed(second, offsets)
        await eventually(settings, "segment-changes", 1)
        await first.stop()
        await second.stop()


async def changelog(settings: Settings, partition: int) -> dict[bytes, bytes | None]:
    await settled_ends(settings.brokers, [TP(changelog_topic(settings), partition)])
    batches: AsyncIterator[Sequence[tuple[bytes, bytes | None]]] = kafka_ports(settings).changelog.read(partition)
    return {key: value async for batch in batches for key, value in batch}


async def test_what_is_not_committed_is_not_read_and_an_open_transaction_ends_at_the_take_over(
    settings: Settings,
) -> None:
    transactions, topic = kafka_ports(settings).transactions, changelog_topic(settings)
    first = await transactions.open(0)
    await first.begin()
    await first.write(topic, 0, [Outgoing(b"a", b"1")])
    await first.commit()
    await first.begin()
    await first.write(topic, 0, [Outgoing(b"a", b"2")])
    await first.abort()
    await first.begin()
    await first.write(topic, 0, [Outgoing(b"a", b"3"), Outgoing(b"b", b"3")])
    await asyncio.sleep(0.2)
    second = await transactions.open(0)
    assert len(await log_of(settings, topic, "read_uncommitted")) == 4
    assert await changelog(settings, 0) == {b"a": b"1"}
    with pytest.raises(Fenced):
        await first.commit()
    await second.begin()
    await second.write(topic, 0, [Outgoing(b"b", b"4"), Outgoing(b"a", None)])
    await second.commit()
    assert await changelog(settings, 0) == {b"a": None, b"b": b"4"}
    assert await changelog(settings, 1) == {}
    await first.close()
    await second.close()
    await second.close()


async def test_more_than_one_batch_holds_is_committed_whole(settings: Settings) -> None:
    ports, topic = kafka_ports(settings), changelog_topic(settings)
    writer = await ports.transactions.open(0)
    await writer.begin()
    await writer.write(topic, 0, [Outgoing(str(number).encode(), bytes(100_000)) for number in range(40)])
    await writer.commit()
    await writer.close()
    assert len(await changelog(settings, 0)) == 40


async def test_a_record_the_broker_refuses_fails_the_whole_transaction(settings: Settings) -> None:
    ports, topic = kafka_ports(settings), changelog_topic(settings)
    writer = await ports.transactions.open(0)
    await writer.begin()
    await writer.write(topic, 0, [Outgoing(b"good", b"1")])
    await writer.write(topic, 1, [Outgoing(b"large", bytes(2_000_000))])
    with pytest.raises(StreamStop, match=rf"{topic} takes no record of 2,000,0\d\d bytes"):
        await writer.commit()
    await writer.abort()
    await writer.close()
    assert await changelog(settings, 0) == {}


async def test_a_missing_topic_is_named(settings: Settings) -> None:
    transactions = kafka_ports(settings).transactions
    assert await transactions.partitions(changelog_topic(settings)) == 2
    with pytest.raises(StreamStop, match="no topic nowhere"):
        await transactions.partitions("nowhere")


async def test_a_topic_that_is_just_being_created_is_waited_for(settings: Settings) -> None:
    late = settings.topic_prefix + "late"
    asking = asyncio.create_task(kafka_ports(settings).transactions.partitions(late))
    await asyncio.sleep(0.3)
    await create_topics(settings.brokers, NewTopic(late, 3, 1))
    assert await asking == 3


async def test_a_topic_created_anew_has_another_id(settings: Settings) -> None:
    transactions, topic = kafka_ports(settings).transactions, input_topics(settings)[0]

    async def id_of() -> str:
        found = await transactions.topic_ids([topic, "nowhere"])
        assert set(found) == {topic}
        return found[topic]

    before = await id_of()
    assert await id_of() == before
    await recreate_topic(settings.brokers, NewTopic(topic, 2, 1))
    assert await id_of() != before
