"""A worker on the embedded broker, with tasks that only count."""

import asyncio
import socket
from collections.abc import Iterator

import aiohttp
import pytest
from confluent_kafka import Producer

from stream.runtime.embedded import EmbeddedBroker
from stream.runtime.ports import TP
from stream.runtime.settings import Settings
from stream.runtime.worker import WorkerFailed
from tests.runtime.running_worker import Running, running, until


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        broker.create_topics_of(Settings())
        yield broker


def settings_for(broker: EmbeddedBroker, **more: object) -> Settings:
    return Settings(brokers=broker.bootstrap, embedded=True, http_port=0, session_timeout_ms=6_000, **more)


def produce(broker: EmbeddedBroker, count: int) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    for number in range(count):
        producer.produce("clickstream", b"{}", key=b"user", partition=number % 4)
    producer.flush(10)


async def test_a_worker_reads_everything_once_and_commits_before_it_leaves(broker: EmbeddedBroker):
    produce(broker, 400)
    async with running(settings_for(broker)) as worker:
        await until(lambda: worker.is_ready and worker.offered >= 400, worker)
        assert worker.host.offered == {TP("clickstream", number): list(range(100)) for number in range(4)}
        sources = worker.host.sources
        assert sources is not None
        first = TP("clickstream", 0)
        await until(lambda: sources.end_offset(first) == sources.position(first) == 100, worker)
        async with aiohttp.ClientSession() as web:
            answer = await web.get(f"http://127.0.0.1:{worker.worker.http_port}/ready")
            assert answer.status == 200
        await worker.stop()
    assert worker.host.happened == [
        "take over [0, 1, 2, 3]",
        "recovered",
        "commit [0, 1, 2, 3]",
        "gave away [0, 1, 2, 3]",
        "stop",
    ]
    assert not worker.is_ready


async def test_a_paused_partition_holds_up_no_other_and_is_read_on_when_resumed(broker: EmbeddedBroker):
    async with running(settings_for(broker)) as worker:
        await until(lambda: worker.is_ready, worker)
        sources = worker.host.sources
        assert sources is not None
        paused = TP("clickstream", 2)
        sources.pause(paused)
        # A fetch under way may still bring records of a partition just paused.
        await asyncio.sleep(0.3)
        produce(broker, 400)
        await until(lambda: worker.offered >= 300, worker)
        assert paused not in worker.host.offered
        sources.resume(paused)
        await until(lambda: worker.offered == 400, worker)


async def test_an_error_of_a_task_ends_the_worker_with_one_line(broker: EmbeddedBroker):
    async with running(settings_for(broker)) as worker:
        worker.host.offer_error = ValueError("the task is wrong")
        await until(lambda: worker.is_ready, worker)
        produce(broker, 1)
        with pytest.raises(WorkerFailed, match=r"^ValueError: the task is wrong$"):
            await asyncio.wait_for(worker.ended, 30)
    assert worker.host.happened[-1] == "stop"


async def test_a_worker_without_a_broker_says_so():
    worker = Running(Settings(brokers="127.0.0.1:1", http_port=0))
    with pytest.raises(WorkerFailed, match=r"^no Kafka broker answers at 127\.0\.0\.1:1$"):
        await asyncio.wait_for(worker.ended, 30)


async def test_a_worker_whose_web_port_is_taken_does_not_start():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        worker = Running(Settings(http_port=taken.getsockname()[1]))
        with pytest.raises(WorkerFailed, match="cannot serve /metrics"):
            await asyncio.wait_for(worker.ended, 30)
    assert worker.host.happened == []
