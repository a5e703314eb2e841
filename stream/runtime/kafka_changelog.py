"""The changelog on Kafka, read in bulk: by librdkafka, in its own threads and in C, for less than aiokafka takes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

from aiokafka.errors import KafkaError, for_code
from confluent_kafka import KafkaError as Fault
from confluent_kafka import KafkaException, Message, TopicPartition
from confluent_kafka.aio import AIOConsumer

from stream.runtime.kafka_reading import committed_consumer
from stream.runtime.ports import TP
from stream.runtime.security import librdkafka_security
from stream.runtime.settings_fields import Settings
from stream.runtime.task_ports import Failed
from stream.runtime.topics import changelog_topic

logger = logging.getLogger(__name__)

_AT_ONCE: Final = 1_000
"""So many records are taken at a time: to make Python's objects of them holds up the event loop for a millisecond."""

_WAIT_S: Final = 0.05
_QUEUED_KIB: Final = 4 * 1_024
_FULL_MS: Final = 2
"""What is fetched ahead is soon taken again: so long librdkafka waits where it is enough. Its own second is idle time.
"""

_END_MS: Final = 10
"""That there is nothing more is known by a fetch that brings nothing: so long a broker waits before it says so."""


class KafkaChangelog:
    """The port `Changelog`."""

    def __init__(self, settings: Settings) -> None:
        self._settings: Final = settings

    async def read(self, partition: int, start: int = 0) -> AsyncIterator[Sequence[tuple[bytes, bytes | None]]]:
        """Yield batches up to the end as of now: the last stable offset, since that is what a reader can come to."""
        first, end = await self.bounds(partition)
        offset = max(start, first)
        if offset >= end:
            return
        tp = TopicPartition(changelog_topic(self._settings), partition, offset)
        # One thread: whoever is cut short waits with the closing until its last call has returned.
        consumer = AIOConsumer(_settings_of(self._settings, f"recovery-{partition}"), max_workers=1)
        try:
            await consumer.assign([tp])
            is_at_end = False
            while not is_at_end:
                messages = await consumer.consume(_AT_ONCE, _WAIT_S)
                is_at_end = _tells_end(messages)
                yield [(message.key() or b"", message.value()) for message in messages if message.error() is None]
        except (KafkaError, KafkaException) as error:
            raise Failed(f"reading {tp.topic}/{partition}: {error!r}") from error
        finally:
            await consumer.close()

    async def bounds(self, partition: int) -> tuple[int, int]:
        """Ask for the first offset and the last stable one."""
        tp = TP(changelog_topic(self._settings), partition)
        # Of the two clients it is aiokafka that asks again where a partition has no leader yet.
        consumer = committed_consumer(self._settings, f"bounds-{partition}")
        try:
            await consumer.start()
            consumer.assign([tp])
            return (await consumer.beginning_offsets([tp]))[tp], (await consumer.end_offsets([tp]))[tp]
        except (KafkaError, OSError) as error:
            raise Failed(f"asking for the bounds of {tp.topic}/{partition}: {error!r}") from error
        finally:
            await consumer.stop()


def _settings_of(settings: Settings, role: str) -> dict[str, object]:
    """Return the settings of a consumer that sees what `read_committed` shows; brokers know it as `<app>-<role>`."""
    return {
        "bootstrap.servers": settings.brokers,
        "client.id": f"{settings.app}-{role}",
        "group.id": settings.app,  # librdkafka wants one; it joins none, since its partition is assigned by hand
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
        "queued.max.messages.kbytes": _QUEUED_KIB,
        "fetch.queue.backoff.ms": _FULL_MS,
        "fetch.wait.max.ms": _END_MS,
        "reconnect.backoff.max.ms": 1_000,
        "check.crcs": settings.verifies_crcs,
        "logger": logger,
        **librdkafka_security(settings),
    }


def _tells_end(messages: Iterable[Message]) -> bool:
    """Whether the end is among them; raises what aiokafka does, or KafkaException, where reading cannot go on."""
    for message in messages:
        fault = message.error()
        if fault is None:
            continue
        if fault.code() == Fault._PARTITION_EOF:
            return True
        if message.topic() is None:
            # It is of the group, which nobody is in here.
            logger.warning("reading the changelog: %s", fault)
        elif fault.code() > 0:
            raise for_code(fault.code())(message.topic())
        else:
            raise KafkaException(fault)
    return False
