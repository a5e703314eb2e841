import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli.explain import command
from stream.cli.explain_text import reason_line
from stream.replay.explaining.shapes import Reason
from tests.replay.tiny import line, write_lines

EVENTS = """\
currency: EUR
topics:
  clickstream: {product_viewed: {product_id: string}}
  cart: {order_completed: {order_id: string, total: money}}
"""
FILES = {
    "events.yaml": EVENTS,
    "traits.yaml": "orders: {count: order_completed}\nspend: {sum: order_completed.total}\n"
    "views_1d: {count: product_viewed, within: 1d}\n",
    "segments/shopper.yaml": "when: views_1d >= 1 and orders == 0\n",
    "segments/spender.yaml": "when: spend >= 100\nexit: views_1d >= 2\n",
    "segments/stage.yaml": "tiers: {buyer: orders >= 1, visitor: otherwise}\nstay_at_least: 7d\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / "config" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "config" / name).write_text(text)
    write_lines(
        tmp_path / "in.jsonl",
        line(0, "anna", "Product Viewed", product_id="p"),
        line(2, "anna", "Order Completed", order_id="o", total=120),
        line(1, "bert", "Product Viewed", product_id="p"),
    )
    return tmp_path


def run(folder: Path, user: str, *options: str) -> Result:
    data, config = str(folder / "in.jsonl"), str(folder / "config")
    return CliRunner().invoke(command, [user, "--data", data, "--config", config, *options])


def said(folder: Path, user: str, *options: str) -> list[str]:
    result = run(folder, user, *options)
    assert result.exit_code == 0, result.stderr
    return [" ".join(line.split()) for line in result.stdout.splitlines() if line]


def test_each_segment_is_explained_with_values_and_events(folder: Path) -> None:
    lines = said(folder, "anna")
    assert lines[0] == "anna at 2020-01-01T02:00:00Z, after 2 events"
    (shopper,) = (at for at, line in enumerate(lines) if line.startswith("out shopper since 2020-01-01T02:00:00Z, by"))
    assert lines[shopper + 1].startswith("views_1d >= 1 yes it is 1 by product_viewed at 2020-01-01T00:00:00Z (")
    assert lines[shopper + 2].startswith("orders == 0 no it is 1 by order_completed at 2020-01-01T02:00:00Z (")
    assert any(line.startswith("in spender since") and line.endswith("; leaves when") for line in lines)
    assert any(line.startswith("views_1d >= 2 no it is 1") for line in lines)
    (stage,) = (line for line in lines if "stage" in line)
    assert stage.startswith("in stage.buyer since 2020-01-01T02:00:00Z, by order_completed")
    assert stage.endswith("stays at least until 2020-01-08T02:00:00Z")


def test_an_earlier_time_knows_only_what_had_happened(folder: Path) -> None:
    lines = said(folder, "anna", "--at", "2020-01-01 01:59:59", "--segment", "shopper", "--segment", "spender")
    assert lines[0] == "anna at 2020-01-01T01:59:59Z, after 1 event"
    assert lines[1].startswith("in shopper since 2020-01-01T00:00:00Z, by product_viewed")
    assert lines[4] == "out spender, never in it"
    assert lines[5] == "spend >= 100 no it is 0.00 EUR"


def test_time_alone_is_a_cause(folder: Path) -> None:
    lines = said(folder, "bert", "--at", "2020-01-05", "--segment", "shopper")
    assert lines[1].startswith("out shopper since 2020-01-02T01:")
    assert lines[1].endswith(", by time")


def test_machines_read_json(folder: Path) -> None:
    found = json.loads(run(folder, "anna", "--json", "--segment", "stage").stdout)
    assert (found["user"], found["at"], found["events"]) == ("anna", "2020-01-01T02:00:00Z", 2)
    (stage,) = found["segments"]
    assert (stage["segment"], stage["inside"], stage["tier"], stage["asked"]) == ("stage", True, "buyer", "tiers")
    (reason,) = stage["reasons"]
    assert (reason["condition"], reason["holds"], reason["value"], reason["threshold"]) == ("orders >= 1", True, 1, 1)
    assert [mover["event"] for mover in reason["events"]] == ["order_completed"]


@pytest.mark.parametrize(
    ("user", "options", "message"),
    [
        ("ana", [], "there is no event of ana; did you mean anna?"),
        ("anna", ["--segment", "shoper"], "there is no segment shoper; did you mean shopper?"),
        ("anna", ["--at", "noon"], "--at noon is no time"),
        ("anna", ["--at", "2019-12-31"], "nothing is known of anna at 2019-12-31T00:00:00Z"),
        ("anna", ["--data", "none.jsonl"], "cannot read none.jsonl"),
        ("anna", ["--format", "xml"], "xml"),
    ],
)
def test_what_cannot_be_answered_is_said_and_exits_2(folder: Path, user: str, options: list[str], message: str) -> None:
    result = run(folder, user, *options)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize("condition", ["views >= 7", "7 <= views"])
def test_what_a_condition_says_itself_is_not_said_again(condition: str) -> None:
    assert reason_line(Reason(condition, holds=True, value=8, threshold=7), 5).rstrip().endswith("it is 8")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.318246677, "0.318247"),
        (3, "3"),
        ("11d13h9m1s831ms", "11d13h"),
        ("-2h5m1s", "-2h5m"),
        ("5d", "5d"),
        ("d", "d"),
    ],
)
def test_values_are_cut_to_what_people_read(value: object, shown: str) -> None:
    reason = Reason("x > y", holds=True, value=value, threshold=7)
    assert f"it is {shown}, against 7" in reason_line(reason, 5)
