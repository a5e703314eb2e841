"""A worker with a store on a real broker: killed in the middle and started anew, it decides what replay decides."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kafka import test_taobao_on_kafka as taobao
from tests.kafka.workers import Outcomes, WorkerProcess, differences, has_no_lag, new_app, play, share, until, workers

if TYPE_CHECKING:
    from tests.kafka.conftest import Kafka

pytestmark = [pytest.mark.kafka, pytest.mark.data]
history = taobao.history

HOT = 100
"""So few that most profiles are read from the disk again and again."""


async def test_a_worker_with_a_store_killed_and_started_anew_decides_what_replay_decides(
    kafka: Kafka, history: taobao.History, tmp_path: Path
) -> None:
    settings = await new_app(kafka, "stored", "event", state_dir=str(tmp_path / "state"), hot_profiles=HOT)
    async with workers(1, taobao.CONFIG, settings, tmp_path) as ours, Outcomes(settings) as outcomes:
        (worker,) = ours
        await play(history.file, taobao.CONFIG, settings)

        async def are_a_third_visible() -> bool:
            return await outcomes.read() >= history.outcomes / 3

        await until(are_a_third_visible, taobao.DONE_TIMEOUT_S, ours)
        worker.kill()
        await outcomes.read_to_end()
        assert outcomes.count < history.outcomes, "the worker was killed too late"
        assert lacking(worker) == (settings.partitions, 0), "there was nothing to go on from"
        worker.start()
        await until(lambda: share(ours, settings.partitions), taobao.DONE_TIMEOUT_S, ours)
        assert lacking(worker)[0] == settings.partitions, "none was built anew"

        async def is_all_decided() -> bool:
            return await has_no_lag(ours) and await taobao.are_positions_at(history.events[-1].time_ms, settings)

        await until(is_all_decided, taobao.DONE_TIMEOUT_S, ours)
        reads = await worker.metrics()
        assert reads.sum("stream_profile_reads_total", found="disk") > HOT
        assert reads.sum("stream_hot_profiles") <= 4 * HOT
        assert await worker.stop() == 0
        found = await outcomes.read_to_end()
    assert differences(history.replayed, found) == []
    await taobao.check_state(settings, history.events)


def lacking(worker: WorkerProcess) -> tuple[int, int]:
    """Return how many stores were built anew, and how many had something to catch up with."""
    said = worker.log.read_text()
    return len(re.findall("built anew", said)), len(re.findall("its store lacks", said))
