"""What a run on the wall clock left on the broker: each task's input, its checkpoints one by one, and its outcomes.

A task alone writes its changelog partition, and ends each checkpoint there with its position. Output topics have as
many partitions as there are tasks, so the outcomes on one are those of one task, in the order they were decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from stream.definitions.shapes import Definitions
from stream.model.codec import Codec
from stream.model.errors import Rejected
from stream.model.events import Event
from stream.model.outcomes import OUTPUT_TOPICS
from stream.runtime.kept_journeys import JOURNEY_KEY
from stream.runtime.position import POSITION_KEY, Position, decode_position
from stream.runtime.settings import Settings
from stream.runtime.topics import changelog_topic, input_topics

DECIDED_TOPICS: Final = tuple(topic for topic in OUTPUT_TOPICS if topic != "dead-letters")


Decode = Callable[[ConsumerRecord, str], Event | None]


@dataclass(frozen=True)
class Told:
    """One event as it stands in the log. `order_ms` is its place among the sources, `written_ms` the broker's stamp."""

    event: Event
    rank: int
    offset: int
    written_ms: int

    @property
    def order_ms(self) -> int:
        return min(self.event.time_ms, self.written_ms)

    @property
    def place(self) -> tuple[int, int]:
        return self.rank, self.offset


@dataclass
class Checkpoint:
    """One transaction as the changelog shows it: profiles by user, None for a tombstone, and where the task stood."""

    state: dict[str, bytes | None]
    position: Position
    written_ms: int


@dataclass
class Seen:
    """An outcome as a subscriber is given it."""

    id: str
    user: str
    value: bytes
    written_ms: int


@dataclass
class TaskLog:
    """All there is of one task. `loose` are users whose profiles stand in no checkpoint: no position follows them."""

    number: int
    topics: list[str]
    told: list[list[Told]] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)
    rejected: list[str] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    loose: list[str] = field(default_factory=list)


async def read_logs(settings: Settings, definitions: Definitions) -> list[TaskLog]:
    """Read everything as it is seen under read_committed."""
    topics, changelog = list(input_topics(settings)), changelog_topic(settings)
    outputs = {topic: settings.topic_prefix + topic for topic in DECIDED_TOPICS}
    numbers = range(settings.partitions)
    wanted = [TopicPartition(topic, n) for topic in (*topics, changelog, *outputs.values()) for n in numbers]
    records, ends = await _read_all(settings.brokers, wanted)
    codec = Codec(definitions.plan, max_event_bytes=settings.max_event_bytes)

    def decode(record: ConsumerRecord, place: str) -> Event | None:
        # A worker goes by the time it reads, which is a little later: no row sends what lies in between.
        return codec.decode(record.value, place, record.timestamp + settings.future_limit_ms)

    logs: list[TaskLog] = []
    for number in numbers:
        log = TaskLog(number, topics, ends={topic: ends[TopicPartition(topic, number)] for topic in topics})
        for rank, topic in enumerate(topics):
            log.told.append(_told(log, rank, records[TopicPartition(topic, number)], decode))
        _cut(log, records[TopicPartition(changelog, number)])
        for topic, name in outputs.items():
            log.seen[topic] = [_seen(record) for record in records[TopicPartition(name, number)]]
        logs.append(log)
    return logs


async def _read_all(
    brokers: str, wanted: Iterable[TopicPartition]
) -> tuple[dict[TopicPartition, list[ConsumerRecord]], dict[TopicPartition, int]]:
    records: dict[TopicPartition, list[ConsumerRecord]] = {tp: [] for tp in wanted}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=brokers, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign(list(records))
        ends = await consumer.end_offsets(list(records))
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for tp, batch in (await consumer.getmany(timeout_ms=200)).items():
                records[tp] += batch
    finally:
        await consumer.stop()
    return records, ends


def _told(log: TaskLog, rank: int, records: list[ConsumerRecord], decode: Decode) -> list[Told]:
    told: list[Told] = []
    for record in records:
        place = f"{record.topic}/{record.partition}/{record.offset}"
        try:
            event = decode(record, place)
        except Rejected as rejected:
            if rejected.reason != "future_time":
                log.rejected.append(place)
            continue
        if event is not None:
            told.append(Told(event, rank, record.offset, record.timestamp))
    return told


def _cut(log: TaskLog, records: list[ConsumerRecord]) -> None:
    """Divide the changelog into checkpoints."""
    state: dict[str, bytes | None] = {}
    for record in records:
        if record.key == POSITION_KEY:
            log.checkpoints.append(Checkpoint(state, decode_position(record.value), record.timestamp))
            state = {}
        elif not record.key.startswith(JOURNEY_KEY):
            state[record.key.decode()] = record.value
    log.loose = list(state)


class _OutcomeHead(msgspec.Struct):
    id: str
    user_id: str


def _seen(record: ConsumerRecord) -> Seen:
    head = msgspec.json.decode(record.value, type=_OutcomeHead)
    return Seen(head.id, head.user_id, record.value, record.timestamp)
