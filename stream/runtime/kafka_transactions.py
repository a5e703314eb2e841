"""Transactions on Kafka: one aiokafka producer, with one transactional id, for each task."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    IllegalOperation,
    KafkaError,
    LeaderNotAvailableError,
    MessageSizeTooLargeError,
    ProducerFenced,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.producer import sender
from aiokafka.producer.message_accumulator import BatchBuilder

from stream.model.errors import StreamStop
from stream.runtime.kafka_topic_ids import topic_ids
from stream.runtime.ports import TP
from stream.runtime.security import kafka_security
from stream.runtime.settings_fields import Settings
from stream.runtime.task_ports import Failed, Fenced, Outgoing

_BATCH_BYTES: Final = 900_000
"""A broker refuses batches above 1,048,588 bytes unless the topic says otherwise."""

_REQUEST_BYTES: Final = 8 << 20
_LET_GO_S: Final = 2.0

_KNOWN_S: Final = 2.0
"""A broker may not know a topic yet when its creation was acknowledged."""

_NOT_KNOWN: Final = {UnknownTopicOrPartitionError.errno, LeaderNotAvailableError.errno}


class _Sent(NamedTuple):
    """A batch on its way, and what to say of it should it be too large."""

    acknowledged: asyncio.Future[object]
    tp: TP
    size: int
    records: int


class KafkaWriter:
    """The port `Writer` over one producer that was started."""

    def __init__(self, producer: AIOKafkaProducer, timeout_s: float) -> None:
        self._producer: Final = producer
        self._timeout_s: Final = timeout_s
        self._sent: list[_Sent] = []
        self._ends: dict[TP, int] = {}
        self._is_closed = False

    async def begin(self) -> None:
        """Open a transaction; the broker hears of it with the first record."""
        with self._translated():
            await self._producer.begin_transaction()

    async def write(self, topic: str, partition: int, records: Sequence[Outgoing]) -> None:
        """Send records in as many batches as they need."""
        producer, timestamp_ms = self._producer, int(time.time() * 1_000)
        batch = producer.create_batch()
        for key, value, given in records:
            headers = list(given)  # aiokafka's C builder takes nothing but a list
            # A full batch refuses the record; an empty one takes any, and the broker refuses what is too large.
            while batch.append(key=key, value=value, timestamp=timestamp_ms, headers=headers) is None:
                await self._send(batch, topic, partition)
                batch = producer.create_batch()
        await self._send(batch, topic, partition)

    async def commit(self) -> None:
        """Commit when every batch is acknowledged: aiokafka itself commits what is left when some were refused.

        Raises StreamStop where one is larger than its topic takes: to try again would be no better.
        """
        sent, self._sent = self._sent, []
        with self._translated():
            async with asyncio.timeout(self._timeout_s):
                results = await asyncio.gather(*(batch.acknowledged for batch in sent), return_exceptions=True)
                for batch, result in zip(sent, results, strict=True):
                    if isinstance(result, MessageSizeTooLargeError | RecordListTooLargeError):
                        raise _too_large(batch) from result
                    if isinstance(result, BaseException):
                        raise result
                await self._producer.commit_transaction()
        self._ends = {batch.tp: end for batch in sent if (end := _end(batch)) > 0}

    def written_up_to(self, tp: TP) -> int | None:
        """Return what the broker's acknowledgements said."""
        return self._ends.get(tp)

    async def abort(self) -> None:
        """Abort the open transaction, if the broker answers soon."""
        sent, self._sent = self._sent, []
        with self._translated():
            async with asyncio.timeout(_LET_GO_S):
                await asyncio.gather(*(batch.acknowledged for batch in sent), return_exceptions=True)
                await self._producer.abort_transaction()

    async def close(self) -> None:
        """Stop the producer; while the broker does not answer, aiokafka's own stop never returns."""
        if self._is_closed:
            return
        self._is_closed = True
        producer = self._producer
        _look_at_failures(producer)
        try:
            async with asyncio.timeout(_LET_GO_S):
                await producer.stop()
        except TimeoutError:
            await producer.client.close()
            producer._message_accumulator.fail_all(Failed("the producer was given up"))
            producer._sender.sender_task.cancel()
            _look_at_failures(producer)

    async def _send(self, batch: BatchBuilder, topic: str, partition: int) -> None:
        with self._translated():
            async with asyncio.timeout(self._timeout_s):
                acknowledged = await self._producer.send_batch(batch, topic, partition=partition)
                self._sent.append(_Sent(acknowledged, TP(topic, partition), batch.size(), batch.record_count()))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except asyncio.CancelledError as error:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            # aiokafka cancels what waits on a connection that ends; nobody has cancelled us.
            raise Failed("the connection ended") from error
        except ProducerFenced as error:
            raise Fenced(repr(error)) from error
        except (KafkaError, IllegalOperation, AssertionError, TimeoutError, OSError) as error:
            # After the first fatal error aiokafka raises whatever its state machine trips over.
            if self._producer._txn_manager.is_fatal_error():
                raise Fenced(repr(error)) from error
            first = self._first_failure() or error
            raise Failed(repr(first)) from first

    def _first_failure(self) -> BaseException | None:
        """Return what ended the transaction in the background; what aiokafka raises later says only that it ended."""
        waiter = self._producer._txn_manager._transaction_waiter
        futures = [*([waiter] if waiter is not None else []), *(batch.acknowledged for batch in self._sent)]
        failed = (future for future in futures if future.done() and not future.cancelled())
        return next((error for future in failed if (error := future.exception()) is not None), None)


def _end(batch: _Sent) -> int:
    """Return the offset after its last record; below 1 where the broker knew the batch already, and no offset more."""
    acknowledged: Any = batch.acknowledged.result()
    return int(acknowledged.offset) + batch.records if acknowledged.offset >= 0 else -1


def _too_large(batch: _Sent) -> StreamStop:
    return StreamStop(
        f"{batch.tp.topic} takes no record of {batch.size:,} bytes, so nothing of its checkpoint was committed. "
        "Raise the topic's max.message.bytes, or make the payload of the action smaller"
    )


def _look_at_failures(producer: AIOKafkaProducer) -> None:
    """Look at the futures that aiokafka fails and forgets when it is fenced, or asyncio prints a traceback for each."""
    accumulator = producer._message_accumulator
    batches = [*accumulator._pending_batches, *(batch for queue in accumulator._batches.values() for batch in queue)]
    futures = [producer._txn_manager._transaction_waiter]
    futures += [future for batch in batches for future in (batch.future, batch._drain_waiter)]
    for future in futures:
        if future is not None and future.done() and not future.cancelled():
            future.exception()


async def _described(admin: AIOKafkaAdminClient, topic: str) -> dict[str, Any]:
    deadline_s = time.monotonic() + _KNOWN_S
    while True:
        found: dict[str, Any] = (await admin.describe_topics([topic]))[0]
        if found["error_code"] not in _NOT_KNOWN or time.monotonic() > deadline_s:
            return found
        await asyncio.sleep(0.05)


class KafkaTransactions:
    """The port `Transactions`: transactional ids are `<app>-<partition>`, and `<app>-requeue`."""

    def __init__(self, settings: Settings) -> None:
        self._settings: Final = settings
        self._counts: dict[str, int] = {}
        # aiokafka waits 20 ms where the broker has not quite ended the transaction before; it takes about one.
        sender.BACKOFF_OVERRIDE = 0.002

    async def open(self, partition: int) -> KafkaWriter:
        """Take the id of a task."""
        return await self.open_as(str(partition))

    async def open_as(self, name: str) -> KafkaWriter:
        """Start a producer: when it has started, earlier holders are fenced and their markers stand in the log."""
        settings = self._settings
        producer = AIOKafkaProducer(
            bootstrap_servers=settings.brokers.split(","),
            client_id=f"{settings.app}-{name}",
            transactional_id=f"{settings.app}-{name}",
            transaction_timeout_ms=settings.transaction_timeout_ms,
            max_batch_size=_BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
            retry_backoff_ms=20,
            **kafka_security(settings),
        )
        writer = KafkaWriter(producer, settings.transaction_timeout_ms / 1_000)
        try:
            async with asyncio.timeout(settings.recovery_timeout_s):
                await producer.start()
        except (KafkaError, OSError, TimeoutError) as error:
            await writer.close()
            raise Failed(f"transactional id {settings.app}-{name}: {error!r}") from error
        except BaseException:
            await writer.close()
            raise
        return writer

    async def partitions(self, topic: str) -> int:
        """Look the topic up once; raises StreamStop where the broker has not heard of it for two seconds."""
        if topic not in self._counts:
            self._counts[topic] = await self._ask(topic)
        return self._counts[topic]

    async def topic_ids(self, topics: Sequence[str]) -> dict[str, str]:
        """Ask the brokers now; what they do not know is left out."""
        async with self._admin(topics) as admin:
            return await topic_ids(admin._client, topics)

    async def _ask(self, topic: str) -> int:
        async with self._admin([topic]) as admin:
            found = await _described(admin, topic)
        if found["error_code"] == TopicAuthorizationFailedError.errno:
            raise TopicAuthorizationFailedError(topic)
        if found["error_code"] or not found["partitions"]:
            raise StreamStop(f"there is no topic {topic}; `stream topics` creates it")
        return len(found["partitions"])

    @asynccontextmanager
    async def _admin(self, topics: Sequence[str]) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self._settings.brokers.split(","), **kafka_security(self._settings)
        )
        try:
            await admin.start()
            yield admin
        except (KafkaError, OSError) as error:
            raise StreamStop(f"the brokers do not answer about {', '.join(topics)}: {error!r}") from error
        finally:
            await admin.close()
