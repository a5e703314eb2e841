"""The end of a worker's tasks: nothing is left open, and it is said what was decided and whether all is committed."""

from __future__ import annotations

import asyncio

import pytest

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
