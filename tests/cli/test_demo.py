import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from stream.cli.demo_processes import DemoFailed, Process, WorkerPage, free_port
from stream.cli.demo_screen import Screen
from stream.cli.demo_summary import Played, summary
from stream.cli.demo_tally import Tally, clock_text, line_of
from stream.model.outcomes import AnyOutcome, Decision, Goal, Leaf, RunChange, SegmentChange, Trigger, Why, Withdrawal
from stream.testkit.shop import OPENS_MS

HOUR_MS = 3_600_000
CONFIG = Path(__file__).parents[2] / "config"
LEAVES = [
    Leaf("cart.quantity > 0", True, 2, 0),
    Leaf("since(cart.changed_at) >= 1h", True, "75500140ms", "1h"),
    Leaf("cart.total >= 75", False, "20.00 USD", "75.00 USD"),
]
WHY = Why("time", LEAVES)


def change(kind: str, segment: str = "cart_abandoner", at_ms: int = OPENS_MS) -> SegmentChange:
    return SegmentChange(
        id="1", user_id="u", at_ms=at_ms, segment=segment, change=kind, cause="time", version="v", why=WHY
    )


def trigger(why: Why = WHY) -> Trigger:
    return Trigger(
        id="2", user_id="u", at_ms=OPENS_MS + HOUR_MS, action="reminder_ad", channel="ads", purpose="advertising",
        template="t", journey="cart_recovery", version="v", run_id="r", step="0", due_ms=0, valid_until_ms=0,
        payload={}, why=why,
    )  # fmt: skip


def decision(verdict: str) -> Decision:
    return Decision(
        id="3", user_id="u", at_ms=OPENS_MS, verdict=verdict, journey="cart_recovery", run_id="r", step="0",
        action="reminder_ad", why=WHY,
    )  # fmt: skip


def run_change(kind: str) -> RunChange:
    return RunChange(
        id="4", user_id="u", at_ms=OPENS_MS, change=kind, journey="cart_recovery", run_id="r", reason="x", version="v"
    )


GOAL = Goal(id="5", user_id="u", at_ms=OPENS_MS, journey="cart_recovery", run_id="r", event="order", value=12.5)
TAKEN_BACK = Withdrawal(
    id="6", user_id="u", at_ms=OPENS_MS, trigger_id="2", action="reminder_ad", journey="j", run_id="r", reason="order"
)


def tallied(*outcomes: AnyOutcome) -> Tally:
    tally = Tally()
    for outcome in outcomes:
        tally.count(outcome)
    return tally


def test_members_are_entries_less_exits_and_runs_starts_less_ends() -> None:
    tally = tallied(change("entered"), change("entered"), change("exited"), run_change("started"), run_change("ended"))
    assert tally.members == {"cart_abandoner": 1}
    assert tally.runs == {"cart_recovery": 0}


def test_only_refusals_count_as_not_sent() -> None:
    tally = tallied(decision("sent"), decision("withdrawn"), decision("capped"), trigger(), TAKEN_BACK, GOAL)
    assert tally.refusals == {"capped": 1}
    assert tally.triggers == {"reminder_ad": 1}
    assert (tally.withdrawn, tally.goals, tally.goal_value) == (1, 1, 12.5)


def test_a_trigger_is_one_line_with_the_comparisons_that_held() -> None:
    assert line_of(trigger()) == (
        "Mon  2 Mar 01:00  reminder_ad to u by ads: cart.quantity > 0 (2), since(cart.changed_at) >= 1h (20h58m)"
    )
    assert line_of(trigger(Why("e-1"))) == "Mon  2 Mar 01:00  reminder_ad to u by ads: a step of cart_recovery"
    assert line_of(TAKEN_BACK) == "Mon  2 Mar 00:00  reminder_ad to u withdrawn: order"
    assert line_of(change("entered")) is None


def test_in_a_pipe_sizes_come_once_a_day_and_lines_are_never_cut() -> None:
    out = io.StringIO()
    with Screen(Console(file=out, width=40)) as screen:
        screen.show([change("entered")])
        screen.show([change("entered", at_ms=OPENS_MS + 2 * HOUR_MS), trigger()])
        screen.show([change("entered", at_ms=OPENS_MS + 25 * HOUR_MS)])
    lines = out.getvalue().splitlines()
    assert lines[0] == line_of(trigger())
    assert lines[1] == f"-- {clock_text(OPENS_MS + 25 * HOUR_MS)}  members: cart_abandoner 3"
    assert len(lines) == 3


def test_on_a_terminal_sizes_stand_in_a_table() -> None:
    out = io.StringIO()
    with Screen(Console(file=out, width=80, force_terminal=True, color_system=None)) as screen:
        screen.show([change("entered"), run_change("started"), trigger()])
    assert "cart_abandoner" in out.getvalue()
    assert "reminder_ad to u by ads" in out.getvalue()


def test_the_summary_says_what_came_of_it_and_what_to_try_next() -> None:
    text = summary(tallied(change("entered"), trigger(), GOAL), Played("config", 300, 12, 7_000, 41.2, "USD"))
    assert "12 days of 300 shoppers: 7,000 events through Kafka and a Faust worker in 41 s" in text
    assert "triggers sent     reminder_ad 1" in text
    assert "goals reached     1, worth 12.50 USD" in text
    assert "edit a threshold in config/segments/" in text
    assert "withdrawn" not in text


def test_a_process_that_fails_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Process(("no-such-command",), tmp_path / "x.log", os.environ) as process:
        give_up = time.monotonic() + 60
        while not process.has_ended() and time.monotonic() < give_up:
            time.sleep(0.05)
        with pytest.raises(DemoFailed, match="No such command 'no-such-command'"):
            process.is_over()


def test_leaving_the_context_ends_the_process(tmp_path: Path) -> None:
    with Process(("worker", "--config", str(CONFIG), "--embedded"), tmp_path / "worker.log", os.environ) as process:
        process.check_running()
    assert process.has_ended()


def test_a_page_that_does_not_answer_is_neither_ready_nor_without_lag() -> None:
    page = WorkerPage(free_port(0))
    assert not page.is_ready()
    assert page.lag_records() is None


SMALL = ("demo", str(CONFIG), "--shoppers", "60", "--days", "3", "--seconds", "5")


def test_the_demo_shows_triggers_and_ends_by_itself_in_a_pipe() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stream", *SMALL], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "for trying things only" in done.stdout
    assert "similar_item_email to shopper-" in done.stdout
    assert "Try next:" in done.stdout


def test_the_demo_stopped_in_the_middle_leaves_no_process_behind(tmp_path: Path) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-m", "stream", *SMALL], stdout=subprocess.PIPE, text=True, env=env) as demo:
        try:
            assert demo.stdout is not None
            assert any(line.startswith("playing") for line in demo.stdout)
            demo.send_signal(signal.SIGTERM)
            assert demo.wait(60) == 128 + signal.SIGTERM
        finally:
            demo.kill()
    assert [path.name for path in tmp_path.iterdir()] == []
    still = [path.parent.name for path in Path("/proc").glob("[0-9]*/environ") if _names(path, str(tmp_path))]
    assert still == []


def _names(environ: Path, text: str) -> bool:
    try:
        return text.encode() in environ.read_bytes()
    except OSError:
        return False
