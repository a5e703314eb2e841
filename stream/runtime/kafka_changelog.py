"""The changelog on Kafka, read in bulk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Final

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

    async def read(self, partition: int) -> AsyncIterator[Sequence[tuple[bytes, bytes | None]]]:
        """Yield batches up to the end as of now: the last stable offset, since that is what a reader can come to."""
        tp = TP(changelog_topic(self._settings), partition)
        consumer = committed_consumer(self._settings, f"recovery-{partition}")
        try:
            await consumer.start()
            consumer.assign([tp])
            end = (await consumer.end_offsets([tp]))[tp]
            async with aclosing(pairs_up_to(consumer, tp, end)) as batches:
                async for pairs in batches:
                    yield pairs
        except (KafkaError, OSError) as error:
            raise Failed(f"reading {tp.topic}/{partition}: {error!r}") from error
        finally:
            await consumer.stop()
