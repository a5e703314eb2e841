"""A task's store while the task comes, goes and comes back, and what its metrics say."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from stream.runtime.store.rocks import RocksDisk
from tests.runtime.fakes import MINUTE_MS, START_MS, FakeBroker, Worker, counted, run
from tests.runtime.store.fake_disk import FakeDisk
from tests.runtime.store.lives import ALL, carts, lived, nudged


def test_a_task_that_comes_back_goes_on_with_its_store_open() -> None:
    async def scenario() -> None:
        broker, disk = FakeBroker(), FakeDisk()
        carts(broker, "a")
        async with Worker(broker, disk=disk, clock="event") as worker:
            await asyncio.sleep(3)
            held = disk.held[0]
            await worker.tasks.revoked(ALL)
            for tp, offset in (await worker.tasks.assigned(ALL, worker.sources)).items():
                worker.sources.seek(tp, offset)
            assert disk.held[0] is held
            broker.heartbeat(START_MS + 120 * MINUTE_MS)
            await asyncio.sleep(3)
        assert (nudged(broker), disk.held) == (["a"], {})

    run(scenario())


def test_a_task_that_goes_elsewhere_closes_its_store_and_opens_it_again_when_it_returns() -> None:
    async def scenario() -> None:
        broker, disk = FakeBroker(), FakeDisk()
        carts(broker, "a")
        async with Worker(broker, disk=disk, clock="event") as worker:
            await asyncio.sleep(3)
            await worker.tasks.revoked(ALL)
            await worker.tasks.assigned(frozenset(), worker.sources)
            await asyncio.sleep(1)
            assert disk.held == {}
            carts(broker, "b", at_ms=START_MS + 2)
            async with Worker(broker, clock="event"):
                await asyncio.sleep(3)
            broker.reads.clear()
            for tp, offset in (await worker.tasks.assigned(ALL, worker.sources)).items():
                worker.sources.seek(tp, offset)
            assert (list(disk.held), [start > 0 for _, start in broker.reads]) == ([0], [True])
        assert disk.held == {}

    run(scenario())


def test_a_fenced_worker_lets_go_of_its_store_and_wrote_nothing_to_it() -> None:
    async def scenario() -> None:
        broker, disk = FakeBroker(), FakeDisk()
        carts(broker, "a")
        async with Worker(broker, disk=disk, clock="event") as worker:
            await asyncio.sleep(3)
            written = len(disk.journals[0])
            async with Worker(broker, clock="event"):
                await asyncio.sleep(3)
            carts(broker, "b", at_ms=START_MS + 2)
            with pytest.raises(Exception, match="begin"):
                await asyncio.shield(worker.tasks.failure)
            await asyncio.sleep(1)
            assert (len(disk.journals[0]), disk.held) == (written, {})

    run(scenario())


def test_the_metrics_tell_of_the_hot_set_and_of_the_disk(tmp_path: Path) -> None:
    async def scenario() -> None:
        broker, disk = FakeBroker(), RocksDisk(tmp_path, 8 << 20)
        carts(broker, *(f"u{number}" for number in range(50)))
        async with Worker(broker, disk=disk, clock="event", hot_profiles=10) as worker:
            await asyncio.sleep(3)
            carts(broker, *(f"u{number}" for number in range(50)), at_ms=START_MS + 2)
            await asyncio.sleep(3)
            gauges = worker.tasks.gauges()[0]
            assert (gauges.profiles, gauges.hot_profiles) == (50, 10)
            assert counted(worker.metrics, "profile_reads", found="disk") >= 90
            assert counted(worker.metrics, "profile_reads", found="memory") >= 10
        broker.reads.clear()
        await lived(broker, disk)
        assert broker.reads == []

    run(scenario())
