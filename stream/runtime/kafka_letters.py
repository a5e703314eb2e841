"""The dead letters on Kafka, read in bulk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer

from stream.runtime.ports import TP, Record
from stream.runtime.security import kafka_security
from stream.runtime.settings_fields import Settings


class KafkaLetters:
    """The port `Letters`: a consumer outside of any group, under read_committed, up to the ends as of its opening."""

    def __init__(self, consumer: AIOKafkaConsumer, ends: dict[TP, int]) -> None:
        self._consumer: Final = consumer
        self._ends: Final = ends

    async def read(self) -> AsyncIterator[Sequence[Record]]:
        """Yield all partitions one after the other, each to its end."""
        consumer = self._consumer
        for tp, end in self._ends.items():
            consumer.assign([tp])
            start = (await consumer.beginning_offsets([tp]))[tp]
            consumer.seek(tp, start)
            while await consumer.position(tp) < end:
                for records in (await consumer.getmany(tp, timeout_ms=1_000)).values():
                    yield [record for record in records if record.offset < end]


@asynccontextmanager
async def open_letters(settings: Settings, partitions: int) -> AsyncIterator[KafkaLetters]:
    """Connect, and note how far the dead letters go now."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.brokers.split(","),
        client_id=f"{settings.app}-requeue",
        group_id=None,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        check_crcs=settings.verifies_crcs,
        **kafka_security(settings),
    )
    try:
        await consumer.start()
        tps = [TP(f"{settings.topic_prefix}dead-letters", number) for number in range(partitions)]
        consumer.assign(tps)
        yield KafkaLetters(consumer, await consumer.end_offsets(tps))
    finally:
        await consumer.stop()
