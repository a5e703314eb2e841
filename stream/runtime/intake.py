"""The intake: fetched records to items of a lane. What is wrong becomes a dead letter, in its place in the order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from stream.model.errors import DeadLetter, Rejected
from stream.model.profile import NEVER
from stream.model.times import END_OF_TIME_MS
from stream.runtime.lane import Item, Lane
from stream.runtime.placement import Placement
from stream.runtime.ports import Record
from stream.runtime.strays import ROUTED_FROM, ROUTED_TIME
from stream.runtime.task_ports import WallClock

if TYPE_CHECKING:
    from stream.model.codec import Codec

HEARTBEAT: Final = "stream-heartbeat"
BACKFILL: Final = "stream-backfill"


class Intake:
    """Decodes batches for one task. `unplanned` counts what the tracking plan does not name; whoever reports it
    resets it.

    On the wall clock a record is ordered by the lesser of its event time and its own timestamp, and heartbeats are
    ignored; on the event clock by its event time alone. A record that was sent on here from another partition keeps
    the place and the timestamp that it had there.
    """

    def __init__(self, codec: Codec, placement: Placement, wall: WallClock, future_limit_ms: int | None) -> None:
        self._codec: Final = codec
        self._placement: Final = placement
        self._wall: Final = wall
        self._future_limit_ms: Final = future_limit_ms
        self.unplanned = 0

    def read(self, lane: Lane, records: Sequence[Record]) -> None:
        """Append what matters of a batch to its lane."""
        limit = self._future_limit_ms
        latest_ms = None if limit is None else self._wall.now_ms() + limit
        skip, is_wall = lane.skip, limit is not None
        for record in records:
            offset = record.offset
            if offset < lane.read_offset:
                continue
            lane.read_offset = offset + 1
            if offset in skip:
                continue
            headers = dict(record.headers) if record.headers else None
            if headers is not None and HEARTBEAT in headers:
                if not is_wall:
                    self._hear(lane, record, headers[HEARTBEAT])
            else:
                self._accept(lane, record, headers, latest_ms)

    def _accept(self, lane: Lane, record: Record, headers: dict[str, bytes] | None, latest_ms: int | None) -> None:
        place, log_ms = _origin(record, headers) if lane.brings_strays else ("", record.timestamp)
        try:
            event = self._codec.decode(record.value, place, latest_ms)
        except Rejected as rejected:
            # It has no time of its own: it goes after what was read before it.
            order_ms = max(lane.newest_ms, lane.heartbeat_ms + 1)
            letter = _letter(record, rejected)
            lane.add(Item(order_ms, record.offset, lane.rank, max(0, record.timestamp), None, letter))
            return
        if event is None:
            self.unplanned += 1
            return
        if not event.repeatable and not place:
            # Its place is its id. Most events bring one of their own, so no text is made of every place.
            event.id = _record_id(record)
        if headers is not None and BACKFILL in headers:
            event.history_until_ms = _header_ms(headers[BACKFILL])
        order_ms = event.time_ms
        if latest_ms is not None and 0 < log_ms < order_ms:
            order_ms = log_ms
        stray = self._placement.stray(event, record)
        lane.add(Item(order_ms, record.offset, lane.rank, max(0, log_ms), event, None, stray))

    def _hear(self, lane: Lane, record: Record, header: bytes) -> None:
        heartbeat_ms = _header_ms(header)
        if heartbeat_ms > lane.heartbeat_ms:
            lane.add(Item(heartbeat_ms, record.offset, lane.rank, max(0, record.timestamp)))
            lane.heartbeat_ms = heartbeat_ms


def _record_id(record: Record) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"


def _origin(record: Record, headers: dict[str, bytes] | None) -> tuple[str, int]:
    """Return the place and the timestamp that a record had before it was sent on."""
    if headers is None or ROUTED_FROM not in headers:
        return _record_id(record), record.timestamp
    time_ms = _header_ms(headers.get(ROUTED_TIME, b""))
    return headers[ROUTED_FROM].decode(errors="replace"), time_ms if time_ms >= 0 else record.timestamp


def _header_ms(header: bytes) -> int:
    """Read a time from one of our own headers; what is no number, or no time, says nothing."""
    try:
        time_ms = int(header)
    except (TypeError, ValueError):
        return -NEVER
    return time_ms if 0 <= time_ms <= END_OF_TIME_MS else -NEVER


def _letter(record: Record, rejected: Rejected) -> DeadLetter:
    return DeadLetter(
        record.topic,
        record.partition,
        record.offset,
        record.key,
        record.value,
        list(record.headers),
        record.timestamp,
        rejected.reason,
        rejected.detail,
    )
