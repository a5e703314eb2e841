"""What producers other than ours write, through a whole worker: header names of any bytes, every codec of Kafka."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import NotLeaderForPartitionError
from aiokafka.protocol.produce import ProduceRequest
from confluent_kafka import Producer

from stream.model.calls import encode_call
from stream.runtime.delivery import partition_of
from stream.runtime.ports import TP
from tests.kafka.test_live import now_ms, track
from tests.kafka.workers import ROOT, Outcomes, WorkerProcess, has_no_lag, new_app, until, workers
from tests.runtime.foreign_batches import LATIN_1, LATIN_1_READ, Foreign, batch

if TYPE_CHECKING:
    from stream.runtime.settings import Settings
    from tests.kafka.conftest import Kafka

pytestmark = pytest.mark.kafka
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
PARTITION = 2
WITHIN_S = 60.0


def order(user: str) -> bytes:
    """A user's first order."""
    return encode_call(track(user, "Order Completed", None, {"order_id": f"o-{user}", "total": 20}))


async def append(settings: Settings, records: list[Foreign], codec: str) -> None:
    """Let the broker append a batch that no client would make."""
    topic = settings.topic_prefix + "cart"
    produce = ProduceRequest(None, -1, 10_000, [(topic, [(PARTITION, batch(records, codec, timestamp_ms=now_ms()))])])
    async with AIOKafkaProducer(bootstrap_servers=settings.brokers) as producer, asyncio.timeout(20):
        while True:
            await producer.partitions_for(topic)
            leader = producer.client.cluster.leader_for_partition(TP(topic, PARTITION))
            ((_, ((_, error, *_),)),) = (await producer.client.send(leader, produce)).topics
            if error != NotLeaderForPartitionError.errno:
                break
            await asyncio.sleep(0.1)  # the topic is new
    assert error == 0


def send_compressed(settings: Settings, codec: str, users: list[str]) -> None:
    """Send an order of each user, in batches that librdkafka compresses."""
    producer = Producer({"bootstrap.servers": settings.brokers, "compression.type": codec, "linger.ms": 50})
    for user in users:
        partition = partition_of(user.encode(), settings.partitions)
        producer.produce(f"{settings.topic_prefix}cart", order(user), user.encode(), partition)
    assert producer.flush(20) == 0


async def decide(worker: WorkerProcess, events: int) -> None:
    """Wait until so many events are decided and no lag is left, and end the worker."""
    await until(lambda: has_no_lag([worker], events), WITHIN_S, [worker])
    assert (await worker.metrics()).sum("stream_events_total") == events
    assert await worker.stop() == 0


def buyers(seen: Outcomes) -> list[str]:
    """Return who bought for the first time, once for each time that it was decided."""
    users = {record.key.decode() for record in seen.records["segment-changes"]}
    return sorted(
        user for user in users for _, said in seen.of("segment-changes", user) if said["segment"] == "first_time_buyer"
    )


async def test_a_header_name_that_is_no_utf_8_stops_nobody(kafka: Kafka, tmp_path: Path) -> None:
    settings = await new_app(kafka, "names", "wall")
    *users, late, later = [user for user in map("u{}".format, range(99)) if partition_of(user.encode(), 4) == PARTITION]
    records = [Foreign(order(user)) for user in users]
    records[3] = records[3]._replace(name=LATIN_1)
    records[7:7] = [Foreign(b"{", LATIN_1, b"\xf6"), Foreign(b"[", b"\xff\xfe", None, None)]
    await append(settings, records, "none")
    async with workers(1, ROOT / "config", settings, tmp_path) as (worker,), Outcomes(settings) as seen:
        await until(lambda: has_no_lag([worker], len(users)), WITHIN_S, [worker])
        await append(settings, [Foreign(order(late), LATIN_1)], "lz4")
        await decide(worker, len(users) + 1)
        worker.start()
        await append(settings, [Foreign(order(later), LATIN_1)], "zstd")
        await decide(worker, 1)
        await seen.read_to_end()
    assert buyers(seen) == sorted([*users, late, later])
    letters = seen.records["dead-letters"]
    assert [(letter.key, letter.value) for letter in letters] == [(b"k", b"{"), (None, b"[")]
    assert [letter.headers[0] for letter in letters] == [(LATIN_1_READ, b"\xf6"), (r"\xff\xfe", None)]
    assert [dict(letter.headers)["stream-id"] for letter in letters] == [
        f"{settings.topic_prefix}cart/{PARTITION}/{offset}".encode() for offset in (7, 8)
    ]


async def test_whatever_a_producer_compresses_with_is_read(kafka: Kafka, tmp_path: Path) -> None:
    settings = await new_app(kafka, "codecs", "wall")
    users = {codec: [f"{codec}-{number}" for number in range(200)] for codec in CODECS}
    for codec, some in users.items():
        await asyncio.to_thread(send_compressed, settings, codec, some)
    everyone = sorted(user for some in users.values() for user in some)
    async with workers(1, ROOT / "config", settings, tmp_path) as (worker,), Outcomes(settings) as seen:
        await decide(worker, len(everyone))
        await seen.read_to_end()
    assert buyers(seen) == everyone
    assert seen.records["dead-letters"] == []
