"""Records that would wear a worker out, or that no broker would take back: each has a fate, and the next is decided."""

import asyncio

import pytest

from stream.model.errors import DeadLetter
from stream.runtime.delivery import Delivery
from tests.runtime.fakes import START_MS, FakeBroker, Worker, run

BROKER_BYTES_MAX = 1_048_588
"""Kafka's own default of the largest record batch."""

ABSURD = [b"9" * 30, b"9" * 5_000, b"-" + b"9" * 30, b"1e9", b"", "١٢".encode()]


@pytest.mark.parametrize("header", ABSURD, ids=repr)
def test_an_absurd_time_in_a_backfill_header_says_nothing(header: bytes):
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "order_completed", START_MS, headers=[("stream-backfill", header)])
        broker.event("u2", "order_completed", START_MS)
        async with Worker(broker):
            await asyncio.sleep(3)
        assert [change["user_id"] for change in broker.outcomes("segment-changes")] == ["u1", "u2"]

    run(scenario())


@pytest.mark.parametrize("header", ABSURD, ids=repr)
def test_an_absurd_time_in_a_heartbeat_moves_nothing(header: bytes):
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "order_completed", START_MS)
        broker.send("cart", None, key=None, headers=[("stream-heartbeat", header)])
        broker.heartbeat(START_MS)
        async with Worker(broker, clock="event"):
            await asyncio.sleep(3)
        assert [change["user_id"] for change in broker.outcomes("segment-changes")] == ["u1"]

    run(scenario())


@pytest.mark.parametrize(
    ("key_bytes", "header_bytes", "value_bytes"),
    [(10, 10, 1_000_000), (600_000, 10, 900_000), (10, 600_000, 900_000), (2_000_000, 10, 10), (10, 2_000_000, 10)],
)
def test_a_dead_letter_is_never_larger_than_a_broker_takes(key_bytes: int, header_bytes: int, value_bytes: int):
    """A compressed record may be as large as it likes; its dead letter is written as it is."""
    headers = [("trace", bytes(header_bytes))]
    letter = DeadLetter("cart", 0, 7, bytes(key_bytes), bytes(value_bytes), headers, 0, "too_large", "")
    ((_, (record,)),) = Delivery("stream", "", {"dead-letters": 1}).records([], [letter]).items()
    size = len(record.key or b"") + len(record.value or b"")
    size += sum(len(name.encode()) + len(value) + 10 for name, value in record.headers)
    assert size < BROKER_BYTES_MAX - 200
    assert dict(record.headers)["stream-id"] == b"cart/0/7"
