"""Files to events in total order: (time, rank of the topic, place among the rows)."""

import base64
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from stream.adapters.formats import adapter_for
from stream.adapters.rows import Adapter, Row
from stream.model.calls import Call, encode_call
from stream.model.codec import Codec
from stream.model.errors import Reason, Rejected
from stream.model.events import TOPIC_RANK, Event
from stream.model.plan import Plan
from stream.model.products import Product
from stream.replay.files import Tick, lines_of, unique_sources
from stream.replay.memory import quiet_collector


class DeadRow(msgspec.Struct, omit_defaults=True):
    """A rejected row of a file: where it stands, why it was rejected, and what it was (base64 if not UTF-8)."""

    file: str
    row: int
    reason: Reason
    detail: str = ""
    original: str = ""
    original_base64: str = ""


class OutRecord(NamedTuple):
    """One record to send to Kafka. The user is the record's key."""

    topic: str
    user: str
    time_ms: int
    value: bytes


class Place(NamedTuple):
    """An event's place in the total order; `row` counts over all files in the order given."""

    time_ms: int
    topic_rank: int
    row: int


class Reading:
    """Reads files once. Rows the plan does not name are counted in `unplanned`, rejected ones kept in `dead`.

    `products` are what products are, each from its time on, in order of time; none unless they are put there.
    """

    def __init__(self, paths: Sequence[Path], adapter: Adapter, plan: Plan, tick: Tick = lambda _: None) -> None:
        self._paths = paths
        self._adapter = adapter
        self._codec = Codec(plan)
        self._rank = {event.name: TOPIC_RANK[event.topic] for event in plan.events.values()}
        self._tick = tick
        self.rows = 0
        self.unplanned = 0
        self.dead: Final[list[DeadRow]] = []
        self.products: list[tuple[int, Product]] = []

    def events(self) -> list[tuple[Place, Event]]:
        """Return all accepted events in total order."""
        return sorted(((place, event) for place, event, _ in self._accepted()), key=_place_of)

    def records(self, topic_of: Callable[[str], str]) -> list[tuple[Place, OutRecord]]:
        """Return all accepted events as records to send, in total order."""
        records = (
            (place, OutRecord(topic_of(event.name), event.user, event.time_ms, _value_of(row, event)))
            for place, event, row in self._accepted()
        )
        return sorted(records, key=_place_of)

    def _accepted(self) -> Iterator[tuple[Place, Event, Row]]:
        for path, source in zip(self._paths, unique_sources(self._paths), strict=True):
            for row in self._adapter(lines_of(path, self._tick), source):
                self.rows += 1
                try:
                    event = event_of(self._codec, row, f"{source}-{row.number}")
                except Rejected as rejection:
                    self.dead.append(_dead_row(path, row, rejection))
                    continue
                if event is None:
                    self.unplanned += 1
                else:
                    yield Place(event.time_ms, self._rank[event.name], self.rows), event, row


def event_of(codec: Codec, row: Row, record_id: str) -> Event | None:
    """Return a row's event, None where the plan does not name it; raises `Rejected` where the row is wrong."""
    if isinstance(row.content, Rejected):
        raise row.content
    if isinstance(row.content, Call):
        return codec.accept(row.content, record_id)
    return codec.decode(row.content, record_id)


def ordered_records(
    paths: Sequence[Path],
    form: str,
    mapping: Sequence[str],
    plan: Plan,
    on_dead: Callable[[DeadRow], None] = lambda _: None,
) -> Iterator[OutRecord]:
    """Yield what files hold as records for Kafka, in total order, as replay would decide over them.

    A record decodes to the very event that replay sees, id for id. Rejected rows go to `on_dead`, since they have no
    place in time. Raises `InputRefused`.
    """
    reading = Reading(paths, adapter_for(form, mapping, plan), plan)
    topics = {event.name: event.topic for event in plan.events.values()}
    with quiet_collector():
        records = reading.records(topics.__getitem__)
    for dead in reading.dead:
        on_dead(dead)
    for _, record in records:
        yield record


def _place_of(placed: tuple[Place, object]) -> Place:
    return placed[0]


def _value_of(row: Row, event: Event) -> bytes:
    """Return the row as JSON. Without a message id, one is put in: the record's place in Kafka would give another."""
    if isinstance(row.content, Call):
        return encode_call(row.content)
    if event.repeatable:
        return row.original
    call: dict[str, msgspec.Raw] = msgspec.json.decode(row.original, type=dict[str, msgspec.Raw])
    call["messageId"] = msgspec.Raw(msgspec.json.encode(event.id))
    return msgspec.json.encode(call)


def _dead_row(path: Path, row: Row, rejection: Rejected) -> DeadRow:
    dead = DeadRow(str(path), row.number, rejection.reason, rejection.detail)
    try:
        dead.original = row.original.decode()
    except UnicodeDecodeError:
        dead.original_base64 = base64.b64encode(row.original).decode()
    return dead
