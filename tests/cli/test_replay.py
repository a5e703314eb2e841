import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli.replay import command
from tests.replay.tiny import line, read_lines, write_config, write_lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_config(tmp_path / "config")
    history = [line(0, "a", "Product Added", product_id="p"), line(2, "b", "Product Viewed")]
    write_lines(tmp_path / "in.jsonl", *history)
    write_lines(
        tmp_path / "mine.csv", "who;when;what;sku", "a;2020-01-01 00:00:00;add;p", "b;2020-01-01 02:00:00;look;p"
    )
    return tmp_path


def run(folder: Path, *options: str, file: str = "in.jsonl", form: str = "segment") -> Result:
    config, out = str(folder / "config"), str(folder / "out")
    return CliRunner().invoke(
        command, [str(folder / file), "--format", form, "--config", config, "--out", out, *options]
    )


def test_it_writes_the_outcomes_and_prints_a_summary(folder: Path) -> None:
    result = run(folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "cart_abandoner" in result.stdout
    assert [one["user_id"] for one in read_lines(folder / "out" / "segment-changes.jsonl")] == ["a"]


def test_all_consents_or_named_ones_are_assumed_and_said(folder: Path) -> None:
    for purposes in ("all", "marketing"):
        result = run(folder, "--assume-consent", purposes, "--drain")
        assert "assumed for every user: marketing" in result.stdout
        assert len(read_lines(folder / "out" / "triggers.jsonl")) == 2


def test_until_stops_the_clock(folder: Path) -> None:
    assert "stopped at 2020-01-01T00:59:59Z" in run(folder, "--until", "2020-01-01T00:59:59Z").stdout
    assert read_lines(folder / "out" / "segment-changes.jsonl") == []
    run(folder, "--until", "2020-01-02")
    assert len(read_lines(folder / "out" / "segment-changes.jsonl")) == 1


def test_anyones_csv_is_mapped(folder: Path) -> None:
    mapping = "user=who,time=when,event=what,event.add=product_added,event.look=product_viewed,product_id=sku"
    result = run(folder, "--map", mapping, file="mine.csv", form="csv")
    assert result.exit_code == 0, result.stderr
    (change,) = read_lines(folder / "out" / "segment-changes.jsonl")
    assert (change["user_id"], change["change"]) == ("a", "entered")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--format", "segmnt"],
            "segmnt is no known format (segment, taobao, rees46, cdnow, csv); did you mean segment?",
        ),
        (["--format", "csv"], "needs a mapping"),
        (["--format", "csv", "--map", "user=who,time=when,event=what,prodct_id=sku"], "did you mean product_id?"),
        (["--map", "user=who"], "only the csv format takes a mapping"),
        (["--assume-consent", "marketting"], "no action has the purpose marketting; did you mean marketing?"),
        (["--until", "tomorrow"], "tomorrow is no time"),
        (["--until", "2020-01-01", "--drain"], "exclude each other"),
    ],
)
def test_what_it_cannot_do_is_said_and_exits_2(folder: Path, options: list[str], message: str) -> None:
    result = run(folder, *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (folder / "out").exists()


def test_a_missing_file_a_missing_config_and_a_bad_out_exit_2(folder: Path) -> None:
    missing = run(folder, file="nowhere.jsonl")
    assert (missing.exit_code, "nowhere.jsonl: No such file" in missing.stderr) == (2, True)
    assert run(folder, "--config", str(folder / "elsewhere")).exit_code == 2
    taken = run(folder, "--out", str(folder / "in.jsonl"))
    assert (taken.exit_code, "cannot write to" in taken.stderr) == (2, True)


def test_bad_rows_are_dead_letters_and_no_failure(folder: Path) -> None:
    write_lines(folder / "in.jsonl", "oops", line(0, "a", "Product Added"))
    assert run(folder).exit_code == 0
    dead = read_lines(folder / "out" / "dead-letters.jsonl")
    assert [(one["row"], one["reason"]) for one in dead] == [(1, "not_json"), (2, "missing_property")]


def test_in_a_pipe_it_prints_plain_text_and_no_progress(folder: Path) -> None:
    arguments = [str(folder / "in.jsonl"), "--format", "segment", "--config", str(folder / "config")]
    done = subprocess.run(
        [sys.executable, "-m", "stream", "replay", *arguments, "--out", str(folder / "out")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert json.loads((folder / "out" / "segment-changes.jsonl").read_text())["change"] == "entered"
