import os
import signal

import pytest
from confluent_kafka import Consumer, Producer

from stream.runtime.embedded import PARTITIONS, EmbeddedBroker
from stream.runtime.settings import Settings


def test_every_topic_of_a_worker_is_created_with_four_partitions():
    with EmbeddedBroker() as broker:
        broker.create_topics_of(Settings(app="shop", topic_prefix="shop."))
        found = Producer({"bootstrap.servers": broker.bootstrap, "log_level": 0}).list_topics(timeout=5).topics
    assert {"shop.cart", "shop.people", "shop.triggers", "shop.dead-letters", "shop-profiles-changelog"} <= found.keys()
    assert {len(topic.partitions) for topic in found.values()} == {PARTITIONS}


def test_another_partition_count_is_refused():
    with EmbeddedBroker() as broker, pytest.raises(ValueError, match="4 partitions, not 12"):
        broker.create_topics_of(Settings(partitions=12))


def test_what_one_client_produces_another_reads():
    with EmbeddedBroker() as broker:
        broker.create_topics(["cart"])
        producer = Producer({"bootstrap.servers": broker.bootstrap, "log_level": 0})
        producer.produce("cart", b"added", key=b"ann")
        producer.flush(5)
        reader = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "r", "auto.offset.reset": "earliest"})
        reader.subscribe(["cart"])
        message = reader.poll(20)
        reader.close()
    assert message is not None
    assert (message.key(), message.value()) == (b"ann", b"added")


def test_it_says_so_when_it_is_not_started():
    with pytest.raises(RuntimeError, match="not started"):
        EmbeddedBroker().create_topics(["cart"])


def test_a_signal_that_reaches_another_thread_does_not_end_it():
    heard: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _frame: heard.append(number))
    with EmbeddedBroker() as broker:
        # What Python does while it starts a process: the main thread blocks signals, so they go to another.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        try:
            os.kill(os.getpid(), signal.SIGUSR1)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            signal.signal(signal.SIGUSR1, before)
        found = Producer({"bootstrap.servers": broker.bootstrap, "log_level": 0}).list_topics(timeout=5)
    assert found.brokers
