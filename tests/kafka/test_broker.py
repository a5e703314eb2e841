"""The harness itself: a broker answers, and a killed one comes back with its log."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic

from tests.kafka.broker import Broker, KafkaUnavailableError, answers, classpath
from tests.kafka.conftest import Kafka
from tests.kafka.topics import create_topics


async def test_the_shared_broker_answers_and_names_are_never_given_twice(kafka: Kafka) -> None:
    assert answers(kafka.bootstrap)
    assert kafka.unique("clickstream") != kafka.unique("clickstream")


async def test_a_committed_record_outlives_a_killed_broker(broker_to_break: Broker) -> None:
    address, first_pid = broker_to_break.bootstrap, broker_to_break.pid
    await create_topics(address, NewTopic("kept", 1, 1))
    async with AIOKafkaProducer(bootstrap_servers=address, transactional_id="t") as producer, producer.transaction():
        await producer.send_and_wait("kept", b"value", partition=0)
    broker_to_break.kill()
    assert broker_to_break.pid is None
    assert not answers(address, timeout_s=0.5)
    broker_to_break.start()
    assert broker_to_break.bootstrap == address
    assert broker_to_break.pid != first_pid
    async with AIOKafkaConsumer(bootstrap_servers=address, isolation_level="read_committed") as consumer:
        consumer.assign([TopicPartition("kept", 0)])
        consumer.seek(TopicPartition("kept", 0), 0)
        record = await consumer.getone()
    assert record.value == b"value"


def test_a_kafka_home_without_jars_is_named_as_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "java"
    java.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path))
    with pytest.raises(KafkaUnavailableError, match="has no `libs` folder"):
        classpath()


def test_a_machine_without_java_is_named_as_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KafkaUnavailableError, match="no `java`"):
        classpath()
