"""The benchmark still runs, and says what it must. How fast anything is, no test asserts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from stream.replay.reading import OutRecord
from stream.runtime.settings import Settings
from tests.bench import main as bench
from tests.bench.machine import Machine
from tests.bench.processes import RowUnavailable
from tests.bench.report import Report
from tests.bench.rows import ROWS, WITHOUT_KAFKA
from tests.bench.small_job.expected import Expected, expected_of
from tests.bench.small_job.rows import Engine, Input, OtherRow
from tests.bench.stages import STAGES
from tests.bench.wanted import Wanted
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
    "hot_1000_users_cpu_us_per_event",
    "growth_with_users",
    "timers_0_cpu_us_per_event",
    "timers_1000_cpu_us_per_event",
    "growth_with_timers",
    *(f"runs_{which}_cart_{unit}" for which in ("with", "without") for unit in ("cpu_us_per_event", "per_user")),
    "growth_with_runs",
    "profile_encoded_bytes",
    "profile_decoded_bytes",
    "store_disk_bytes_per_profile",
    "store_events_per_cpu_s",
    "store_fill_profiles_per_cpu_s",
    "store_hot_profiles",
    "store_memory_events_per_cpu_s",
    "store_memory_mib",
    "store_misses",
    "store_over_memory",
    "store_over_memory_by_the_clock",
    "store_profiles",
    *(f"store_restart_{what}" for what in ("cpu_s", "profiles", "s", "timers")),
}
FACTS = {"runs", "input", "events", "cpu", "cpus", "pinned", "load_at_start", "load_at_end", "python"}


def seen(at_s: float, events: float) -> Seen:
    return Seen(at_s, events, 0.0, at_s / 2, 1e6, events / 100, events / 10)


@pytest.fixture
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAM_DATA", str(tmp_path))


@pytest.mark.timeout(900)  # a dozen rows, of seconds each
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
    table, page = capsys.readouterr().out, (tmp_path / "out" / "bench.html").read_text()
    assert all(figure in table and figure in page for figure in FIGURES | FACTS)


def test_a_ratio_is_taken_within_each_round() -> None:
    report = Report(Machine(), 2)
    for end_to_end, raw in ((10.0, 100.0), (40.0, 200.0)):
        report.begin_round()
        report.add({"end_to_end_events_per_s": end_to_end})
        report.add({"raw_events_per_s": raw})
    assert report.series()["end_to_end_over_raw"] == [0.1, 0.2]
    assert "over_stock_faust" not in report.series()


def test_a_row_that_cannot_run_is_in_the_table_with_the_reason_and_in_no_figure(tmp_path: Path) -> None:
    report = Report(Machine(), 1)
    report.begin_round()
    report.absent["small_job_bytewax"] = "no <bytewax> here"
    report.write_page(tmp_path / "bench.html")
    assert "small_job_bytewax" in report.table()
    assert "no &lt;bytewax&gt; here" in (tmp_path / "bench.html").read_text()
    assert not [name for name in report.flat() if "bytewax" in name]


def test_another_engine_that_is_not_installed_is_absent_by_name(tmp_path: Path) -> None:
    settings = Settings(app="bench", brokers="127.0.0.1:1", topic_prefix="bench.")
    engine = Engine("bytewax", tmp_path / "python", (), "bytewax", 1)
    with pytest.raises(RowUnavailable, match="bytewax"):
        OtherRow(engine, Input(settings, 1, Expected()), Machine(), tmp_path)


def cart_record(user: str, minute: int, event: str = "Product Added") -> OutRecord:
    call = {"event": event, "timestamp": minute * 60_000, "properties": {"product_id": "p1", "quantity": 1}}
    return OutRecord("cart", user, minute * 60_000, json.dumps(call).encode())


def test_a_cart_is_surely_abandoned_when_it_changes_after_61_minutes_and_perhaps_at_60() -> None:
    end = cart_record("u1", 600, "Order Completed")
    found = expected_of([cart_record("u1", 0), cart_record("u1", 61, "Order Completed"), end], 1)
    assert (found.surely, found.perhaps) == (Counter(u1=1), Counter())
    found = expected_of([cart_record("u1", 0), cart_record("u1", 60, "Order Completed"), end], 1)
    assert (found.surely, found.perhaps) == (Counter(), Counter(u1=1))
    found = expected_of([cart_record("u1", 0), cart_record("u1", 59, "Order Completed"), end], 1)
    assert (found.surely, found.perhaps) == (Counter(), Counter())


def test_what_an_engine_wrote_differs_where_a_user_is_missing_or_told_of_too_often() -> None:
    expected = Expected(Counter(u1=1), Counter(u2=1))
    assert expected.difference(Counter(u1=1)) is None
    assert expected.difference(Counter(u1=1, u2=1)) is None
    assert "1 are missing" in (expected.difference(Counter(u2=1)) or "")
    assert "1 are too many" in (expected.difference(Counter(u1=1, u2=2)) or "")


def test_a_wanted_figure_is_met_at_its_bound_and_not_beyond() -> None:
    assert Wanted(2, 3).is_met(2)
    assert not Wanted(2, 3).is_met(1.9)
    assert Wanted(1.5, 1.2, ceiling=True).is_met(1.5)
    assert not Wanted(1.5, 1.2, ceiling=True).is_met(1.6)


def test_between_two_looks_at_the_worker_its_progress_is_taken_as_even() -> None:
    looks = [seen(1.0, 0.0), seen(2.0, 0.0), seen(3.0, 1_000.0), seen(5.0, 2_000.0)]
    assert at_count(looks, 500.0).at_s == 2.5
    assert at_count(looks, 1_000.0).at_s == 3.0
    assert at_count(looks, 1_500.0) == seen(4.0, 1_500.0)


def test_explain_tells_of_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--explain"]) == 0
    explained = capsys.readouterr().out
    assert all(row in explained.split() for row in ROWS)
