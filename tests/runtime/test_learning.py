"""Contributions leave with the checkpoints of all tasks, and come back as snapshots that all of them go by."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from stream.runtime.delivery import partition_of
from stream.runtime.ports import TP
from stream.runtime.position import POSITION_KEY, decode_position
from tests.runtime.fakes import CHANGELOG, START_MS, FakeBroker, Worker, run
from tests.runtime.learning_shop import EVERY_MS, MINUTE_MS, decided_by_one, history, learning_shop, triggers

UNTIL_MS = START_MS + 130 * MINUTE_MS


def play(broker: FakeBroker, calls: list[dict[str, Any]], until_ms: int) -> None:
    topics = {"visited": "clickstream", "order_completed": "cart"}
    for number, call in enumerate(calls):
        partition = partition_of(call["userId"].encode(), broker.partitions)
        broker.send(topics[call["event"]], call, partition=partition)
        if number % 20 == 0:
            broker.heartbeat(call["timestamp"] - 1)
    broker.heartbeat(until_ms)


def sent(broker: FakeBroker) -> list[bytes]:
    return sorted(record.value or b"" for record in broker.committed("triggers"))


async def learnt(partitions: int, calls: list[dict[str, Any]], **settings: Any) -> FakeBroker:
    broker = FakeBroker(partitions)
    play(broker, calls, UNTIL_MS)
    async with Worker(broker, clock="event", shop=learning_shop(), **settings):
        await until_decided(broker)
    return broker


async def until_decided(broker: FakeBroker) -> None:
    while {clock_ms(broker, number) for number in range(broker.partitions)} != {UNTIL_MS}:
        await asyncio.sleep(0.2)


def clock_ms(broker: FakeBroker, number: int) -> int | None:
    log = broker.logs.get(TP(CHANGELOG, number), [])
    positions = [r.value for r in log if r.key == POSITION_KEY and r.transaction.state == "committed"]
    return decode_position(positions[-1] or b"").clock_ms if positions else None


def test_the_tests_history_has_choices_that_learning_changes() -> None:
    calls = history(1)
    taught = [msgspec.json.decode(each) for each in triggers(decided_by_one(calls, UNTIL_MS))]
    assert len({each["why"].get("reference") for each in taught}) > 3


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize("seed", [1, 2])
def test_tasks_that_learn_through_the_broker_decide_as_one_hand_does(partitions: int, seed: int) -> None:
    calls = history(seed)
    broker = run(learnt(partitions, calls))
    assert sent(broker) == triggers(decided_by_one(calls, UNTIL_MS))


def test_the_batches_of_fetches_and_checkpoints_do_not_show() -> None:
    calls = history(3)
    slow = run(learnt(2, calls, batch=3, checkpoint_min_ms=500, checkpoint_max_ms=900))
    assert sent(slow) == triggers(decided_by_one(calls, UNTIL_MS))


@pytest.mark.parametrize("seed", range(6))
def test_workers_that_crash_and_take_over_decide_as_one_hand_does(seed: int) -> None:
    calls = history(seed)

    async def scenario() -> FakeBroker:
        broker = FakeBroker(2)
        play(broker, calls, UNTIL_MS)
        for life in range(4):
            worker = await Worker(broker, clock="event", shop=learning_shop(), batch=5 + seed).start()
            await asyncio.sleep(0.03 + 0.037 * seed + 0.11 * life)
            await worker.crash()
        async with Worker(broker, clock="event", shop=learning_shop()):
            await until_decided(broker)
        return broker

    assert sent(run(scenario())) == triggers(decided_by_one(calls, UNTIL_MS))


def test_a_task_waits_where_the_next_snapshot_is_in_force_until_all_have_passed_its_barrier() -> None:
    async def scenario() -> None:
        broker = FakeBroker(2)
        # One task has events, and the other one hears of no time.
        (first, other) = (next(f"u{n}" for n in range(9) if partition_of(f"u{n}".encode(), 2) == p) for p in (0, 1))
        base_ms = START_MS // EVERY_MS * EVERY_MS
        for at_ms in (base_ms, base_ms + 2 * EVERY_MS - 1, base_ms + 2 * EVERY_MS):
            call = {"type": "track", "event": "visited", "userId": first, "timestamp": at_ms}
            broker.send("clickstream", call, partition=partition_of(first.encode(), 2))
        broker.heartbeat(base_ms + 3 * EVERY_MS)
        silent = {tp for tp in broker.logs if tp.partition == partition_of(other.encode(), 2)}
        worker = Worker(broker, clock="event", shop=learning_shop())
        worker.sources.silent = set(silent)
        async with worker:
            await asyncio.sleep(5)
            assert {r["at_ms"] - base_ms for r in broker.outcomes("triggers")} == set()
            worker.sources.silent = set()
            await asyncio.sleep(5)
            assert max(r["at_ms"] for r in broker.outcomes("triggers")) >= base_ms + 2 * EVERY_MS

    run(scenario())


def test_on_the_wall_clock_nobody_waits_and_the_snapshot_used_stands_in_the_outcome() -> None:
    async def scenario() -> None:
        broker = FakeBroker(2)
        users = [f"u{n}" for n in range(30) if partition_of(f"u{n}".encode(), 2) == 0]
        policy = msgspec.structs.replace(learning_shop().policy, learn_every_ms=MINUTE_MS)
        shop = msgspec.structs.replace(learning_shop(), policy=policy)
        async with Worker(broker, shop=shop) as worker:
            # The other task hears nothing of its sources: its clock stands still.
            worker.sources.silent = {TP(topic, 1) for topic in worker.tasks.input_topics}

            def visit() -> None:
                call = {"type": "track", "event": "visited", "userId": users.pop(), "timestamp": worker.clock.now_ms()}
                broker.send("clickstream", call, log_ms=worker.clock.now_ms())

            for _ in range(3):
                visit()
                await asyncio.sleep(60)
            assert len(broker.outcomes("triggers")) >= 3
            assert {t["why"].get("reference") for t in broker.outcomes("triggers")} == {None}
            worker.sources.silent = set()
            await asyncio.sleep(70)
            visit()
            await asyncio.sleep(2)
            assert broker.outcomes("triggers")[-1]["why"]["reference"]

    run(scenario())


def test_without_learning_nothing_is_told_and_no_topic_asked_for() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_added", START_MS, product_id="p", price=5)
        broker.heartbeat(START_MS + 120 * MINUTE_MS)
        async with Worker(broker, clock="event") as worker:
            await asyncio.sleep(5)
            assert broker.outcomes("triggers")
            assert not {tp.topic for tp in broker.logs} & {"stream-contributions", "stream-reference"}
            assert worker.tasks._shared._following == []

    run(scenario())
