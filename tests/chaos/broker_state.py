"""What a broker keeps beside the events: a group's offsets, and how far a changelog is compacted."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from stream.runtime.settings import Settings
from stream.runtime.topics import changelog_topic
from tests.chaos.row import eventually

COMPACTING = {
    # The least that Kafka 4 takes; the segment being written is never compacted, and rolls each second.
    "segment.bytes": "1048576",
    "segment.ms": "1000",
    "min.cleanable.dirty.ratio": "0.0",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "1000",
    # Tombstones go with the second compaction after them.
    "delete.retention.ms": "0",
}


def _admin(settings: Settings) -> AdminClient:
    return AdminClient({"bootstrap.servers": settings.brokers, "log_level": 3})


async def group_offsets(settings: Settings) -> int:
    """Return of how many partitions the workers' group has an offset."""

    def ask() -> int:
        admin = _admin(settings)
        asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(settings.app)])
        found = asked[settings.app].result(20).topic_partitions
        return sum(tp.offset >= 0 for tp in found)

    return await asyncio.to_thread(ask)


async def delete_group(settings: Settings) -> None:
    """Delete the group with its offsets, as soon as its dead members are gone."""
    admin = _admin(settings)

    def ask() -> bool:
        try:
            admin.delete_consumer_groups([settings.app])[settings.app].result(20)
        except KafkaException:
            return False
        return True

    await eventually(lambda: asyncio.to_thread(ask), 60, "the group of the stopped workers can be deleted")


async def compact_changelog(settings: Settings) -> None:
    """Have the broker compact the changelog all the time, keeping nothing that was overwritten."""

    def ask() -> None:
        admin = _admin(settings)
        to = AlterConfigOpType.SET
        entries = [ConfigEntry(name, value, incremental_operation=to) for name, value in COMPACTING.items()]
        resource = ConfigResource(ResourceType.TOPIC, changelog_topic(settings), incremental_configs=entries)
        for done in admin.incremental_alter_configs([resource]).values():
            done.result(20)

    await asyncio.to_thread(ask)


async def compacted_share(settings: Settings) -> float:
    """Return how much of what could go from the changelog is gone, least of its partitions: 1 where a key stands once.

    What was written last, of the last second or MiB, is never compacted, so it is less than 1 under load.
    """
    shares: list[float] = []
    async with AIOKafkaConsumer(bootstrap_servers=settings.brokers, auto_offset_reset="earliest") as consumer:
        for number in range(settings.partitions):
            tp = TopicPartition(changelog_topic(settings), number)
            consumer.assign([tp])
            begin, end = (await consumer.beginning_offsets([tp]))[tp], (await consumer.end_offsets([tp]))[tp]
            keys: list[bytes] = []
            while await consumer.position(tp) < end:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    keys += [record.key for record in records]
            shares.append((end - begin - len(keys)) / max(1, end - begin - len(set(keys))))
    return min(shares)
