"""Who writes the input: `stream play` with its heartbeats, or a live shop; each topic on its own, some far behind."""

from __future__ import annotations

import asyncio
from typing import Final

from stream.model.events import TOPICS
from stream.runtime.intake import HEARTBEAT
from stream.runtime.ports import TP
from tests.simulation.cluster import Cluster
from tests.simulation.history import HOUR_MS, Narrator, Sent, live, played
from tests.simulation.log import Entry, Transaction
from tests.simulation.loop import START_MS

EVENTS_PLAYED: Final = 150
DRAIN_MS: Final = 12 * 24 * HOUR_MS


class Writing:
    """Appends to the input log, now and then within a transaction, which takes offsets of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster: Final = cluster
        self._chance: Final = cluster.chance
        self._transactional_share: Final = cluster.chance.choice([0, 0, 0.2])
        self.is_done = False

    async def append(self, sent: list[Sent]) -> None:
        """Write records in their order."""
        chance = self._chance
        if not sent or chance.random() >= self._transactional_share:
            self._write(sent, None)
            return
        if chance.random() < 0.4:
            await self._within_transaction(sent, is_commit=False)
        await self._within_transaction(sent, is_commit=True)

    async def _within_transaction(self, sent: list[Sent], *, is_commit: bool) -> None:
        transaction = Transaction()
        for record in sent:
            self._write([record], transaction)
        await asyncio.sleep(self._chance.random() * 0.3)
        transaction.state = "committed" if is_commit else "aborted"
        for tp in transaction.partitions:
            self._cluster.log[tp].mark(transaction)

    def _write(self, sent: list[Sent], transaction: Transaction | None) -> None:
        time_ms = self._cluster.loop.epoch_ms()
        for record in sent:
            self._cluster.log[TP(record.topic, record.partition)].append(
                Entry(b"k", record.value, record.headers, timestamp=time_ms, transaction=transaction)
            )

    def backlog(self, record: Sent, written_ms: int) -> None:
        """Write what came before the simulation began."""
        entry = Entry(b"k", record.value, record.headers, timestamp=written_ms)
        self._cluster.log[TP(record.topic, record.partition)].append(entry)


class Play:
    """A history played through the log: a heartbeat to all partitions of a topic says that all before it is sent."""

    def __init__(self, cluster: Cluster) -> None:
        chance = cluster.chance
        self._cluster: Final = cluster
        self._writing: Final = Writing(cluster)
        days = chance.choice([1, 3, 9])
        end_ms = START_MS + days * 24 * HOUR_MS
        narrator: Narrator = played(chance, cluster.definitions, cluster.tasks)
        self._told: Final = narrator.tell(START_MS, end_ms, chance.choice([3, 8, 15]), EVENTS_PLAYED)
        beats = sorted(chance.randrange(START_MS, end_ms) for _ in range(chance.choice([1, 4, 12])))
        self.final_ms: Final = end_ms + chance.choice([0, DRAIN_MS])
        self._beats: Final = [*beats, end_ms, self.final_ms]
        self._is_shuffled: Final = chance.random() < 0.5

    async def run(self) -> None:
        """Write it all, the topics apart from each other."""
        late = self._cluster.chance.choice([*TOPICS, "none"])
        await asyncio.gather(*(self._play(topic, 4.0 if topic == late else 0.6) for topic in TOPICS))

    async def _play(self, topic: str, longest_s: float) -> None:
        chance, begin_ms = self._cluster.chance, START_MS - 1
        for beat_ms in self._beats:
            part = [sent for sent in self._told if sent.topic == topic and begin_ms < sent.at_ms <= beat_ms]
            if self._is_shuffled:
                chance.shuffle(part)
            await asyncio.sleep(chance.random() * longest_s / 3)
            middle = chance.randrange(len(part) + 1)
            await self._writing.append(part[:middle])
            await asyncio.sleep(chance.random() * longest_s / 3)
            await self._writing.append(part[middle:])
            header = (HEARTBEAT, str(beat_ms).encode())
            for partition in range(self._cluster.tasks):
                await self._writing.append([Sent(beat_ms, topic, partition, None, [header])])
            begin_ms = beat_ms


class Shop:
    """A live shop: events are written about when they happen, some late, some from clocks that go ahead."""

    def __init__(self, cluster: Cluster) -> None:
        chance = cluster.chance
        self._cluster: Final = cluster
        self._writing: Final = Writing(cluster)
        narrator = live(chance, cluster.definitions, cluster.tasks)
        before_ms, self.lasts_s = chance.choice([0, 0, 40_000]), chance.choice([4, 8, 12])
        end_ms = START_MS + self.lasts_s * 1_000
        self._told: Final = narrator.tell(START_MS - before_ms, end_ms, chance.choice([3, 8]), chance.choice([40, 100]))
        self._late_share: Final = chance.choice([0, 0.05, 0.2])

    async def run(self) -> None:
        """Write what lies before the beginning at once, the rest as it happens."""
        plan = sorted(((self._written_ms(sent), at) for at, sent in enumerate(self._told)))
        for written_ms, at in plan:
            if written_ms <= START_MS:
                self._writing.backlog(self._told[at], written_ms)
        for topic in TOPICS:
            self._cluster.loop.create_task(
                self._write(
                    [(ms, self._told[at]) for ms, at in plan if ms > START_MS and self._told[at].topic == topic]
                )
            )
        await asyncio.sleep(self.lasts_s + 6)

    def _written_ms(self, sent: Sent) -> int:
        chance = self._cluster.chance
        if chance.random() < self._late_share:
            return sent.at_ms + chance.choice([-1_500, 300, 2_000, 5_000])
        return sent.at_ms + chance.randrange(30)

    async def _write(self, plan: list[tuple[int, Sent]]) -> None:
        for written_ms, sent in plan:
            wait_s = (written_ms - self._cluster.loop.epoch_ms()) / 1_000
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            await self._writing.append([sent])
