"""Playing into real Kafka: what arrives, where, in which order, and what is refused."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from click.testing import CliRunner, Result

from stream.cli.play import command
from stream.model.events import TOPICS
from stream.runtime.play import BACKFILL_HEADER, HEARTBEAT_HEADER, partition_of
from stream.runtime.settings import Settings
from stream.runtime.topics_on_broker import ensure_topics
from tests.kafka.conftest import Kafka

ROOT = Path(__file__).parents[2]
PARTITIONS = 3

LINES = "".join(
    f'{{"type":"track","messageId":"m{n}","userId":"user {n % 50}","event":"Product Viewed",'
    f'"timestamp":"2024-05-01T{n // 60:02}:{n % 60:02}:00Z","properties":{{"product_id":"p{n}"}}}}\n'
    for n in range(600)
)


@pytest.fixture
async def settings(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> Settings:
    prefix = kafka.unique("play")
    settings = Settings(app=prefix, topic_prefix=f"{prefix}.", brokers=kafka.bootstrap, partitions=PARTITIONS)
    await ensure_topics(settings, create=True)
    monkeypatch.setenv("STREAM_TOPIC_PREFIX", settings.topic_prefix)
    return settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    path.write_text(LINES)
    return path


def play(file: Path, brokers: str, *options: str) -> Result:
    arguments = [str(file), "--format", "segment", "--config", str(ROOT / "config"), "--brokers", brokers]
    return CliRunner().invoke(command, [*arguments, *options])


async def arrived(settings: Settings) -> dict[TopicPartition, list[ConsumerRecord]]:
    """Return all records of the input topics, by partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.brokers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        tps = [TopicPartition(settings.topic_prefix + topic, p) for topic in TOPICS for p in range(PARTITIONS)]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        found: dict[TopicPartition, list[ConsumerRecord]] = {tp: [] for tp in tps}
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for tp, records in (await consumer.getmany(timeout_ms=500)).items():
                found[tp] += records
        return found
    finally:
        await consumer.stop()


def heartbeats(records: list[ConsumerRecord]) -> Iterator[int]:
    return (int(value) for record in records for header, value in record.headers if header == HEARTBEAT_HEADER)


async def test_every_event_arrives_once_in_order_on_its_users_partition(settings: Settings, file: Path):
    result = await asyncio.to_thread(play, file, settings.brokers)
    assert result.exit_code == 0, result.output
    assert "played 600 events of 2024-05-01T00:00:00Z to 2024-05-01T09:59:00Z" in result.stdout
    found = await arrived(settings)
    clicks = [r for tp, rs in found.items() if tp.topic.endswith("clickstream") for r in rs if r.key is not None]
    assert len(clicks) == 600
    assert all(partition_of(click.key.decode(), PARTITIONS) == click.partition for click in clicks)
    assert {tuple(click.headers) for click in clicks} == {()}
    beats = {tuple(heartbeats(records)) for records in found.values()}
    assert len(beats) == 1
    (sent,) = beats
    assert list(sent) == sorted(sent)
    assert sent[-1] == 1_714_557_540_000
    assert len(sent) >= 9


async def test_backfill_marks_every_event_with_the_end_of_history(settings: Settings, file: Path):
    await asyncio.to_thread(play, file, settings.brokers, "--backfill", "--until", "2024-05-01T01:00:00Z")
    found = await arrived(settings)
    marks = {tuple(record.headers) for records in found.values() for record in records if record.key is not None}
    assert marks == {((BACKFILL_HEADER, b"1714525200000"),)}


async def test_javas_partitioner_agrees(settings: Settings):
    """Aiokafka's default partitioner is Java's; ours must be the same for any user."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers)
    await producer.start()
    try:
        for user in ("u1", "Ünïcode ☃", "a" * 256, "42"):
            written = await producer.send_and_wait(f"{settings.topic_prefix}cart", b"{}", key=user.encode())
            assert written.partition == partition_of(user, PARTITIONS)
    finally:
        await producer.stop()


def test_topics_that_are_not_there_are_refused_at_once(kafka: Kafka, file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STREAM_TOPIC_PREFIX", kafka.unique("nowhere."))
    result = play(file, kafka.bootstrap)
    assert result.exit_code != 0
    assert "`stream topics` creates them" in result.stderr


@pytest.mark.parametrize(
    ("option", "value"), [("--speed", "0"), ("--speed", "fast"), ("--heartbeat", "1"), ("--until", "soon")]
)
def test_a_bad_option_is_refused(file: Path, option: str, value: str):
    result = play(file, "127.0.0.1:1", option, value)
    assert result.exit_code == 2
    assert value in result.stderr


def test_a_broker_that_is_not_there_is_said_so(file: Path):
    result = play(file, "127.0.0.1:1")
    assert result.exit_code != 0
    assert "no Kafka broker answers at 127.0.0.1:1" in result.stderr
