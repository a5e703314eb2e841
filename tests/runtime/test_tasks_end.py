"""The end of a worker's tasks: nothing is left open, and it is said what was decided and whether all is committed."""

from __future__ import annotations

import asyncio

import pytest

from stream.runtime.kafka_transactions import KafkaWriter
from stream.runtime.task_ports import Failed
from tests.runtime.fakes import MINUTE_MS, START_MS, run
from tests.runtime.test_kept_tasks import ALL, carts, decided, failed, fails_at, rebalance


def test_nothing_is_kept_at_the_end_and_it_is_said_what_was_decided(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with decided("a", "b", "c") as (broker, worker):
            await rebalance(worker)
            carts(broker, "d", at_ms=START_MS + MINUTE_MS)
            await asyncio.sleep(3)
            await worker.tasks.revoked(ALL)
        assert [writer.is_closed for writer in broker.writers] == [True]

    caplog.set_level("INFO", "stream.runtime.tasks")
    run(scenario())
    assert "stopped: 4 events decided, all committed" in caplog.messages


def test_at_the_end_it_is_said_that_not_all_is_committed(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with decided("a", checkpoint_max_ms=60_000) as (broker, _worker):
            carts(broker, "b", at_ms=START_MS + MINUTE_MS)
            await asyncio.sleep(1)
            fails_at(broker, "commit", failed)

    caplog.set_level("INFO", "stream.runtime.tasks")
    run(scenario())
    assert "stopped: 2 events decided, not all committed: others decide the rest again" in caplog.messages


def cut_off() -> None:
    """What aiokafka does to whoever waits on a connection that ends."""
    raise asyncio.CancelledError


def test_a_task_whose_commit_ends_with_its_connection_stops_the_worker() -> None:
    async def scenario() -> None:
        async with decided("a") as (broker, worker):
            fails_at(broker, "commit", cut_off)
            carts(broker, "b", at_ms=START_MS + MINUTE_MS)
            await asyncio.sleep(3)
            assert isinstance(worker.tasks.failure.exception(), Failed)
            assert worker.tasks.gauges() == []

    run(scenario())


class CutOff:
    """A producer without a connection."""

    async def begin_transaction(self) -> None:
        cut_off()


class Silent:
    """A producer whose broker does not answer."""

    async def begin_transaction(self) -> None:
        await asyncio.Event().wait()


async def test_a_request_that_ends_with_its_connection_is_a_failure_and_one_that_is_cancelled_is_not() -> None:
    writer = KafkaWriter(CutOff(), timeout_s=1)
    with pytest.raises(Failed, match="the connection ended"):
        await writer.begin()
    cancelled = asyncio.create_task(KafkaWriter(Silent(), timeout_s=1).begin())
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
