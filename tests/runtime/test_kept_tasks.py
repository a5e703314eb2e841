"""Tasks that come back at a rebalance, and those that do not: what is gone on with, and what is read anew."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from stream.model.errors import StreamStop
from stream.runtime.ports import TP
from stream.runtime.profiles import ProfileMap
from stream.runtime.task_ports import Failed
from tests.runtime.fakes import MINUTE_MS, START_MS, FakeBroker, FakeTransactions, Worker, run

ALL = frozenset({0})
NONE: frozenset[int] = frozenset()


@asynccontextmanager
async def decided(*users: str, **settings: int) -> AsyncIterator[tuple[FakeBroker, Worker]]:
    """A worker that has taken in a cart of each user, and committed."""
    broker = FakeBroker()
    carts(broker, *users)
    async with Worker(broker, clock="event", **settings) as worker:
        await asyncio.sleep(3)
        yield broker, worker


async def assign(worker: Worker, partitions: frozenset[int] = ALL) -> None:
    for tp, offset in (await worker.tasks.assigned(partitions, worker.sources)).items():
        worker.sources.seek(tp, offset)


async def rebalance(worker: Worker, partitions: frozenset[int] = ALL) -> None:
    await worker.tasks.revoked(ALL)
    await assign(worker, partitions)


def carts(broker: FakeBroker, *users: str, at_ms: int = START_MS) -> None:
    for user in users:
        broker.event(user, "product_added", at_ms, product_id="p")
    broker.heartbeat(at_ms + 1)


def nudged(broker: FakeBroker) -> list[str]:
    return sorted(trigger["user_id"] for trigger in broker.outcomes("triggers"))


def interfere(broker: FakeBroker) -> Awaitable[None]:
    """Let another worker take the task over, decide what has come, and give it back."""

    async def other() -> None:
        async with Worker(broker, clock="event"):
            await asyncio.sleep(3)

    return other()


def fails_at(broker: FakeBroker, failing: str, how: Any) -> None:
    """Have the next step of a writer with this name do something else, once."""

    def trouble(step: str) -> Any:
        if step != failing:
            return None
        broker.trouble = lambda _: None
        return how()

    broker.trouble = trouble


def failed() -> None:
    raise Failed("the broker went away")


def test_a_task_that_comes_back_goes_on_with_its_profiles_and_timers_and_reads_no_changelog() -> None:
    async def scenario() -> None:
        async with decided("a", "b") as (broker, worker):
            await rebalance(worker)
            assert worker.tasks.gauges()[0].profiles == 2
            broker.event("a", "order_completed", START_MS + MINUTE_MS)
            broker.heartbeat(START_MS + 61 * MINUTE_MS)
            await asyncio.sleep(3)
            assert (len(broker.writers), nudged(broker)) == (1, ["b"])

    run(scenario())


def test_what_was_read_and_not_decided_is_read_again() -> None:
    async def scenario() -> None:
        async with decided("a") as (broker, worker):
            broker.event("b", "product_added", START_MS + 2, product_id="p")
            await asyncio.sleep(3)
            read = worker.tasks.positions()[TP("cart", 0)]
            await rebalance(worker)
            assert worker.sources.position(TP("cart", 0)) == read == broker.end(TP("cart", 0)) - 1
            broker.heartbeat(START_MS + 61 * MINUTE_MS)
            await asyncio.sleep(3)
            assert (len(broker.writers), nudged(broker)) == (1, ["a", "b"])

    run(scenario())


def test_a_task_that_another_worker_had_meanwhile_is_recovered() -> None:
    async def scenario() -> None:
        async with decided("a") as (broker, worker):
            await worker.tasks.revoked(ALL)
            carts(broker, "b", at_ms=START_MS + MINUTE_MS)
            await interfere(broker)
            await assign(worker)
            assert worker.tasks.gauges()[0].profiles == 2
            assert [writer.is_closed for writer in broker.writers] == [True, True, False]
            broker.heartbeat(START_MS + 70 * MINUTE_MS)
            await asyncio.sleep(3)
            assert nudged(broker) == ["a", "b"]
            assert not worker.tasks.failure.done()

    run(scenario())


def test_a_task_that_another_worker_only_opened_is_recovered_too() -> None:
    async def scenario() -> None:
        async with decided("a") as (broker, worker):
            await worker.tasks.revoked(ALL)
            await FakeTransactions(broker).open(0)
            await assign(worker)
            assert [writer.is_closed for writer in broker.writers] == [True, False, False]

    run(scenario())


def test_profiles_of_a_task_that_went_elsewhere_leave_memory_at_the_assignment() -> None:
    async def scenario() -> None:
        async with decided("leaver") as (broker, worker):
            profiles = [weakref.ref(o) for o in gc.get_objects() if isinstance(o, ProfileMap) and "leaver" in o]
            assert len(profiles) == 1
            await rebalance(worker, NONE)
            await asyncio.sleep(0.1)
            assert [found() for found in profiles] == [None]
            assert [writer.is_closed for writer in broker.writers] == [True]

    run(scenario())


@pytest.mark.parametrize("step", ["begin", "write", "commit", "committed"])
def test_a_task_whose_last_checkpoint_failed_is_not_kept(step: str) -> None:
    async def scenario() -> None:
        async with decided("a", checkpoint_max_ms=60_000) as (broker, worker):
            carts(broker, "b", at_ms=START_MS + MINUTE_MS)
            await asyncio.sleep(1)
            fails_at(broker, step, failed)
            await worker.tasks.revoked(ALL)
            assert [writer.is_closed for writer in broker.writers] == [True]
            await assign(worker)
            broker.heartbeat(START_MS + 70 * MINUTE_MS)
            await asyncio.sleep(3)
            assert (len(broker.writers), nudged(broker)) == (2, ["a", "b"])

    run(scenario())


@pytest.mark.parametrize("step", ["begin", "write", "commit", "committed"])
def test_a_proof_that_fails_is_none_and_the_task_is_recovered(step: str) -> None:
    async def scenario() -> None:
        async with decided("a") as (broker, worker):
            await worker.tasks.revoked(ALL)
            fails_at(broker, step, failed)
            await assign(worker)
            assert [writer.is_closed for writer in broker.writers] == [True, False]
            assert worker.tasks.gauges()[0].profiles == 1

    run(scenario())


async def cancelled(worker: Worker, partitions: frozenset[int] = ALL) -> None:
    assigning = asyncio.create_task(assign(worker, partitions))
    await asyncio.sleep(1)
    assigning.cancel()
    await asyncio.wait({assigning})
    await worker.tasks.revoked(partitions)


@pytest.mark.parametrize("step", ["begin", "write", "commit", "committed"])
def test_a_task_whose_proof_was_cut_off_by_another_rebalance_is_recovered(step: str) -> None:
    async def scenario() -> None:
        async with decided("a") as (broker, worker):
            await worker.tasks.revoked(ALL)
            fails_at(broker, step, partial(asyncio.sleep, 60))
            await cancelled(worker)
            await assign(worker)
            assert [writer.is_closed for writer in broker.writers] == [True, False]
            assert worker.tasks.gauges()[0].profiles == 1

    run(scenario())


@pytest.mark.parametrize("is_recovered", [False, True])
def test_a_task_that_was_ours_when_the_next_rebalance_came_is_kept_for_that_one(is_recovered: bool) -> None:
    async def scenario() -> None:
        async with decided("a") as (broker, worker):
            await worker.tasks.revoked(ALL)
            if is_recovered:
                await interfere(broker)
            before, bounds = len(broker.writers) + is_recovered, worker.sources.bounds
            worker.sources.bounds = lambda tps: asyncio.sleep(10)  # type: ignore[assignment,method-assign,return-value]  # a broker that does not answer
            await cancelled(worker)
            worker.sources.bounds = bounds  # type: ignore[method-assign]  # it answers again
            await assign(worker)
            assert len(broker.writers) == before
            broker.heartbeat(START_MS + 61 * MINUTE_MS)
            await asyncio.sleep(3)
            assert nudged(broker) == ["a"]

    run(scenario())


def test_a_rebalance_while_one_task_is_recovered_leaves_no_other_behind() -> None:
    async def scenario() -> None:
        broker, both = FakeBroker(partitions=2), frozenset({0, 1})
        for partition in both:
            broker.send("cart", b"a dead letter, so that there is something to commit", partition=partition)
        broker.heartbeat(START_MS)
        async with Worker(broker, clock="event", dead_letter_percent=0) as worker:
            await asyncio.sleep(3)
            await worker.tasks.revoked(both)
            await FakeTransactions(broker).open(1)
            bounds = worker.sources.bounds

            async def slow(tps: Any) -> Any:
                await asyncio.sleep(10 * next(iter(tps)).partition)
                return await bounds(tps)

            worker.sources.bounds = slow  # type: ignore[method-assign]  # a broker that is slow to answer about one
            await cancelled(worker, both)
            worker.sources.bounds = bounds  # type: ignore[method-assign]  # it answers again
            before = len(broker.writers)
            await assign(worker, both)
            assert len(broker.writers) == before
        assert [writer.is_closed for writer in broker.writers].count(False) == 1

    run(scenario())


def test_when_one_task_stops_the_worker_nothing_of_the_others_is_left_open() -> None:
    async def scenario() -> None:
        async with decided("a") as (broker, worker):
            await worker.tasks.revoked(ALL)
            broker.topic_ids["cart"] = "another"
            with pytest.raises(StreamStop, match="cart was deleted and created anew"):
                await assign(worker)
        assert [writer.is_closed for writer in broker.writers] == [True]

    run(scenario())


def test_where_the_log_no_longer_reaches_back_a_kept_task_stops_the_worker_as_a_recovered_one_would() -> None:
    async def scenario() -> None:
        async with decided("a") as (broker, worker):
            await worker.tasks.revoked(ALL)
            carts(broker, "b")
            broker.starts[TP("cart", 0)] = broker.end(TP("cart", 0))
            with pytest.raises(StreamStop, match="deleted undecided"):
                await assign(worker)

    run(scenario())


def test_a_task_that_has_committed_nothing_is_not_kept() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        async with Worker(broker, clock="event") as worker:
            await rebalance(worker)
            await asyncio.sleep(0.1)
            assert [writer.is_closed for writer in broker.writers] == [True, False]
            assert broker.state() == {}

    run(scenario())
