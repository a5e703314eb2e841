from __future__ import annotations

import asyncio

from tests.runtime.fakes import MINUTE_MS, START_MS, FakeBroker, Worker, counted, run


def entered(broker: FakeBroker) -> list[tuple[str, str, str, int]]:
    changes = broker.outcomes("segment-changes")
    return [(c["user_id"], c["segment"], c["change"], c["at_ms"] - START_MS) for c in changes]


def test_events_up_to_the_least_heartbeat_are_decided_and_no_later_ones() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        for second in (1, 2, 3):
            broker.event("u1", "product_viewed", START_MS + second * 1_000)
        broker.heartbeat(START_MS + 1_999)
        async with Worker(broker, clock="event") as worker:
            await asyncio.sleep(5)
            assert entered(broker) == []
            broker.heartbeat(START_MS + 2_000, ["people", "clickstream", "cart"])
            await asyncio.sleep(5)
            assert entered(broker) == []
            broker.heartbeat(START_MS + 2_000, ["email"])
            await asyncio.sleep(5)
            assert entered(broker) == [("u1", "curious", "entered", 2_000)]
            assert counted(worker.metrics, "events", topic="clickstream", type="product_viewed") == 2

    run(scenario())


def test_a_timer_fires_at_the_heartbeat_that_reaches_it_and_not_before() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_added", START_MS, product_id="p", price=5)
        broker.heartbeat(START_MS + 60 * MINUTE_MS - 1)
        async with Worker(broker, clock="event"):
            await asyncio.sleep(5)
            assert broker.outcomes("triggers") == []
            broker.heartbeat(START_MS + 60 * MINUTE_MS)
            await asyncio.sleep(5)
            assert [t["at_ms"] for t in broker.outcomes("triggers")] == [START_MS + 60 * MINUTE_MS]

    run(scenario())


def test_sources_are_decided_in_order_of_time_whatever_order_they_were_fetched_in() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_added", START_MS, product_id="p")
        broker.event("u1", "order_completed", START_MS + 59 * MINUTE_MS, topic="clickstream")
        broker.heartbeat(START_MS + 120 * MINUTE_MS, ["people", "cart", "email"])
        worker = Worker(broker, clock="event")
        async with worker:
            await asyncio.sleep(5)
            broker.heartbeat(START_MS + 120 * MINUTE_MS, ["clickstream"])
            await asyncio.sleep(5)
            assert broker.outcomes("triggers") == []
            assert entered(broker) == [("u1", "buyer", "entered", 59 * MINUTE_MS)]

    run(scenario())


def test_an_interval_longer_than_the_high_mark_is_read_to_its_heartbeat() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        for second in range(200):
            broker.event(f"u{second}", "product_viewed", START_MS + second)
        broker.heartbeat(START_MS + 1_000)
        async with Worker(broker, clock="event", batch=10, high_mark_records=20, low_mark_records=5) as worker:
            await asyncio.sleep(30)
            assert counted(worker.metrics, "events", topic="clickstream", type="product_viewed") == 200

    run(scenario())


def test_a_source_ahead_of_the_others_is_paused_at_the_high_mark_and_goes_on_later() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        for second in range(100):
            broker.event(f"u{second}", "product_viewed", START_MS + second)
            broker.heartbeat(START_MS + second, ["clickstream"])
        async with Worker(broker, clock="event", batch=10, high_mark_records=20, low_mark_records=5) as worker:
            await asyncio.sleep(30)
            (paused,) = worker.sources.paused
            assert paused.topic == "clickstream"
            assert counted(worker.metrics, "events", topic="clickstream", type="product_viewed") == 0
            broker.heartbeat(START_MS + 1_000)
            await asyncio.sleep(30)
            assert worker.sources.paused == set()
            assert counted(worker.metrics, "events", topic="clickstream", type="product_viewed") == 100

    run(scenario())
