"""The input topics as `stream play` writes them: whole record batches, one being filled for each partition."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import TopicAuthorizationFailedError

from stream.model.events import TOPICS
from stream.runtime.play import Headers
from stream.runtime.security import kafka_security
from stream.runtime.settings_fields import Settings

_BATCH_BYTES: Final = 256 << 10
_PATIENCE_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 5.0


class PlayRefused(Exception):
    """The topics cannot be played into; the message says why."""


class PlayFailed(Exception):
    """The brokers stopped answering on the way; the message says so."""


class KafkaLanes:
    """Fills a batch a partition with aiokafka's batch builder, ten times quicker than sending records one by one."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        prefix: str,
        partitions: int,
        *,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self.partitions: Final = partitions
        self._producer: Final = producer
        self._prefix: Final = prefix
        self._patience_seconds: Final = patience_seconds
        self._open: Final[dict[tuple[str, int], Any]] = {}
        self._sent: Final[deque[asyncio.Future[Any]]] = deque()

    async def append(self, topic: str, partition: int, key: bytes | None, value: bytes, headers: Headers) -> None:
        """Add a record to its partition's batch; the record's Kafka timestamp is now, since retention goes by it."""
        lane = (topic, partition)
        batch = self._open.get(lane)
        if batch is None:
            batch = self._open[lane] = self._producer.create_batch()
        if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
            await self._send(lane)
            # The first record of a batch always fits, whatever its size.
            batch = self._open[lane] = self._producer.create_batch()
            batch.append(timestamp=None, key=key, value=value, headers=headers)

    async def flush(self) -> None:
        """Send every batch that has records, and wait until all are acknowledged; raises KafkaError or PlayFailed."""
        try:
            # An idempotent producer tries again without end.
            async with asyncio.timeout(self._patience_seconds):
                await asyncio.gather(*(self._send(lane) for lane in list(self._open)))
                while self._sent:
                    await self._sent.popleft()
        except TimeoutError as timeout:
            raise PlayFailed(
                f"the brokers acknowledged nothing for {self._patience_seconds:g} s; some events were not sent. "
                "Play again when they answer: events that have a message id count once."
            ) from timeout

    async def _send(self, lane: tuple[str, int]) -> None:
        """Hand a batch over; waits while the one before it is still queued, which keeps order and bounds memory."""
        topic, partition = lane
        batch = self._open.pop(lane)
        batch.close()
        self._sent.append(await self._producer.send_batch(batch, self._prefix + topic, partition=partition))
        while self._sent and self._sent[0].done():
            self._sent.popleft().result()


@asynccontextmanager
async def open_lanes(settings: Settings) -> AsyncIterator[KafkaLanes]:
    """Connect to the brokers and yield the lanes; raises PlayRefused where the input topics do not match.

    The producer is idempotent: a retried batch must not put records behind a heartbeat that promised them.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.brokers,
        client_id=f"{settings.app}-play",
        enable_idempotence=True,
        max_batch_size=_BATCH_BYTES,
        request_timeout_ms=int(_PATIENCE_SECONDS * 1_000),
        **kafka_security(settings),
    )
    try:
        await producer.start()
        yield KafkaLanes(producer, settings.topic_prefix, await _partitions(producer, settings))
    finally:
        await _stop(producer)


async def _stop(producer: AIOKafkaProducer) -> None:
    """End the producer; all was flushed, or failed already."""
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await producer.stop()
    except TimeoutError:
        # aiokafka's stop waits for brokers that do not answer.
        await producer.client.close()


async def _partitions(producer: AIOKafkaProducer, settings: Settings) -> int:
    """Return how many partitions each input topic has."""
    # aiokafka asks for an unknown topic again and again without end: whether they are there is looked up first.
    cluster = await producer.client.fetch_all_metadata()
    names = [settings.topic_prefix + topic for topic in TOPICS]
    missing = [name for name in names if name not in cluster.topics()]
    if missing:
        # Among all topics those we may not see are left out; asked for by name, the broker says so.
        await producer.client.set_topics(missing)
        if hidden := producer.client.cluster.unauthorized_topics:
            raise TopicAuthorizationFailedError(hidden)
        raise PlayRefused(f"no topic {', '.join(missing)} at {settings.brokers}; `stream topics` creates them")
    counts = {name: len(cluster.partitions_for_topic(name)) for name in names}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise PlayRefused(f"the input topics must have equal partition counts: {listed}")
    return counts[names[0]]
