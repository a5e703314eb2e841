"""The input log as the tasks use it: aiokafka's consumer, and what was handed over of its records."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.protocol.fetch import FetchRequest

from stream.runtime.ports import TP, Record


class Batch(msgspec.Struct, frozen=True):
    """The records of one partition, fetched together, on their way to the tasks."""

    tp: TP
    records: list[Record]
    epoch: int
    """The partition's epoch when it was fetched: a rebalance or a seek begins another, which makes this batch stale."""


class _State(Protocol):
    """What is used of aiokafka's TopicPartitionState."""

    highwater: int | None
    lso: int | None
    timestamp: int | None
    paused: bool
    has_valid_position: bool
    position: int


class InputLog:
    """Flow, position and bounds of the assigned partitions; it is the port `Sources` of the tasks."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._epoch = 0
        self._epochs: dict[TP, int] = {}
        self._under_way: dict[TP, int] = {}
        self._offered_to: dict[TP, int] = {}
        self._fetched_at: dict[TP, float] = {}
        self._held: set[TP] = set()

    # -------------------------------------------------------------------------------- Sources, for the tasks

    def pause(self, tp: TP) -> None:
        """Pause in aiokafka itself: Faust's own pause only filters what was fetched already."""
        if self._state(tp) is not None:
            self._consumer.pause(tp)

    def resume(self, tp: TP) -> None:
        """Fetch the partition again."""
        if self._state(tp) is not None:
            self._consumer.resume(tp)

    def seek(self, tp: TP, offset: int) -> None:
        """Read on from the offset; batches of the partition still under way are dropped."""
        if self._state(tp) is None:
            return
        self._consumer.seek(tp, offset)
        self._begin_epoch(tp)
        self._offered_to[tp] = offset

    def position(self, tp: TP) -> int | None:
        """Return the offset below which all was offered; None before reading starts."""
        state = self._state(tp)
        if state is None or tp not in self._offered_to:
            return None
        return self._offered_to[tp] if self._under_way.get(tp) or not state.has_valid_position else state.position

    def end_offset(self, tp: TP) -> int | None:
        """Return the high watermark of the last fetch response; None before any."""
        state = self._state(tp)
        return None if state is None or tp not in self._fetched_at else state.highwater

    def fetched_at(self, tp: TP) -> float | None:
        """Return when the request was sent that the last successful response answered, in monotonic seconds.

        The time of sending: a response that lay in the socket while the process stood still says nothing of now.
        """
        return self._fetched_at.get(tp)

    async def bounds(self, tps: Iterable[TP]) -> dict[TP, tuple[int, int]]:
        """Ask the broker for the start and the end of each partition."""
        asked = list(tps)
        if not asked:
            return {}
        starts: Mapping[TP, int] = await self._consumer.beginning_offsets(asked)
        ends: Mapping[TP, int] = await self._consumer.end_offsets(asked)
        return {tp: (starts[tp], ends[tp]) for tp in asked}

    def partitions(self, topic: str) -> frozenset[int]:
        """Return the partition numbers in the cluster's metadata; empty where the topic is unknown.

        Raises TopicAuthorizationFailedError where the account may not know of it.
        """
        found = frozenset(self._consumer.partitions_for_topic(topic) or ())
        if not found and topic in self._consumer._client.cluster.unauthorized_topics:
            raise TopicAuthorizationFailedError(topic)
        return found

    # ---------------------------------------------------------------------------------- for the Faust room

    def assigned(self) -> frozenset[TP]:
        """Return the partitions assigned now."""
        return frozenset(self._consumer.assignment())

    def waits_for_records(self, tp: TP) -> bool:
        """Whether aiokafka fetches the partition: assigned and not paused."""
        state = self._state(tp)
        return state is not None and not state.paused

    def readable_end(self, tp: TP) -> int | None:
        """Return the last stable offset: beyond it lie open transactions, so no progress is to be expected."""
        state = self._state(tp)
        if state is None or tp not in self._fetched_at:
            return None
        # The embedded broker knows no last stable offset and says -1.
        return state.lso if state.lso is not None and state.lso >= 0 else state.highwater

    def begin_rebalance(self) -> None:
        """Make every batch under way stale, and forget the partitions."""
        self._epoch += 1
        for progress in (self._epochs, self._under_way, self._offered_to, self._fetched_at):
            progress.clear()

    def hold(self, tps: Iterable[TP]) -> None:
        """Keep aiokafka from reading a new assignment before the tasks have said from where.

        The position is a placeholder: without one aiokafka would ask for the group's offset, no authority here.
        """
        self._fetched_at.clear()
        self._held = set(tps)
        for tp in self._held:
            self._consumer.pause(tp)
            self._consumer.seek(tp, 0)

    def start(self, positions: Mapping[TP, int]) -> None:
        """Read each partition that is held from its position.

        Faust may recover twice for one assignment. What is read already is left as it is: its task may have paused it.
        """
        for tp, offset in positions.items():
            if tp in self._held:
                self.seek(tp, offset)
                self.resume(tp)
        self._held.clear()

    def take(self, tp: TP, records: list[Record]) -> Batch:
        """Make a batch of what was fetched; it is under way until accepted."""
        if not self._under_way.get(tp):
            self._offered_to[tp] = records[0].offset
        self._under_way[tp] = self._under_way.get(tp, 0) + 1
        return Batch(tp, records, self._epochs.get(tp, self._epoch))

    def is_current(self, batch: Batch) -> bool:
        """Whether neither a rebalance nor a seek came between."""
        return batch.epoch == self._epochs.get(batch.tp, self._epoch)

    def accept(self, batch: Batch) -> bool:
        """Note that the batch is offered now; False for a stale one, which must be dropped."""
        if not self.is_current(batch):
            return False
        self._under_way[batch.tp] -= 1
        self._offered_to[batch.tp] = batch.records[-1].offset + 1
        return True

    def offered_to(self, tp: TP) -> int | None:
        """Return the offset after the last record offered; None before reading starts."""
        return self._offered_to.get(tp)

    def check_group(self) -> None:
        """Raise what went wrong in the group's coordination, say a missing permission; aiokafka only keeps it."""
        self._consumer._coordinator.check_errors()

    def watch_fetches(self) -> None:
        """Note when fetch responses come; call it once the consumer is started.

        aiokafka notes only the wall clock's time of a response, by which "caught up" must not be judged.
        """
        fetcher = self._consumer._fetcher
        request: Callable[[object, object, FetchRequest], Awaitable[bool]] = fetcher._proc_fetch_request

        async def noted(assignment: object, node_id: object, fetch: FetchRequest) -> bool:
            states = self._states(fetch)
            for state in states.values():
                state.timestamp = None
            sent_at = time.monotonic()
            has_records = await request(assignment, node_id, fetch)
            self._fetched_at.update((tp, sent_at) for tp, state in states.items() if self._is_answered(tp, state))
            return has_records

        fetcher._proc_fetch_request = noted

    def _states(self, fetch: FetchRequest) -> dict[TP, _State]:
        tps = (TP(topic, partition) for topic, asked in fetch.topics for partition, *_ in asked)
        return {tp: state for tp in tps if (state := self._state(tp)) is not None}

    def _is_answered(self, tp: TP, state: _State) -> bool:
        # aiokafka sets the time only where the partition had no error and its position is still the one asked for.
        return state.timestamp is not None and state is self._state(tp)

    def _begin_epoch(self, tp: TP) -> None:
        self._epoch += 1
        self._epochs[tp] = self._epoch
        self._under_way[tp] = 0

    def _state(self, tp: TP) -> _State | None:
        subscription = self._consumer._subscription.subscription
        assignment = subscription and subscription.assignment
        state: _State | None = assignment.state_value(tp) if assignment else None
        return state
