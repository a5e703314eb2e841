"""Reading a partition to its end on Kafka: outside of any group, committed records only."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer

from stream.runtime.ports import TP, Record
from stream.runtime.security import kafka_security
from stream.runtime.settings_fields import Settings

_FETCH_BYTES: Final = 1 << 20
"""aiokafka parses a whole response without a pause: a mebibyte holds up the event loop for some milliseconds."""


def committed_consumer(settings: Settings, role: str) -> AIOKafkaConsumer:
    """Return a consumer, not started, that sees what `read_committed` shows; brokers know it as `<app>-<role>`."""
    return AIOKafkaConsumer(
        bootstrap_servers=settings.brokers.split(","),
        client_id=f"{settings.app}-{role}",
        group_id=None,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_FETCH_BYTES,
        fetch_max_wait_ms=settings.fetch_max_wait_ms,
        check_crcs=settings.verifies_crcs,
        **kafka_security(settings),
    )


async def read_up_to(consumer: AIOKafkaConsumer, tp: TP, end: int) -> AsyncGenerator[Sequence[Record], None]:
    """Yield batches of the partition from its start, records at or beyond the end among the last of them."""
    consumer.assign([tp])
    consumer.seek(tp, (await consumer.beginning_offsets([tp]))[tp])
    # The consumer's position, not the last record's: the log may end in markers or in what was compacted away.
    while await consumer.position(tp) < end:
        for fetched in (await consumer.getmany(tp, timeout_ms=1_000)).values():
            yield fetched
