"""A broker, a consumer and time in memory, for tasks: with transactions, fencing, and places to fail at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from stream.definitions.shapes import Definitions
from stream.model.errors import StreamStop
from stream.runtime.delivery import partition_of
from stream.runtime.metrics import Metrics
from stream.runtime.ports import TP
from stream.runtime.settings_fields import Settings
from stream.runtime.store.ports import Disk
from stream.runtime.task_ports import Fenced, Outgoing, TaskPorts
from stream.runtime.tasks import Tasks
from tests.runtime.fake_logs import CHANGELOG, AtOnce, FakeChangelog, FakeLogs
from tests.runtime.small_shop import definitions
from tests.runtime.virtual_time import START_MS, FakeClock, run

MINUTE_MS = 60_000
INPUTS = ("people", "clickstream", "cart", "email")
OUTPUTS = ("segment-changes", "triggers", "decisions", "dead-letters")
LEARNING = ("stream-contributions", "stream-reference")


@dataclass
class Transaction:
    state: Literal["open", "committed", "aborted"] = "open"


@dataclass
class FakeRecord:
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    transaction: Transaction = field(default_factory=lambda: Transaction("committed"))

    def header(self, name: str) -> str:
        return dict(self.headers)[name].decode()


class FakeBroker:
    """Logs by partition. `trouble` is asked before each step of a writer; it may raise, or give something to await."""

    def __init__(self, partitions: int = 1) -> None:
        self.partitions = partitions
        self.logs: dict[TP, list[FakeRecord]] = {}
        self.starts: dict[TP, int] = {}
        self.epochs: dict[int | str, int] = {}
        self.open: dict[int | str, Transaction] = {}
        self.topic_ids: dict[str, str] = {}
        self.tells_offsets = True
        self.reads: list[tuple[int, int]] = []
        self.writers: list[FakeWriter] = []
        self.trouble: Callable[[str], Any] = lambda step: None

    def append(self, tp: TP, record: FakeRecord) -> None:
        record.offset = self.end(tp)
        self.logs.setdefault(tp, []).append(record)

    def end(self, tp: TP) -> int:
        return len(self.logs.get(tp, []))

    def committed(self, topic: str) -> list[FakeRecord]:
        """What a read_committed subscriber of a topic sees."""
        records = [record for tp, log in sorted(self.logs.items()) if tp.topic == topic for record in log]
        return [record for record in records if record.transaction.state == "committed"]

    def outcomes(self, topic: str) -> list[dict[str, Any]]:
        return [msgspec.json.decode(record.value or b"") for record in self.committed(topic)]

    def state(self) -> dict[bytes | None, bytes]:
        """The changelog as its last records say, tombstones applied."""
        latest = {record.key: record.value for record in self.committed(CHANGELOG)}
        return {key: value for key, value in latest.items() if value is not None}

    # ------------------------------------------------------------------------------------- input

    def send(self, topic: str, value: Any, *, partition: int = 0, **extra: Any) -> None:
        encoded = value if isinstance(value, bytes) or value is None else msgspec.json.encode(value)
        record = FakeRecord(topic, partition, 0, extra.pop("log_ms", -1), extra.pop("key", b"k"), encoded, **extra)
        self.append(TP(topic, partition), record)

    def misplaced(self, user: str, name: str, time_ms: int, *, topic: str = "cart", **extra: Any) -> int:
        """Send an event to a partition where its user does not belong, and return that."""
        wrong = (partition_of(user.encode(), self.partitions) + 1) % self.partitions
        call = {"type": "track", "event": name, "userId": user, "timestamp": time_ms}
        call.update(messageId=extra.pop("message_id", None), properties=extra.pop("properties", {}))
        self.send(topic, call, partition=wrong, **extra)
        return wrong

    def event(self, user: str, name: str, time_ms: int, **extra: Any) -> None:
        """Send one event to its topic. `at_log_ms` is the record's own timestamp; the rest are properties."""
        topics = {"product_viewed": "clickstream", "email_opened": "email", "erasure_requested": "people"}
        topic, log_ms = extra.pop("topic", topics.get(name, "cart")), extra.pop("at_log_ms", -1)
        headers, message_id = extra.pop("headers", ()), extra.pop("message_id", None)
        call = {"type": "track", "event": name, "userId": user, "timestamp": time_ms, "properties": extra}
        self.send(topic, {**call, "messageId": message_id}, log_ms=log_ms, headers=headers)

    def heartbeat(self, time_ms: int, topics: Iterable[str] = INPUTS) -> None:
        for topic in topics:
            for partition in range(self.partitions):
                header = ("stream-heartbeat", str(time_ms).encode())
                self.send(topic, None, partition=partition, key=None, headers=[header])


class FakeWriter:
    def __init__(self, broker: FakeBroker, partition: int | str) -> None:
        self._broker, self._partition = broker, partition
        self._epoch = broker.epochs[partition]
        self._ends: dict[TP, int] = {}
        self.is_closed = False

    async def _step(self, name: str) -> None:
        await asyncio.sleep(0.001)
        held = self._broker.trouble(name)
        if held is not None:
            await held
        if self._broker.epochs[self._partition] != self._epoch:
            raise Fenced(name)

    def written_up_to(self, tp: TP) -> int | None:
        return self._ends.get(tp) if self._broker.tells_offsets else None

    async def begin(self) -> None:
        await self._step("begin")
        self._broker.open[self._partition] = Transaction()

    async def write(self, topic: str, partition: int, records: Sequence[Outgoing]) -> None:
        await self._step("write")
        transaction = self._broker.open[self._partition]
        for key, value, headers in records:
            self._broker.append(
                TP(topic, partition), FakeRecord(topic, partition, 0, 0, key, value, headers, transaction)
            )
        self._ends[TP(topic, partition)] = self._broker.end(TP(topic, partition))

    async def commit(self) -> None:
        await self._step("commit")
        self._broker.open.pop(self._partition).state = "committed"
        await self._step("committed")

    async def abort(self) -> None:
        await self._step("abort")
        if self._partition in self._broker.open:
            self._broker.open.pop(self._partition).state = "aborted"

    async def close(self) -> None:
        self.is_closed = True


class FakeTransactions:
    def __init__(self, broker: FakeBroker) -> None:
        self._broker = broker

    async def open(self, partition: int) -> FakeWriter:
        return await self.open_as(partition)

    async def open_as(self, partition: int | str) -> FakeWriter:
        await asyncio.sleep(0.001)
        self._broker.epochs[partition] = self._broker.epochs.get(partition, 0) + 1
        if partition in self._broker.open:
            self._broker.open.pop(partition).state = "aborted"
        writer = FakeWriter(self._broker, partition)
        self._broker.writers.append(writer)
        return writer

    async def partitions(self, topic: str) -> int:
        if topic in LEARNING or TP(topic, 0) in self._broker.logs:
            return 1 if topic in LEARNING else self._broker.partitions
        if topic not in (*INPUTS, *OUTPUTS, CHANGELOG):
            raise StreamStop(f"there is no topic {topic}")
        return self._broker.partitions

    async def topic_ids(self, topics: Sequence[str]) -> dict[str, str]:
        return {topic: self._broker.topic_ids.get(topic, topic) for topic in topics}


class FakeSources:
    """A consumer: fetches every 50 ms what is not paused and offers it. The partitions in `silent` get no answer."""

    def __init__(self, broker: FakeBroker, batch: int = 500) -> None:
        self._broker, self._batch = broker, batch
        self.silent: set[TP] = set()
        self.paused: set[TP] = set()
        self.pauses = 0
        self._positions: dict[TP, int] = {}
        self._ends: dict[TP, int] = {}
        self._fetched: dict[TP, float] = {}

    def pause(self, tp: TP) -> None:
        self.pauses += 1
        self.paused.add(tp)

    def resume(self, tp: TP) -> None:
        self.paused.discard(tp)

    def seek(self, tp: TP, offset: int) -> None:
        self._positions[tp] = offset

    def position(self, tp: TP) -> int | None:
        return self._positions.get(tp)

    def end_offset(self, tp: TP) -> int | None:
        return self._ends.get(tp)

    def fetched_at(self, tp: TP) -> float | None:
        return self._fetched.get(tp)

    async def bounds(self, tps: Iterable[TP]) -> dict[TP, tuple[int, int]]:
        return {tp: (self._broker.starts.get(tp, 0), self._broker.end(tp)) for tp in tps}

    def partitions(self, topic: str) -> frozenset[int]:
        return frozenset(range(self._broker.partitions))

    async def fetch_for_ever(self, host: Tasks) -> None:
        while True:
            for tp in list(self._positions):
                if tp not in self.silent | self.paused:
                    self.fetch(host, tp)
            await asyncio.sleep(0.05)

    def show_end(self, tp: TP) -> None:
        """Get a response, and keep back what it brings."""
        self._ends[tp], self._fetched[tp] = self._broker.end(tp), asyncio.get_running_loop().time()

    def fetch(self, host: Tasks, tp: TP) -> None:
        self.show_end(tp)
        at = self._positions[tp]
        records = self._broker.logs.get(tp, [])[at : at + self._batch]
        host.offer(tp, records)
        self._positions[tp] = at + len(records)


class Worker:
    """Tasks over a fake broker, with a consumer. `async with` takes over all partitions, and gives them away after."""

    def __init__(
        self,
        broker: FakeBroker,
        *,
        batch: int = 500,
        ahead_ms: int = 0,
        shop: Definitions | None = None,
        disk: Disk | None = None,
        **settings: Any,
    ) -> None:
        self.broker, self.clock = broker, FakeClock(ahead_ms)
        self.settings = msgspec.convert({"partitions": broker.partitions, **settings}, Settings)
        self.sources = FakeSources(broker, batch)
        self.metrics = Metrics()
        logs, changelog = FakeLogs(broker), FakeChangelog(broker)
        ports = TaskPorts(FakeTransactions(broker), changelog, self.clock, logs, AtOnce(), disk)
        self.tasks = Tasks(shop or definitions(), self.settings, self.metrics, ports)
        self._fetching: asyncio.Task[None] | None = None

    async def start(self) -> Worker:
        offsets = await self.tasks.assigned(frozenset(range(self.broker.partitions)), self.sources)
        for tp, offset in offsets.items():
            self.sources.seek(tp, offset)
        self._fetching = asyncio.create_task(self.sources.fetch_for_ever(self.tasks))
        return self

    async def crash(self) -> None:
        """End without another word: what is under way stays as it is."""
        for task in asyncio.all_tasks():
            if task.get_name().startswith(("task-", "commit-", "learning", "following")) or task is self._fetching:
                task.cancel()
        await asyncio.sleep(0)

    async def __aenter__(self) -> Worker:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
        await self.tasks.stop()


def counted(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"stream_{name}_total", labels) or 0.0


__all__ = ["CHANGELOG", "START_MS", "definitions", "run"]
