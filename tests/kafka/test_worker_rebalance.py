"""Workers of one group on a real broker, with tasks that only count."""

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from stream.runtime.settings import Settings
from stream.runtime.worker import WorkerFailed
from tests.runtime.faust_room_fakes import TOPICS
from tests.runtime.running_worker import Running, running, until

if TYPE_CHECKING:
    from tests.kafka.conftest import Kafka

pytestmark = pytest.mark.kafka


def settings_for(kafka: "Kafka") -> Settings:
    name = kafka.unique("worker")
    return Settings(
        brokers=kafka.bootstrap,
        app=name,
        topic_prefix=f"{name}-",
        http_port=0,
        session_timeout_ms=6_000,
        heartbeat_interval_ms=200,
    )


def create(settings: Settings, partitions: dict[str, int]) -> None:
    admin = AdminClient({"bootstrap.servers": settings.brokers})
    topics = [NewTopic(settings.topic_prefix + topic, count, 1) for topic, count in partitions.items()]
    for done in admin.create_topics(topics).values():
        done.result(20)
    # The broker answers a little before its metadata has the topics.
    deadline = time.monotonic() + 20
    while not {topic.topic for topic in topics} <= _topics_with_leaders(admin):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _topics_with_leaders(admin: AdminClient) -> set[str]:
    found = admin.list_topics(timeout=10).topics
    return {
        name
        for name, topic in found.items()
        if topic.partitions and all(p.leader >= 0 for p in topic.partitions.values())
    }


def produce(settings: Settings, count: int) -> None:
    producer = Producer({"bootstrap.servers": settings.brokers})
    for number in range(count):
        producer.produce(f"{settings.topic_prefix}clickstream", b"{}", key=b"user", partition=number % 4)
    producer.flush(10)


async def test_two_workers_share_the_tasks_and_nothing_is_read_twice_or_left_out(kafka: "Kafka"):
    settings = settings_for(kafka)
    create(settings, dict.fromkeys(TOPICS, 4))
    produce(settings, 400)
    async with running(settings) as first:
        await until(lambda: first.offered >= 400, first)
        async with running(settings) as second:
            # What the first committed is what the second goes on from, as the changelog will have it.
            second.host.next_offsets = first.host.next_offsets
            await until(lambda: second.is_ready and len(first.host.happened) >= 6, first, second)
            await until(lambda: first.is_ready, first)
            assert first.host.happened[:4] == [
                "take over [0, 1, 2, 3]",
                "recovered",
                "commit [0, 1, 2, 3]",
                "gave away [0, 1, 2, 3]",
            ]
            first.host.offered.clear()
            produce(settings, 400)
            await until(lambda: first.offered + second.offered >= 400, first, second)
            held = [{tp.partition for tp in worker.host.offered} for worker in (first, second)]
            assert sorted(map(len, held)) == [2, 2]
            assert held[0] | held[1] == {0, 1, 2, 3}
            for offsets in [*first.host.offered.values(), *second.host.offered.values()]:
                assert offsets == list(range(100, 200))


async def test_when_a_worker_leaves_the_other_takes_its_tasks_without_waiting_for_the_session_to_end(kafka: "Kafka"):
    settings = settings_for(kafka)
    create(settings, dict.fromkeys(TOPICS, 4))
    async with running(settings) as first, running(settings) as second:
        await until(lambda: first.is_ready and second.is_ready, first, second)
        await second.stop()
        async with asyncio.timeout(settings.session_timeout_ms / 1_000):
            await until(lambda: first.host.happened[-2:] == ["take over [0, 1, 2, 3]", "recovered"], first)


async def test_a_named_worker_that_restarts_has_its_tasks_again_and_no_other_hears_of_it(kafka: "Kafka"):
    settings = msgspec.structs.replace(settings_for(kafka), instance="first")
    create(settings, dict.fromkeys(TOPICS, 4))
    async with running(settings) as first:
        second_settings = msgspec.structs.replace(settings, instance="second", session_timeout_ms=20_000)
        async with running(second_settings) as second:
            await until(lambda: all(len(_held(worker)) == 2 for worker in (first, second)), first, second)
            before, held = list(first.host.happened), _held(second)
            await second.stop()
            async with running(second_settings) as again:
                await until(lambda: again.is_ready, first, again)
                assert _held(again) == held
                assert first.host.happened == before


def _held(worker: Running) -> set[int]:
    return {tp.partition for tp in worker.host.next_offsets} if worker.is_ready else set()


async def test_what_was_committed_shows_in_the_group_for_lag_tools(kafka: "Kafka"):
    from confluent_kafka import ConsumerGroupTopicPartitions

    settings = settings_for(kafka)
    create(settings, dict.fromkeys(TOPICS, 4))
    produce(settings, 40)
    async with running(settings) as worker:
        await until(lambda: worker.offered >= 40, worker)
        await worker.stop()
    admin = AdminClient({"bootstrap.servers": settings.brokers})
    asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(settings.app)])
    committed = asked[settings.app].result(20).topic_partitions
    assert {tp.partition: tp.offset for tp in committed if tp.topic.endswith("clickstream")} == dict.fromkeys(
        range(4), 10
    )


async def test_a_missing_topic_ends_the_worker_and_is_named(kafka: "Kafka"):
    settings = settings_for(kafka)
    create(settings, {"people": 4, "clickstream": 4, "email": 4})
    worker = Running(settings)
    with pytest.raises(WorkerFailed, match=r"no such topic on the broker: .*cart"):
        await asyncio.wait_for(worker.ended, 60)
    assert worker.host.happened == ["stop"]


async def test_unequal_partition_counts_end_the_worker(kafka: "Kafka"):
    settings = settings_for(kafka)
    create(settings, {"people": 4, "clickstream": 4, "email": 4, "cart": 5})
    worker = Running(settings)
    with pytest.raises(WorkerFailed, match=r"need equal partition counts.*cart has 5"):
        await asyncio.wait_for(worker.ended, 60)


async def test_a_position_that_is_gone_from_the_log_ends_the_worker(kafka: "Kafka"):
    settings = settings_for(kafka)
    create(settings, dict.fromkeys(TOPICS, 4))
    worker = Running(settings)
    worker.host.next_offsets = dict.fromkeys(worker.host.all_of(4), 5)
    with pytest.raises(WorkerFailed, match="OffsetOutOfRange"):
        await asyncio.wait_for(worker.ended, 60)
