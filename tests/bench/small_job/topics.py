"""The small job's topics: filled once, read by all engines alike; and what each of them wrote."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from stream.replay.reading import OutRecord
from stream.runtime.play import partition_of
from stream.runtime.settings import Settings

_BATCH_BYTES = 256 << 10


async def create_topic(settings: Settings, topic: str) -> None:
    """Create one that keeps what is old, and takes times of the future."""
    configs = {"retention.ms": "-1", "message.timestamp.after.max.ms": str(2**63 - 1)}
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.brokers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, settings.partitions, 1, topic_configs=configs)])
    finally:
        await admin.close()


async def fill(settings: Settings, records: Sequence[OutRecord]) -> None:
    """Send the records, each at the time of its event, since other engines take a record's time for the event's."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers, max_batch_size=_BATCH_BYTES)
    async with producer:
        opened: dict[tuple[str, int], Any] = {}
        sent: list[asyncio.Future[Any]] = []
        for record in records:
            lane = (settings.topic_prefix + record.topic, partition_of(record.user, settings.partitions))
            content = {"key": record.user.encode(), "value": record.value, "timestamp": record.time_ms}
            if lane not in opened:
                opened[lane] = producer.create_batch()
            if opened[lane].append(**content) is None:
                sent.append(await producer.send_batch(opened[lane], lane[0], partition=lane[1]))
                opened[lane] = producer.create_batch()
                opened[lane].append(**content)
        sent += [await producer.send_batch(batch, topic, partition=p) for (topic, p), batch in opened.items()]
        await asyncio.gather(*sent)


async def abandonments_in(settings: Settings, topic: str) -> Counter[str]:
    """Return how often each user is told of in an output topic; of our segment changes only who entered counts."""
    # From the beginning by its own reset: one asked to seek there may still be set to the end, which it meant to read.
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.brokers,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    found: Counter[str] = Counter()
    async with consumer:
        tps = [TopicPartition(topic, partition) for partition in range(settings.partitions)]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found.update(r.key.decode() for r in records if orjson.loads(r.value).get("change") != "exited")
    return found
