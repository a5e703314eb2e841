"""Requeue on a real broker: dead letters go back once, whatever else lies in the log."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer
from click.testing import CliRunner, Result

from stream.cli.requeue import command
from stream.model.errors import DeadLetter
from stream.runtime.delivery import Delivery
from stream.runtime.kafka_transactions import KafkaTransactions
from stream.runtime.ports import TP, Record
from stream.runtime.settings import Settings
from stream.runtime.topics_on_broker import ensure_topics
from tests.kafka.topics import settled_ends

if TYPE_CHECKING:
    from tests.kafka.conftest import Kafka

pytestmark = pytest.mark.kafka
USER = msgspec.json.encode({"userId": "u1"})


@pytest.fixture
def settings(kafka: Kafka) -> Settings:
    own = Settings(app=kafka.unique("app"), brokers=kafka.bootstrap, topic_prefix=kafka.unique("") + "-")
    asyncio.run(ensure_topics(own, create=True))
    return own


def letter(settings: Settings, partition: int, offset: int, value: bytes = b"{") -> DeadLetter:
    topic = f"{settings.topic_prefix}cart"
    return DeadLetter(topic, partition, offset, b"k", value, [("trace", b"7")], 5, "not_json", "")


async def dead_letter(settings: Settings, *letters: DeadLetter, commits: bool = True) -> None:
    """Write dead letters as a worker does, or abort them."""
    writer = await KafkaTransactions(settings).open(0)
    await writer.begin()
    for tp, records in Delivery("x", settings.topic_prefix, {"dead-letters": 4}).records([], letters).items():
        await writer.write(tp.topic, tp.partition, records)
    await (writer.commit() if commits else writer.abort())
    await writer.close()
    await settled_ends(settings.brokers, [TP(f"{settings.topic_prefix}dead-letters", number) for number in range(4)])


async def carts(settings: Settings) -> list[Record]:
    tps = [TP(f"{settings.topic_prefix}cart", number) for number in range(4)]
    found: list[Record] = []
    async with AIOKafkaConsumer(
        bootstrap_servers=settings.brokers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        group_id=None,
    ) as consumer:
        consumer.assign(tps)
        ends = await settled_ends(settings.brokers, tps)
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(records)
    return found


def requeue(settings: Settings, folder: Path, *options: str) -> Result:
    names = ("app", "brokers", "topic_prefix")
    env = {f"STREAM_{name.upper()}": str(getattr(settings, name)) for name in names}
    result = CliRunner().invoke(command, [str(folder), *options], env=env)
    assert result.exit_code == 0, result.output
    return result


def test_letters_go_back_once_to_their_users_or_their_own_partition(settings: Settings, tmp_path: Path):
    asyncio.run(dead_letter(settings, letter(settings, 3, 0), letter(settings, 2, 1, USER)))
    asyncio.run(dead_letter(settings, letter(settings, 1, 9), commits=False))
    looked = requeue(settings, tmp_path, "--dry-run")
    assert looked.stdout == "would requeue 2 dead letters\n  cart         not_json          2\n"
    assert asyncio.run(carts(settings)) == []
    assert requeue(settings, tmp_path).stdout.startswith("requeued 2 dead letters")
    again = requeue(settings, tmp_path)
    assert again.stdout == "requeued 0 dead letters\nleft alone: 2 requeued before\n"
    back = {record.value: record for record in asyncio.run(carts(settings))}
    assert len(back) == 2
    assert (back[b"{"].partition, back[b"{"].key) == (3, b"k")
    assert dict(back[b"{"].headers) == {"trace": b"7", "stream-requeued": f"{settings.topic_prefix}cart/3/0".encode()}
    asyncio.run(dead_letter(settings, letter(settings, 0, 5)))
    assert requeue(settings, tmp_path, "--topic", "email").stdout.startswith("requeued 0 dead letters")
    assert requeue(settings, tmp_path, "--until", "2020-01-01T00:00:00Z").stdout.startswith("requeued 0 dead letters")
    assert requeue(settings, tmp_path, "--reason", "not_json").stdout.startswith("requeued 1 dead letter\n")
    assert len(asyncio.run(carts(settings))) == 3


def test_a_missing_topic_and_a_missing_broker_are_said_in_one_line(kafka: Kafka, tmp_path: Path):
    env = {"STREAM_BROKERS": kafka.bootstrap, "STREAM_TOPIC_PREFIX": kafka.unique("none") + "-"}
    result = CliRunner().invoke(command, [str(tmp_path)], env=env)
    assert result.exit_code != 0
    assert "there is no topic" in result.stderr
    nobody = CliRunner().invoke(command, [str(tmp_path), "--brokers", "127.0.0.1:1"])
    assert nobody.exit_code != 0
    assert "127.0.0.1:1" in nobody.stderr
