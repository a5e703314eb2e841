"""The benchmark's rows on Kafka still run, each counting every event that was played. How fast, no test asserts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench import main as bench
from tests.bench.rows import WITH_KAFKA
from tests.kafka.conftest import Kafka

FIGURES = {
    "raw_events_per_s",
    "raw_cpu_s_per_million",
    "faust_counter_events_per_s",
    "faust_counter_cpu_s_per_million",
    "end_to_end_events_per_s",
    "end_to_end_cpu_s_per_million",
    "end_to_end_memory_mib",
    "end_to_end_checkpoints_per_s",
    "end_to_end_profiles_written_per_event",
    "end_to_end_over_raw",
    "end_to_end_over_faust_counter",
    "small_job_events_per_s",
    "delay_capacity_events_per_s",
    "delay_p50_ms",
    "delay_p99_ms",
    "delay_max_ms",
    "delay_25_p50_ms",
    "delay_75_p99_ms",
    "recovery_profiles_per_s",
    "recovery_mib_per_s",
    "recovery_cpu_us_per_profile",
}

OURS = [row for row in WITH_KAFKA if not row.startswith("small_job_")]
"""The other engines start slowly, and need an environment of their own."""


@pytest.mark.timeout(900)  # eight processes, each started from nothing
def test_a_quick_run_on_kafka_measures_raw_faust_the_worker_delays_and_recovery(
    kafka: Kafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap)
    monkeypatch.setenv("STREAM_DATA", str(tmp_path))
    only = [option for row in OURS for option in ("--only", row)]
    assert bench.main(["--quick", "--out", str(tmp_path / "bench.json"), *only]) == 0
    written = json.loads((tmp_path / "bench.json").read_text())
    assert written.keys() >= FIGURES | {"events_on_kafka", "partitions"}
    assert all(written[figure] > 0 for figure in FIGURES if figure.endswith(("events_per_s", "profiles_per_s")))
