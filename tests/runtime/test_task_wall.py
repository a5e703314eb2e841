from __future__ import annotations

import asyncio

from stream.runtime.ports import TP
from tests.runtime.fakes import MINUTE_MS, START_MS, FakeBroker, Worker, counted, run

HOUR_MS = 60 * MINUTE_MS


def test_a_timer_fires_when_the_lateness_has_passed_and_not_before() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_added", START_MS - HOUR_MS + 10_000, product_id="p")
        async with Worker(broker, lateness_ms=2_000):
            await asyncio.sleep(11.9)
            assert broker.outcomes("triggers") == []
            await asyncio.sleep(0.6)
            assert [t["at_ms"] for t in broker.outcomes("triggers")] == [START_MS + 10_000]

    run(scenario())


def test_no_timer_fires_while_a_source_does_not_answer_even_if_others_go_on() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_added", START_MS - HOUR_MS + 10_000, product_id="p")
        async with Worker(broker) as worker:
            await asyncio.sleep(1)
            worker.sources.silent.add(TP("cart", 0))
            broker.event("u1", "order_completed", START_MS + 2_000, total=1)
            for second in range(60):
                broker.event("u2", "product_viewed", START_MS + second * 1_000)
                await asyncio.sleep(1)
            assert broker.outcomes("triggers") == []
            assert counted(worker.metrics, "events", topic="clickstream", type="product_viewed") == 60
            worker.sources.silent.clear()
            await asyncio.sleep(5)
            assert broker.outcomes("triggers") == []
            assert [c["segment"] for c in broker.outcomes("segment-changes") if c["user_id"] == "u1"] == ["buyer"]

    run(scenario())


def test_a_source_that_answers_again_is_read_before_any_timer_of_its_silence_fires() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_added", START_MS - HOUR_MS + 30_000, product_id="p")
        async with Worker(broker, lateness_ms=0, batch=1) as worker:
            await asyncio.sleep(1)
            cart = TP("cart", 0)
            worker.sources.silent.add(cart)
            for second in range(60):
                broker.event("u2", "email_opened", START_MS + second * 1_000)
                if second == 20:
                    broker.event("u3", "product_added", START_MS + 20_000, product_id="p")
                    broker.event("u1", "order_completed", START_MS + 21_000, total=1)
                await asyncio.sleep(1)
            # The response says that there is more, and what it brings is not handed over yet.
            worker.sources.show_end(cart)
            await asyncio.sleep(1)
            assert broker.outcomes("triggers") == []
            worker.sources.silent.clear()
            await asyncio.sleep(5)
            assert broker.outcomes("triggers") == []
            assert [c["segment"] for c in broker.outcomes("segment-changes") if c["user_id"] == "u1"] == ["buyer"]

    run(scenario())


def test_a_worker_that_was_down_for_a_day_sends_no_trigger_to_whom_bought_meanwhile() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("bought", "product_added", START_MS - 1_000, product_id="p")
        broker.event("left", "product_added", START_MS - 1_000, product_id="p")
        async with Worker(broker):
            await asyncio.sleep(5)
        broker.event("bought", "order_completed", START_MS + 30 * MINUTE_MS, topic="clickstream", total=1)
        for minute in range(0, 24 * 60, 5):
            broker.event("other", "email_opened", START_MS + minute * MINUTE_MS)
        async with Worker(broker, ahead_ms=24 * HOUR_MS, batch=1) as late:
            late.sources.silent.add(TP("clickstream", 0))
            await asyncio.sleep(20)
            assert broker.outcomes("triggers") == [], "clickstream has records to read and holds the others back"
            assert counted(late.metrics, "events", topic="email", type="email_opened") == 0
            late.sources.silent.clear()
            await asyncio.sleep(60)
            decisions = {(d["user_id"], d.get("verdict")) for d in broker.outcomes("decisions") if "verdict" in d}
        assert decisions == {("left", "expired")}
        assert broker.outcomes("triggers") == []

    run(scenario())


def test_a_phone_with_a_clock_in_the_future_fires_nobodys_timers() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        log_ms = START_MS - 24 * HOUR_MS
        broker.event("u1", "product_added", log_ms, product_id="p", at_log_ms=log_ms)
        # Three hours ahead of its record: so the day before, when the worker was down, it was already in the future.
        broker.event("u2", "product_viewed", log_ms + 3 * HOUR_MS, topic="cart", at_log_ms=log_ms + 1)
        for minute in range(1, 50):
            moment = log_ms + minute * MINUTE_MS
            broker.event("u3", "product_viewed", moment, topic="cart", at_log_ms=moment)
        broker.event("u1", "order_completed", log_ms + 50 * MINUTE_MS, total=1, at_log_ms=log_ms + 50 * MINUTE_MS)
        async with Worker(broker, batch=1):
            await asyncio.sleep(30)
        changes = [c["segment"] for c in broker.outcomes("segment-changes") if c["user_id"] == "u1"]
        assert changes == ["buyer"]

    run(scenario())


def test_a_phone_with_a_clock_in_the_future_fires_not_even_its_own_users_timers() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_added", START_MS - 30 * MINUTE_MS, product_id="p")
        broker.event("u1", "product_viewed", START_MS + 50 * MINUTE_MS, at_log_ms=START_MS + 1_000)
        async with Worker(broker):
            await asyncio.sleep(20)
        assert broker.outcomes("segment-changes") == []

    run(scenario())


def test_an_event_too_far_in_the_future_is_dead_lettered_and_one_at_the_limit_is_not() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "order_completed", START_MS + HOUR_MS, total=1)
        broker.event("u2", "order_completed", START_MS + 2 * HOUR_MS, total=1)
        async with Worker(broker) as worker:
            await asyncio.sleep(2)
            assert counted(worker.metrics, "events", topic="cart", type="order_completed") == 1
        (letter,) = broker.committed("dead-letters")
        assert (letter.header("stream-reason"), letter.header("stream-id")) == ("future_time", "cart/0/1")

    run(scenario())


def test_heartbeats_are_ignored() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_added", START_MS, product_id="p")
        broker.heartbeat(START_MS + 10 * HOUR_MS)
        async with Worker(broker):
            await asyncio.sleep(60)
        assert broker.outcomes("triggers") == []
        assert broker.committed("dead-letters") == []

    run(scenario())


def test_sources_far_apart_in_time_and_large_neither_deadlock_nor_fill_memory() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        for number in range(300):
            broker.event(f"u{number}", "product_viewed", START_MS - 7 * HOUR_MS + number)
            broker.event(f"u{number}", "email_opened", START_MS - HOUR_MS + number)
        async with Worker(broker, batch=10, high_mark_records=20, low_mark_records=5) as worker:
            await asyncio.sleep(0.4)
            assert TP("email", 0) in worker.sources.paused
            await asyncio.sleep(60)
            assert counted(worker.metrics, "events", topic="email", type="email_opened") == 300
            assert counted(worker.metrics, "events", topic="clickstream", type="product_viewed") == 300
            assert worker.sources.paused == set()
            assert all(lag == 0 for lag in worker.tasks.gauges()[0].lag_records.values())

    run(scenario())


def test_an_idle_task_writes_no_checkpoints() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_viewed", START_MS)
        async with Worker(broker):
            await asyncio.sleep(5)
            written = {tp: len(log) for tp, log in broker.logs.items()}
            await asyncio.sleep(60)
            assert {tp: len(log) for tp, log in broker.logs.items()} == written

    run(scenario())
