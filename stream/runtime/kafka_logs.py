"""Topics read whole on Kafka, and followed: outside of any group, committed records only."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from stream.runtime.kafka_reading import committed_consumer
from stream.runtime.ports import TP
from stream.runtime.settings_fields import Settings
from stream.runtime.task_ports import Batch, Failed

logger = logging.getLogger(__name__)

_WAIT_MS: Final = 1_000
_MOST_RECORDS: Final = 500
"""So many are handed over at a time: the event loop is not held up for long."""


class KafkaLogs:
    """The port `Logs`: a consumer for each reading."""

    def __init__(self, settings: Settings) -> None:
        self._settings: Final = settings

    async def read(self, topic: str, offsets: Mapping[int, int]) -> AsyncGenerator[Batch, None]:
        """Yield batches as they come, empty ones too."""
        tps = {TP(topic, number): offset for number, offset in offsets.items()}
        consumer = committed_consumer(self._settings, f"follow-{topic}")
        try:
            await consumer.start()
            consumer.assign(list(tps))
            ends = await consumer.end_offsets(list(tps))
            await _seek(consumer, tps, ends)
            is_caught_up = False
            while True:
                is_caught_up = is_caught_up or await _has_reached(consumer, ends)
                yield Batch([], is_caught_up)
                found = await consumer.getmany(timeout_ms=_WAIT_MS, max_records=_MOST_RECORDS)
                for records in found.values():
                    yield Batch(records, is_caught_up)
        except (KafkaError, OSError) as error:
            raise Failed(f"reading {topic}: {error!r}") from error
        finally:
            await consumer.stop()


async def _seek(consumer: AIOKafkaConsumer, offsets: Mapping[TP, int], ends: Mapping[TP, int]) -> None:
    """Go where reading starts; where the log is not what it was, to its start."""
    for tp, start in (await consumer.beginning_offsets(list(offsets))).items():
        offset = offsets[tp]
        if offset > ends[tp] or (offset and offset < start):
            logger.warning("%s/%s has no offset %s any more, read from %s", tp.topic, tp.partition, offset, start)
        consumer.seek(tp, offset if start <= offset <= ends[tp] else start)


async def _has_reached(consumer: AIOKafkaConsumer, ends: Mapping[TP, int]) -> bool:
    """Whether it has read up to the ends; its position passes markers and what was compacted away, too."""
    return all([await consumer.position(tp) >= end for tp, end in ends.items()])
