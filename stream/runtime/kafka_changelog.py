"""The changelog on Kafka, read in bulk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from stream.runtime.ports import TP
from stream.runtime.security import kafka_security
from stream.runtime.settings_fields import Settings
from stream.runtime.task_ports import Failed
from stream.runtime.topics import changelog_topic

_FETCH_BYTES: Final = 1 << 20
"""aiokafka parses a whole response without a pause: a mebibyte holds up the event loop for some milliseconds."""


class KafkaChangelog:
    """The port `Changelog`: a consumer outside of any group, under read_committed."""

    def __init__(self, settings: Settings) -> None:
        self._settings: Final = settings

    async def read(self, partition: int) -> AsyncIterator[Sequence[tuple[bytes, bytes | None]]]:
        """Yield batches up to the end as of now: the last stable offset, since that is what a reader can come to."""
        settings, tp = self._settings, TP(changelog_topic(self._settings), partition)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.brokers.split(","),
            client_id=f"{settings.app}-recovery-{partition}",
            group_id=None,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=_FETCH_BYTES,
            fetch_max_wait_ms=settings.fetch_max_wait_ms,
            check_crcs=settings.verifies_crcs,
            **kafka_security(settings),
        )
        try:
            await consumer.start()
            consumer.assign([tp])
            start = (await consumer.beginning_offsets([tp]))[tp]
            end = (await consumer.end_offsets([tp]))[tp]
            consumer.seek(tp, start)
            # The consumer's position, not the last record's: the log may end in markers or in what was compacted away.
            while await consumer.position(tp) < end:
                for records in (await consumer.getmany(tp, timeout_ms=1_000)).values():
                    yield [(record.key, record.value) for record in records]
        except (KafkaError, OSError) as error:
            raise Failed(f"reading {tp.topic}/{partition}: {error!r}") from error
        finally:
            await consumer.stop()
