"""The dead letters on Kafka, read in bulk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer

from stream.runtime.kafka_reading import committed_consumer, read_up_to
from stream.runtime.ports import TP, Record
from stream.runtime.settings_fields import Settings


class KafkaLetters:
    """The port `Letters`: a consumer outside of any group, under read_committed, up to the ends as of its opening."""

    def __init__(self, consumer: AIOKafkaConsumer, ends: dict[TP, int]) -> None:
        self._consumer: Final = consumer
        self._ends: Final = ends

    async def read(self) -> AsyncIterator[Sequence[Record]]:
        """Yield all partitions one after the other, each to its end."""
        for tp, end in self._ends.items():
            async with aclosing(read_up_to(self._consumer, tp, end)) as batches:
                async for records in batches:
                    yield [record for record in records if record.offset < end]


@asynccontextmanager
async def open_letters(settings: Settings, partitions: int) -> AsyncIterator[KafkaLetters]:
    """Connect, and note how far the dead letters go now."""
    consumer = committed_consumer(settings, "requeue")
    try:
        await consumer.start()
        tps = [TP(f"{settings.topic_prefix}dead-letters", number) for number in range(partitions)]
        consumer.assign(tps)
        yield KafkaLetters(consumer, await consumer.end_offsets(tps))
    finally:
        await consumer.stop()
