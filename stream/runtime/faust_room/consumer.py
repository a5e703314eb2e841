"""Faust's consumer, fetching batches: one message a partition and fetch instead of one a record."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from aiokafka import AIOKafkaConsumer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import ConsumerStoppedError, KafkaError
from faust.exceptions import ConsumerNotStarted
from faust.transport.consumer import Consumer, Fetcher
from faust.types import TP as FaustTP
from faust.types import ConsumerMessage, Message
from mode import Service

from stream.runtime.faust_room.connection import consumer_arguments
from stream.runtime.faust_room.header_names import accept_any_header_name
from stream.runtime.faust_room.input_log import Batch, InputLog
from stream.runtime.faust_room.light_records import read_light_records
from stream.runtime.faust_room.metadata_pace import pace_metadata_updates
from stream.runtime.ports import TP, Record

if TYPE_CHECKING:
    from stream.runtime.faust_room.app import StreamApp

logger = logging.getLogger(__name__)
FAUST_LOGGER = logging.getLogger("faust")

_FETCH_TIMEOUT_MS = 500
_COMMIT_TIMEOUT_S = 5.0


class NotForFaust(RuntimeError):
    """Faust asked for what the tasks do themselves; a version of it that does so is one we have not seen."""


class QuietFetcher(Fetcher):
    """Runs the drain loop; Faust's own crashes when it is stopped during a rebalance, for want of a supervisor."""

    logger = FAUST_LOGGER

    @Service.task
    async def _fetcher(self) -> None:
        try:
            await cast(BatchConsumer, self.app.consumer)._drain_messages(self)
        finally:
            self.set_shutdown()


class BatchConsumer(Consumer):
    """Fetches in the worker's own event loop, and hands over without blocking.

    Faust's own runs aiokafka in a second thread: every fetch then crosses threads, and pausing or seeking from a task
    would touch aiokafka's state from the wrong one.
    """

    logger = FAUST_LOGGER
    consumer_stopped_errors = (ConsumerStoppedError,)
    _kafka: AIOKafkaConsumer | None = None

    @property
    def kafka(self) -> AIOKafkaConsumer:
        """The consumer beneath; raises ConsumerNotStarted before the start, which Faust's stop expects."""
        if self._kafka is None:
            raise ConsumerNotStarted("the consumer is not started")
        return self._kafka

    @property
    def stream_app(self) -> "StreamApp":
        """The app with its room and settings."""
        return cast("StreamApp", self.app)

    @property
    def log_of_input(self) -> InputLog:
        """The input log over this consumer."""
        log = self.stream_app.room.log
        assert log is not None
        return log

    async def on_start(self) -> None:
        """Connect; the group is joined when the conductor subscribes."""
        accept_any_header_name()
        pace_metadata_updates()
        kafka = AIOKafkaConsumer(**consumer_arguments(self.stream_app.settings, self.app.assignor))
        try:
            await kafka.start()
        except BaseException:
            await kafka.stop()
            raise
        read_light_records(kafka)
        self._kafka = kafka
        self.stream_app.room.log = log = InputLog(kafka)
        log.watch_fetches()

    async def on_stop(self) -> None:
        """Commit to the group once more and leave it, so that others need not wait for the session to end."""
        await super().on_stop()
        if self._kafka is not None:
            await self._kafka.stop()

    # ---------------------------------------------------------------------------------------- hand-over

    async def _drain_messages(self, fetcher: Any) -> None:
        """Fetch and hand over until stopped; Faust's own loop waits for the agents, with four tasks a record."""
        try:
            while not (self.should_stop or cast(Service, fetcher).should_stop):
                if self.flow_active:
                    # Through the public call, which also raises what went wrong in the group; Faust's own bypasses it.
                    fetched = await self.kafka.getmany(timeout_ms=_FETCH_TIMEOUT_MS)
                    await self._hand_over(fetched)
                else:
                    await self.wait(self.can_resume_flow)  # type: ignore[arg-type]  # mode's Event, typed as its own
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError | ConsumerStoppedError) and self.app.should_stop:
                return
            self.stream_app.room.fail(error)
            raise

    async def _hand_over(self, fetched: Mapping[TP, list[Record]]) -> None:
        # All are taken before the first await, so that `position` is right however long the hand-over takes.
        log = self.log_of_input
        batches = [log.take(tp, records) for tp, records in fetched.items() if records]
        for batch in batches:
            await self.app.flow_control.acquire()
            # A rebalance during the wait makes a batch stale; handed over all the same, its offsets would overwrite the
            # new position (fault p).
            if log.is_current(batch):
                await self.callback(self._to_message(_faust_tp(batch.tp), batch))

    def _to_message(self, tp: FaustTP, record: Any) -> ConsumerMessage:
        batch: Batch = record
        first = batch.records[0]
        return ConsumerMessage(
            topic=tp.topic,
            partition=tp.partition,
            offset=first.offset,
            timestamp=first.timestamp / 1_000,
            timestamp_type=0,
            headers={},
            key=None,
            value=cast(bytes, batch),
            checksum=None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    def track_message(self, message: Message) -> None:
        """Track nothing: the tasks know what they have decided."""

    # ---------------------------------------------------------------------------------------- rebalances

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Join the group for these topics."""
        self.kafka.subscribe(topics=set(topics), listener=_Rebalances(self))

    async def revoke(self, revoked: set[FaustTP]) -> None:
        """Give the tasks away first, then let Faust drop what it knows (fault c)."""
        self.stop_flow()
        self.app.flow_control.suspend()
        await self.stream_app.room.give_away()
        await self.force_commit()
        await self.on_partitions_revoked(revoked)

    async def assign(self, assigned: set[FaustTP], generation: int) -> None:
        """Hold the partitions, then let Faust start the recovery, which is ours (see `tables`)."""
        self.app.consumer_generation_id = generation
        self.stream_app.room.assign(TP(*tp) for tp in assigned)
        await self.on_partitions_assigned(assigned, generation)

    async def perform_seek(self) -> None:
        """Start where the tasks stopped, not at the group's offsets."""
        self._read_offset.clear()
        self.stream_app.room.start_reading()

    # ------------------------------------------------------------------------------------------ commits

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit the tasks' positions to the group, for lag tools only; a failure is no loss.

        Faust's own commits what was acknowledged, also over gaps and after errors (faults a, b, d).
        """
        del topics, start_new_transaction
        room = self.stream_app.room
        if self._kafka is None:
            return False
        committable = room.committable()
        offsets = {tp: offset for tp, offset in committable.items() if self._committed_offset[_faust_tp(tp)] != offset}
        if not offsets:
            return False
        try:
            # aiokafka retries for ever, which must not hold up a rebalance.
            await asyncio.wait_for(self._kafka.commit(offsets), _COMMIT_TIMEOUT_S)
        except (KafkaError, TimeoutError) as error:
            logger.debug("group offsets not committed: %r", error)
            return False
        self._committed_offset.update({_faust_tp(tp): offset for tp, offset in offsets.items()})
        return True

    async def _commit(self, offsets: Any) -> bool:
        raise NotForFaust(f"{len(offsets)} offsets: they are committed by force_commit")

    # ------------------------------------------------------------------- the rest of what Faust asks for

    def assignment(self) -> set[FaustTP]:
        """Return the partitions assigned now."""
        return {_faust_tp(tp) for tp in self.kafka.assignment()}

    def highwater(self, tp: FaustTP) -> int:
        """Return the high watermark of the last fetch."""
        return cast(int, self.kafka.highwater(TP(*tp)))

    async def position(self, tp: FaustTP) -> int | None:
        """Return the next offset to fetch."""
        return cast(int, await self.kafka.position(TP(*tp)))

    async def earliest_offsets(self, *partitions: FaustTP) -> dict[FaustTP, int]:
        """Return the start of each partition."""
        return {tp: bounds[0] for tp, bounds in (await self._bounds(partitions)).items()}

    async def highwaters(self, *partitions: FaustTP) -> dict[FaustTP, int]:
        """Return the end of each partition."""
        return {tp: bounds[1] for tp, bounds in (await self._bounds(partitions)).items()}

    async def _bounds(self, partitions: Iterable[FaustTP]) -> dict[FaustTP, tuple[int, int]]:
        bounds = await self.log_of_input.bounds(TP(*tp) for tp in partitions)
        return {_faust_tp(tp): found for tp, found in bounds.items()}

    def topic_partitions(self, topic: str) -> int | None:
        """Return the topic's partition count; None where it is unknown."""
        return len(self.log_of_input.partitions(topic)) or None

    def _new_topicpartition(self, topic: str, partition: int) -> FaustTP:
        return FaustTP(topic, partition)

    async def seek_to_committed(self) -> Mapping[FaustTP, int]:
        """Refuse: the changelog is the authority on where reading starts."""
        raise NotForFaust("the tasks say where reading starts")

    async def _seek(self, partition: FaustTP, offset: int) -> None:
        self.log_of_input.seek(TP(*partition), offset)

    async def seek_wait(self, partitions: Mapping[FaustTP, int]) -> None:
        """Seek; there is nothing to wait for, since the offsets are explicit."""
        for tp, offset in partitions.items():
            self.log_of_input.seek(TP(*tp), offset)

    async def _getmany(self, *_: Any, **__: Any) -> Any:
        raise NotForFaust("records are fetched by _drain_messages")

    async def create_topic(self, topic: str, *_: Any, **__: Any) -> None:
        """Refuse: topics are created by `stream topics`, with the retention that the guarantees need."""
        raise NotForFaust(f"{topic} is created by `stream topics`")

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        """Refuse: events are placed by user id, in the tasks."""
        raise NotForFaust(f"{topic}, {partition}, {key and len(key)} bytes: events are placed by user id, in the tasks")


class _Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """Passes rebalances on; aiokafka logs an exception here and goes on as if nothing had happened, so it is caught."""

    def __init__(self, consumer: BatchConsumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Iterable[TP]) -> None:
        """Called before the group is joined anew; the old tasks are ours until it returns."""
        self._consumer.app.on_rebalance_start()
        await self._or_fail(self._consumer.revoke({_faust_tp(tp) for tp in revoked}))

    async def on_partitions_assigned(self, assigned: Iterable[TP]) -> None:
        """Called with the new assignment."""
        generation = self._consumer.kafka._coordinator.generation
        await self._or_fail(self._consumer.assign({_faust_tp(tp) for tp in assigned}, generation))

    async def _or_fail(self, step: Coroutine[Any, Any, None]) -> None:
        try:
            await step
        except Exception as error:  # noqa: BLE001  # whatever it is, the worker must stop
            self._consumer.stream_app.room.fail(error)


def _faust_tp(tp: TP) -> FaustTP:
    return tp if isinstance(tp, FaustTP) else FaustTP(tp.topic, tp.partition)
