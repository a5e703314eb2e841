"""A limit on dead letters: a broken producer stops the worker instead of emptying its topic into them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stream.model.errors import StreamStop
from stream.runtime.ports import TP
from stream.runtime.quota import Quota
from tests.runtime.fakes import START_MS, FakeBroker, Worker, run


def send(broker: FakeBroker, good: int, bad: int) -> None:
    """Send good records with the bad ones spread evenly among them."""
    for number in range(good + bad):
        if (number + 1) * bad // (good + bad) > number * bad // (good + bad):
            broker.send("cart", b"{" if number % 2 else None)
        else:
            broker.event(f"u{number}", "order_completed", START_MS)


async def refused(broker: FakeBroker, **settings: Any) -> str:
    async with Worker(broker, **settings) as worker:
        with pytest.raises(StreamStop) as stop:
            await asyncio.wait_for(asyncio.shield(worker.tasks.failure), 60)
    return str(stop.value)


@pytest.mark.parametrize(("good", "bad"), [(999, 1), (950, 50), (900, 100), (1_800, 200), (0, 100)])
def test_up_to_a_tenth_is_dead_lettered_and_the_worker_goes_on(good: int, bad: int) -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        send(broker, good, bad)
        async with Worker(broker) as worker:
            await asyncio.sleep(30)
            assert not worker.tasks.failure.done()
            assert worker.tasks.positions()[TP("cart", 0)] == good + bad
        assert len(broker.committed("dead-letters")) == bad
        assert len(broker.outcomes("segment-changes")) == good

    run(scenario())


@pytest.mark.parametrize("clock", ["wall", "event"])
def test_more_than_a_tenth_of_a_thousand_stops_the_worker_and_says_what_and_where(clock: str) -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        send(broker, 0, 150)
        broker.heartbeat(START_MS)
        said = await refused(broker, clock=clock)
        assert said.startswith("cart/0/100: 101 of the last 1000 records are wrong (51 empty_value, 50 not_json)")
        assert "dead_letter_percent 10" in said
        assert "stream requeue" in said

    run(scenario())


def test_a_worker_that_stopped_stops_again_at_the_same_record_and_no_letter_is_added() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        send(broker, 0, 60)
        async with Worker(broker):
            await asyncio.sleep(5)
        assert len(broker.committed("dead-letters")) == 60
        send(broker, 0, 100)
        for _ in range(3):
            assert (await refused(broker, batch=7)).startswith("cart/0/100: 101 of the last 1000")
            assert len(broker.committed("dead-letters")) <= 100
        letters = [letter.header("stream-id") for letter in broker.committed("dead-letters")]
        assert letters == [f"cart/0/{offset}" for offset in range(len(letters))]

    run(scenario())


def test_with_the_limit_off_all_of_them_pass_once_and_with_it_on_again_the_worker_goes_on() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        send(broker, 0, 150)
        await refused(broker)
        async with Worker(broker, dead_letter_percent=0):
            await asyncio.sleep(5)
        assert len(broker.committed("dead-letters")) == 150
        send(broker, 20, 1)
        async with Worker(broker) as worker:
            await asyncio.sleep(5)
            assert not worker.tasks.failure.done()
        assert len(broker.committed("dead-letters")) == 151

    run(scenario())


def test_each_source_is_counted_by_itself() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        for topic in ("cart", "email", "people"):
            for _ in range(100):
                broker.send(topic, b"{")
        async with Worker(broker) as worker:
            await asyncio.sleep(5)
            assert not worker.tasks.failure.done()
        assert len(broker.committed("dead-letters")) == 300

    run(scenario())


def test_what_lies_before_the_window_is_forgotten() -> None:
    quota = Quota(100, 2, {"cart": [(0, "a"), (1, "b")]})
    assert not quota.is_exceeded("cart", 100, "c")
    assert quota.is_exceeded("cart", 100, "d")
    assert quota.noted({"cart": 101}) == {"cart": [(100, "c"), (100, "d")]}
    assert quota.noted({"cart": 200}) == {}


def test_a_quota_of_all_notes_nothing() -> None:
    quota = Quota(100, 100, {})
    assert not any(quota.is_exceeded("cart", offset, "a") for offset in range(500))
    assert quota.noted({}) == {}
