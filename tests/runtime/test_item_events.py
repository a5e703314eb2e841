"""What changes in the catalogue reaches the users of all tasks once, through crashes and on either clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from stream.decision import decider
from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.runtime import task
from stream.runtime.delivery import partition_of
from stream.runtime.ports import TP
from tests.runtime.fakes import START_MS, FakeBroker, FakeRecord, Worker, run
from tests.runtime.learning_shop import CONFIG, MINUTE_MS

USERS = 150


@cache
def shop(journey: str = "enter: {event: price_dropped, for_each: seen, again_after: 0d}") -> Definitions:
    """Who saw a product hears of it when its price drops."""
    events = CONFIG["events.yaml"].replace("    visited:\n", "    visited:\n    product_viewed: {product_id: string}\n")
    actions = "mail: {channel: email, purpose: marketing, template: mail, valid_for: 12h}\n"
    steps = f"{journey}\nsteps:\n  - trigger: mail\n"
    files = {**CONFIG, "events.yaml": events, "actions.yaml": actions, "journeys/asking.yaml": steps}
    return load(files)


def view(broker: FakeBroker, at_ms: int, user: str, product: str = "p1", partition: int = 0) -> None:
    call = {"type": "track", "event": "product_viewed", "userId": user, "timestamp": at_ms}
    call |= {"messageId": f"{user}-{at_ms}", "properties": {"product_id": product}}
    broker.send("clickstream", call, partition=partition, log_ms=at_ms)


def drop(broker: FakeBroker, price: float, at_ms: int, product: str = "p1") -> None:
    record = {"price": price}
    broker.send("catalogue", record, key=product.encode(), log_ms=at_ms)


def seen_by_many(broker: FakeBroker) -> None:
    drop(broker, 20, START_MS)
    for number in range(USERS):
        view(broker, START_MS + number, f"u{number:03}")


def told(broker: FakeBroker) -> list[tuple[str, str]]:
    return [(trigger["user_id"], trigger["at_ms"]) for trigger in broker.outcomes("triggers")]


def everyone(at_ms: int) -> list[tuple[str, int]]:
    return [(f"u{number:03}", at_ms) for number in range(USERS)]


def test_a_price_that_drops_reaches_all_who_saw_it_at_the_time_of_its_record() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        seen_by_many(broker)
        drop(broker, 10, START_MS + 5 * MINUTE_MS)
        broker.heartbeat(START_MS + 5 * MINUTE_MS - 1)
        async with Worker(broker, clock="event", shop=shop()):
            await asyncio.sleep(3)
            assert told(broker) == []
            broker.heartbeat(START_MS + 6 * MINUTE_MS)
            await asyncio.sleep(3)
        assert told(broker) == everyone(START_MS + 5 * MINUTE_MS)

    run(scenario())


def test_a_record_may_say_itself_since_when_it_is_so() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        seen_by_many(broker)
        since = datetime.fromtimestamp((START_MS + 5 * MINUTE_MS) / 1_000, UTC)
        record: dict[str, Any] = {"price": 10, "updated_at": since.isoformat()}
        broker.send("catalogue", record, key=b"p1", log_ms=START_MS + 900 * MINUTE_MS)
        broker.heartbeat(START_MS + 6 * MINUTE_MS)
        async with Worker(broker, clock="event", shop=shop()):
            await asyncio.sleep(3)
        assert told(broker) == everyone(START_MS + 5 * MINUTE_MS)

    run(scenario())


@pytest.mark.parametrize("clock", ["event", "wall"])
@pytest.mark.parametrize("step", [3, 12, 15, 18, 21, 24, 27])
def test_a_crash_while_many_are_told_tells_each_of_them_once(
    step: int, clock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task, "SLICE_S", 0.0)
    monkeypatch.setattr(decider, "TOLD_AT_ONCE", 8)

    async def scenario() -> None:
        broker, steps = FakeBroker(), 0
        seen_by_many(broker)
        drop(broker, 10, START_MS + 5 * MINUTE_MS)
        drop(broker, 9, START_MS + 5 * MINUTE_MS + 1)
        broker.heartbeat(START_MS + 6 * MINUTE_MS)
        worker = Worker(broker, clock=clock, shop=shop(), ahead_ms=7 * MINUTE_MS, checkpoint_min_ms=1)
        crashing = asyncio.Event()

        def trouble(name: str) -> Any:
            nonlocal steps
            steps += 1
            if steps == step:
                crashing.set()
                return asyncio.Event().wait()
            return None

        broker.trouble = trouble
        await worker.start()
        await asyncio.wait_for(crashing.wait(), 60)
        await asyncio.sleep(0.05)
        await worker.crash()
        if step in (18, 21):
            assert 0 < len(told(broker)) < 2 * USERS
        broker.trouble = lambda name: None
        async with Worker(broker, clock=clock, shop=shop(), ahead_ms=7 * MINUTE_MS):
            await asyncio.sleep(5)
        first, second = START_MS + 5 * MINUTE_MS, START_MS + 5 * MINUTE_MS + 1
        assert sorted(told(broker)) == sorted(everyone(first) + everyone(second))
        ids = [trigger["id"] for trigger in broker.outcomes("triggers")]
        assert len(set(ids)) == len(ids) == 2 * USERS

    run(scenario())


def test_what_changed_while_nobody_worked_is_told_as_of_then_and_what_was_told_is_not_again() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        seen_by_many(broker)
        drop(broker, 15, START_MS + 2 * MINUTE_MS)
        for life in (1, 2, 3):
            broker.heartbeat(START_MS + 10 * life * MINUTE_MS)
            async with Worker(broker, clock="event", shop=shop()):
                await asyncio.sleep(3)
            assert len(told(broker)) == (USERS if life < 3 else 2 * USERS)
            if life == 2:
                drop(broker, 12, START_MS + 25 * MINUTE_MS)

    run(scenario())


def test_journeys_that_come_new_are_not_started_by_what_changed_before() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        seen_by_many(broker)
        drop(broker, 15, START_MS + 2 * MINUTE_MS)
        broker.heartbeat(START_MS + 10 * MINUTE_MS)
        before = load({**shop().files, "journeys/asking.yaml": "enter: {event: visited}\nsteps: [{trigger: mail}]\n"})
        async with Worker(broker, clock="event", shop=before):
            await asyncio.sleep(3)
        broker.heartbeat(START_MS + 11 * MINUTE_MS)
        async with Worker(broker, clock="event", shop=shop()):
            await asyncio.sleep(3)
        assert told(broker) == []

    run(scenario())


def test_each_task_tells_its_own_users() -> None:
    async def scenario() -> None:
        broker = FakeBroker(partitions=2)
        drop(broker, 20, START_MS)
        broker.append(TP("catalogue", 1), FakeRecord("catalogue", 1, 0, START_MS, b"p2", b"{}"))
        for number in range(20):
            user = f"u{number:02}"
            view(broker, START_MS + number, user, partition=partition_of(user.encode(), 2))
        drop(broker, 10, START_MS + MINUTE_MS)
        broker.heartbeat(START_MS + 6 * MINUTE_MS)
        async with Worker(broker, clock="event", shop=shop()):
            await asyncio.sleep(3)
        assert sorted(user for user, _ in told(broker)) == [f"u{number:02}" for number in range(20)]

    run(scenario())


def test_without_a_catalogue_nothing_stops() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        view(broker, START_MS, "u1")
        broker.heartbeat(START_MS + MINUTE_MS)
        async with Worker(broker, clock="event", shop=shop()) as worker:
            await asyncio.sleep(3)
            worker.tasks.show_shared()
            assert worker.metrics.registry.get_sample_value("stream_catalogue_products") == 0
            drop(broker, 5, START_MS)
            await asyncio.sleep(61)
            drop(broker, 4, START_MS + 1)
            await asyncio.sleep(3)
        assert [user for user, _ in told(broker)] == ["u1"]

    run(scenario())
