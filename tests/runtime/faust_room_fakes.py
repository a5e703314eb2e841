"""Stand-ins for what is on either side of the Faust room: the tasks behind it, and aiokafka's consumer before it."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka.cluster import ClusterMetadata
from aiokafka.consumer.subscription_state import SubscriptionState

from stream.runtime.ports import TP, Record, Sources

TOPICS = ("people", "clickstream", "cart", "email")


class FakeRecord(NamedTuple):
    topic: str
    partition: int
    offset: int
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()


def records(tp: TP, first: int, count: int = 1) -> list[Record]:
    return [FakeRecord(tp.topic, tp.partition, offset) for offset in range(first, first + count)]


class FakeHost:
    """Tasks that count, and write down what was asked of them in order. Make it in a running loop."""

    changelog_topic = "stream-profiles-changelog"

    def __init__(self, topics: Sequence[str] = TOPICS) -> None:
        self.input_topics = topics
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.happened: list[str] = []
        self.offered: dict[TP, list[int]] = defaultdict(list)
        self.sources: Sources | None = None
        self.recovers = asyncio.Event()
        self.recovers.set()
        self.next_offsets: dict[TP, int] = {}
        self.forgotten: set[str] = set()
        self.offer_error: Exception | None = None

    def all_of(self, count: int) -> list[TP]:
        return [TP(topic, number) for topic in self.input_topics for number in range(count)]

    async def assigned(self, partitions: frozenset[int], sources: Sources) -> dict[TP, int]:
        self.happened.append(f"take over {sorted(partitions)}")
        self.sources = sources
        await self.recovers.wait()
        self.happened.append("recovered")
        tps = [TP(topic, number) for topic in self.input_topics for number in partitions]
        self.next_offsets = {tp: self.next_offsets.get(tp, 0) for tp in tps if tp.topic not in self.forgotten}
        return dict(self.next_offsets)

    async def revoked(self, partitions: frozenset[int]) -> None:
        self.happened.append(f"commit {sorted(partitions)}")
        await asyncio.sleep(0)
        self.happened.append(f"gave away {sorted(partitions)}")

    def offer(self, tp: TP, batch: Sequence[Record]) -> None:
        if self.offer_error is not None:
            raise self.offer_error
        self.offered[tp].extend(record.offset for record in batch)
        self.next_offsets[tp] = batch[-1].offset + 1

    async def stop(self) -> None:
        self.happened.append("stop")

    def positions(self) -> dict[TP, int]:
        return dict(self.next_offsets)


class FakeFetcher:
    """Answers a fetch as told: which partitions succeed, and with what high watermark."""

    def __init__(self, consumer: "FakeConsumer") -> None:
        self._consumer = consumer
        self.high_watermarks: dict[TP, int] = {}

    async def _proc_fetch_request(self, assignment: object, node_id: object, request: object) -> bool:
        for tp, high_watermark in self.high_watermarks.items():
            state = self._consumer._subscription.subscription.assignment.state_value(tp)
            state.highwater = state.lso = high_watermark
            state.timestamp = 1
        return False


class FakeCoordinator:
    def __init__(self) -> None:
        self.error: Exception | None = None

    def check_errors(self) -> None:
        if self.error is not None:
            raise self.error


class FakeClient:
    def __init__(self) -> None:
        self.cluster = ClusterMetadata(metadata_max_age_ms=1_000)


class FakeConsumer:
    """aiokafka's consumer with its real subscription state, and no broker. Make it in a running loop."""

    def __init__(self, tps: Sequence[TP], partitions: dict[str, int] | None = None) -> None:
        self._subscription = SubscriptionState()
        self._subscription.assign_from_user(tps)
        self._fetcher = FakeFetcher(self)
        self._coordinator = FakeCoordinator()
        self._client = FakeClient()
        self._partitions = partitions if partitions is not None else {tp.topic: 4 for tp in tps}

    def rebalance(self, tps: Sequence[TP]) -> None:
        self._subscription.unsubscribe()
        self._subscription.assign_from_user(tps)

    def state(self, tp: TP) -> object:
        return self._subscription.subscription.assignment.state_value(tp)

    def assignment(self) -> set[TP]:
        return self._subscription.assigned_partitions()

    def pause(self, tp: TP) -> None:
        self._subscription.pause(tp)

    def resume(self, tp: TP) -> None:
        self._subscription.resume(tp)

    def seek(self, tp: TP, offset: int) -> None:
        self._subscription.seek(tp, offset)

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        count = self._partitions.get(topic, 0)
        return set(range(count)) if count else None

    async def beginning_offsets(self, tps: Sequence[TP]) -> dict[TP, int]:
        return dict.fromkeys(tps, 3)

    async def end_offsets(self, tps: Sequence[TP]) -> dict[TP, int]:
        return dict.fromkeys(tps, 9)


class FakeFetchRequest:
    def __init__(self, tps: Sequence[TP]) -> None:
        self.topics = [(tp.topic, [(tp.partition, 0, 1)]) for tp in tps]


def all_of(*numbers: int) -> list[TP]:
    return [TP(topic, number) for topic in TOPICS for number in numbers]
