"""The lanes over a producer that is not there: full batches, order, failures, patience."""

import asyncio

import pytest
from aiokafka.errors import KafkaError

from stream.runtime.play_lanes import KafkaLanes, PlayFailed


class SmallBatch:
    """A batch that is full with two records."""

    def __init__(self) -> None:
        self.values: list[bytes] = []

    def append(
        self, *, timestamp: int | None, key: bytes | None, value: bytes, headers: list[tuple[str, bytes]]
    ) -> object | None:
        if len(self.values) == 2:
            return None
        self.values.append(value)
        return object()

    def close(self) -> None:
        """A closed batch takes no more; nothing here would give it any."""


class FakeProducer:
    """Keeps what is sent; acknowledges at once, fails, or never answers."""

    def __init__(self, answer: str = "acknowledge") -> None:
        self.answer = answer
        self.sent: list[tuple[str, int, list[bytes]]] = []

    def create_batch(self) -> SmallBatch:
        return SmallBatch()

    async def send_batch(self, batch: SmallBatch, topic: str, *, partition: int) -> asyncio.Future[None]:
        self.sent.append((topic, partition, batch.values))
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.answer == "acknowledge":
            future.set_result(None)
        elif self.answer == "fail":
            future.set_exception(KafkaError("refused"))
        return future


def lanes_of(producer: FakeProducer) -> KafkaLanes:
    return KafkaLanes(producer, "eu.", 4, patience_seconds=0.02)


async def append(lanes: KafkaLanes, *values: bytes, topic: str = "cart", partition: int = 1) -> None:
    for value in values:
        await lanes.append(topic, partition, b"u", value, [])


async def test_a_full_batch_is_sent_and_the_rest_with_the_flush_in_order():
    producer = FakeProducer()
    lanes = lanes_of(producer)
    await append(lanes, b"1", b"2", b"3")
    assert producer.sent == [("eu.cart", 1, [b"1", b"2"])]
    await lanes.flush()
    assert producer.sent == [("eu.cart", 1, [b"1", b"2"]), ("eu.cart", 1, [b"3"])]
    await lanes.flush()
    assert len(producer.sent) == 2


async def test_every_partition_has_a_batch_of_its_own():
    producer = FakeProducer()
    lanes = lanes_of(producer)
    await append(lanes, b"1", partition=0)
    await append(lanes, b"2", partition=1)
    await append(lanes, b"3", topic="email", partition=1)
    await lanes.flush()
    assert sorted(producer.sent) == [("eu.cart", 0, [b"1"]), ("eu.cart", 1, [b"2"]), ("eu.email", 1, [b"3"])]


async def test_a_batch_that_was_refused_fails_the_flush():
    lanes = lanes_of(FakeProducer("fail"))
    await append(lanes, b"1")
    with pytest.raises(KafkaError, match="refused"):
        await lanes.flush()


async def test_a_batch_that_was_refused_is_noticed_with_a_later_one():
    lanes = lanes_of(FakeProducer("fail"))
    with pytest.raises(KafkaError, match="refused"):
        await append(lanes, *(b"x" for _ in range(5)))


async def test_brokers_that_never_answer_are_given_up():
    lanes = lanes_of(FakeProducer("silence"))
    await append(lanes, b"1")
    with pytest.raises(PlayFailed, match="acknowledged nothing"):
        await lanes.flush()
