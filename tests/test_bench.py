"""The benchmark still runs, and says what it must. How fast anything is, no test asserts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench import main as bench
from tests.bench.machine import Machine
from tests.bench.report import Report
from tests.bench.rows import ROWS, WITHOUT_KAFKA
from tests.bench.stages import STAGES
from tests.bench.worker_row import Seen, at_count

FIGURES = {
    "machine_pace_steps_per_s",
    "decode_events_per_s",
    "core_events_per_s",
    "core_events_per_cpu_s",
    *(f"core_{stage}_us_per_event" for stage in STAGES),
    "few_segments_events_per_cpu_s",
    "many_segments_events_per_cpu_s",
    "few_over_many_segments",
    "bytes_events_per_s",
    "bytes_decode_us_per_event",
    "bytes_decide_us_per_event",
    "bytes_encode_us_per_event",
    "replay_events_per_s",
}
FACTS = {"runs", "input", "events", "cpu", "cpus", "pinned", "load_at_start", "load_at_end", "python"}


def seen(at_s: float, events: float) -> Seen:
    return Seen(at_s, events, 0.0, at_s / 2, 1e6, events / 100, events / 10)


@pytest.fixture
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAM_DATA", str(tmp_path))


def test_a_quick_run_without_kafka_writes_flat_figures_with_their_spread(
    no_data: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    only = [option for row in WITHOUT_KAFKA for option in ("--only", row)]
    assert bench.main(["--quick", "--runs", "2", "--out", str(tmp_path / "out" / "bench.json"), *only]) == 0
    written = json.loads((tmp_path / "out" / "bench.json").read_text())
    spreads = {f"{figure}_{end}" for figure in FIGURES for end in ("min", "max")}
    assert written.keys() == FIGURES | spreads | FACTS
    assert all(written[f"{figure}_min"] <= written[figure] <= written[f"{figure}_max"] for figure in FIGURES)
    assert written["input"].startswith("generated")
    table = capsys.readouterr().out
    assert all(figure in table for figure in FIGURES | FACTS)


def test_a_ratio_is_taken_within_each_round() -> None:
    report = Report(Machine(), 2)
    for end_to_end, raw in ((10.0, 100.0), (40.0, 200.0)):
        report.begin_round()
        report.add({"end_to_end_events_per_s": end_to_end})
        report.add({"raw_events_per_s": raw})
    assert report.series()["end_to_end_over_raw"] == [0.1, 0.2]
    assert "over_stock_faust" not in report.series()


def test_between_two_looks_at_the_worker_its_progress_is_taken_as_even() -> None:
    looks = [seen(1.0, 0.0), seen(2.0, 0.0), seen(3.0, 1_000.0), seen(5.0, 2_000.0)]
    assert at_count(looks, 500.0).at_s == 2.5
    assert at_count(looks, 1_000.0).at_s == 3.0
    assert at_count(looks, 1_500.0) == seen(4.0, 1_500.0)


def test_explain_tells_of_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--explain"]) == 0
    explained = capsys.readouterr().out
    assert all(f"\n  {row} " in explained for row in ROWS)
