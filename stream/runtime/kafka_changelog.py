"""The changelog on Kafka, read in bulk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from stream.runtime.kafka_reading import committed_consumer, pairs_up_to
from stream.runtime.ports import TP
from stream.runtime.settings_fields import Settings
from stream.runtime.task_ports import Failed
from stream.runtime.topics import changelog_topic


class KafkaChangelog:
    """The port `Changelog`."""

    def __init__(self, settings: Settings) -> None:
        self._settings: Final = settings

    async def read(self, partition: int, start: int = 0) -> AsyncIterator[Sequence[tuple[bytes, bytes | None]]]:
        """Yield batches up to the end as of now: the last stable offset, since that is what a reader can come to."""
        async with self._consumer(partition) as (consumer, tp):
            end = (await consumer.end_offsets([tp]))[tp]
            async with aclosing(pairs_up_to(consumer, tp, end, start)) as batches:
                async for pairs in batches:
                    yield pairs

    async def bounds(self, partition: int) -> tuple[int, int]:
        """Ask for the first offset and the last stable one."""
        async with self._consumer(partition) as (consumer, tp):
            return (await consumer.beginning_offsets([tp]))[tp], (await consumer.end_offsets([tp]))[tp]

    @asynccontextmanager
    async def _consumer(self, partition: int) -> AsyncIterator[tuple[AIOKafkaConsumer, TP]]:
        tp = TP(changelog_topic(self._settings), partition)
        consumer = committed_consumer(self._settings, f"recovery-{partition}")
        try:
            await consumer.start()
            consumer.assign([tp])
            yield consumer, tp
        except (KafkaError, OSError) as error:
            raise Failed(f"reading {tp.topic}/{tp.partition}: {error!r}") from error
        finally:
            await consumer.stop()
