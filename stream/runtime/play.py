"""Playing a history into Kafka: records in order of time, at a speed or as fast as it goes, with heartbeats.

A heartbeat of time t says "all I had up to t, inclusive, is sent". It goes to every partition of every input topic, so
it may only be written while the next record is later than t, and after every record that is not.
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, Protocol

import msgspec
from aiokafka.partitioner import murmur2

from stream.model.events import TOPICS

HEARTBEAT_HEADER: Final = "stream-heartbeat"
BACKFILL_HEADER: Final = "stream-backfill"

# Often enough that timers fire smoothly in compressed time, and that a worker is never more than this behind.
_TICK_SECONDS: Final = 0.1
_REPORT_EVERY: Final = 1_000


class PlayRecord(Protocol):
    """One call to send: input topic (without prefix), user, event time and encoded value."""

    @property
    def topic(self) -> str: ...
    @property
    def user(self) -> str: ...
    @property
    def time_ms(self) -> int: ...
    @property
    def value(self) -> bytes: ...


class Lanes(Protocol):
    """The partitions of the input topics, written in order each."""

    @property
    def partitions(self) -> int:
        """How many each input topic has."""

    async def append(self, topic: str, partition: int, key: bytes | None, value: bytes, headers: "Headers") -> None:
        """Add a record to a partition, sending the batch before it when that is full."""

    async def flush(self) -> None:
        """Send all that was appended."""


Headers = list[tuple[str, bytes]]


class Pace(Protocol):
    """The wall clock, in seconds."""

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class LoopPace:
    """The running event loop's clock."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class PlayOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to play. `speed` is event time over wall time, 3600 is an hour a second; None is as fast as it goes.

    `history_until_ms` marks every record as history up to that time: it builds profiles, and starts no journey.
    A heartbeat is sent after so much event time or so many records, whichever comes first: the records bound what a
    worker must hold back (well below `high_mark_records`), the time how many heartbeats a sparse history needs.
    """

    speed: float | None = None
    history_until_ms: int | None = None
    until_ms: int | None = None
    heartbeat_ms: int = 3_600_000
    heartbeat_records: int = 5_000


class Played(msgspec.Struct):
    """What was sent so far. Times are of events, None before the first."""

    records: int = 0
    heartbeats: int = 0
    first_ms: int | None = None
    last_ms: int | None = None


class OutOfOrder(ValueError):
    """A record is earlier than the one before it."""


@lru_cache(maxsize=100_000)
def partition_of(user: str, partitions: int) -> int:
    """Return the partition of a user: murmur2, as Java's and aiokafka's default partitioners have it."""
    return int(murmur2(user.encode()) & 0x7FFFFFFF) % partitions


class Player:
    """Plays one history into the lanes."""

    def __init__(
        self,
        lanes: Lanes,
        options: PlayOptions,
        *,
        pace: Pace | None = None,
        report: Callable[[Played], None] | None = None,
    ) -> None:
        self.played: Final = Played()
        self._lanes: Final = lanes
        self._options: Final = options
        self._pace: Final = pace or LoopPace()
        self._report: Final = report or (lambda _: None)
        history_ms = options.history_until_ms
        self._headers: Final[Headers] = [] if history_ms is None else [(BACKFILL_HEADER, str(history_ms).encode())]
        self._promised_ms = 0
        self._since_heartbeat = 0
        self._started = self._flushed = 0.0

    async def play(self, records: Iterable[PlayRecord]) -> Played:
        """Send the records, which must be in order of time; ends with a heartbeat of the last time everywhere.

        Raises OutOfOrder, and aiokafka's KafkaError where a batch cannot be delivered.
        """
        until_ms = self._options.until_ms
        for record in records:
            if until_ms is not None and record.time_ms > until_ms:
                break
            await self._send(record)
            if self.played.records % _REPORT_EVERY == 0:
                self._report(self.played)
        await self._finish()
        self._report(self.played)
        return self.played

    async def _send(self, record: PlayRecord) -> None:
        played, time_ms = self.played, record.time_ms
        if played.first_ms is None or played.last_ms is None:
            self._start(time_ms)
        elif time_ms < played.last_ms:
            raise OutOfOrder(f"a record of {time_ms} after one of {played.last_ms}; play needs them in order of time")
        elif time_ms > played.last_ms:
            await self._before(time_ms)
        partition = partition_of(record.user, self._lanes.partitions)
        await self._lanes.append(record.topic, partition, record.user.encode(), record.value, self._headers)
        played.records += 1
        played.last_ms = time_ms
        self._since_heartbeat += 1

    def _start(self, time_ms: int) -> None:
        self.played.first_ms = time_ms
        self._promised_ms = time_ms - 1
        self._started = self._flushed = self._pace.now()

    async def _before(self, time_ms: int) -> None:
        """Do what is due before a record of this time: wait for it, and say that all before it is sent."""
        await self._wait_for(time_ms)
        quiet_ms = time_ms - 1 - self._promised_ms
        if quiet_ms >= self._options.heartbeat_ms or self._since_heartbeat >= self._options.heartbeat_records:
            await self._beat(time_ms - 1)
            if self._pace.now() - self._flushed >= _TICK_SECONDS:
                await self._flush()

    async def _wait_for(self, time_ms: int) -> None:
        """Let wall time catch up with `time_ms` at the speed asked for, with a heartbeat a tick meanwhile."""
        speed, first_ms = self._options.speed, self.played.first_ms
        if speed is None or first_ms is None:
            return
        while True:
            now_ms = first_ms + int((self._pace.now() - self._started) * 1_000 * speed)
            if now_ms >= time_ms:
                return
            if now_ms > self._promised_ms:
                await self._beat(now_ms)
            await self._flush()
            await self._pace.sleep(min(_TICK_SECONDS, (time_ms - now_ms) / 1_000 / speed + 0.001))

    async def _finish(self) -> None:
        """Promise the last time everywhere: the last record's, or `until_ms` where given."""
        if self.played.last_ms is None:
            return
        end_ms = max(self.played.last_ms, self._options.until_ms or 0)
        await self._wait_for(end_ms)
        await self._beat(end_ms)
        await self._flush()

    async def _beat(self, time_ms: int) -> None:
        headers: Headers = [(HEARTBEAT_HEADER, str(time_ms).encode())]
        for topic in TOPICS:
            for partition in range(self._lanes.partitions):
                await self._lanes.append(topic, partition, None, b"", headers)
        self.played.heartbeats += 1
        self._promised_ms = time_ms
        self._since_heartbeat = 0

    async def _flush(self) -> None:
        await self._lanes.flush()
        self._flushed = self._pace.now()
