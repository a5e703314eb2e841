"""A replay goes by a catalogue from a file: what changes in it is told at its time."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stream.adapters.rows import InputRefused
from stream.cli.replay import command
from stream.replay.catalogue import read_catalogue
from tests.replay.tiny import HOUR_MS, START_MS, line, read_lines, tiny_definitions, write_config, write_lines

PLAN = tiny_definitions().plan
JOURNEY = "enter: {event: price_dropped, for_each: seen}\nsteps: [{trigger: cart_email}]\n"


def product(hours: float | None, price: float, name: str = "p") -> str:
    at = {} if hours is None else {"updated_at": START_MS + int(hours * HOUR_MS)}
    return json.dumps({"id": name, "price": price, **at})


def replayed(tmp_path: Path, *products: str) -> list[tuple[object, object]]:
    folder = write_config(tmp_path / "config")
    (folder / "journeys/dropped.yaml").write_text(JOURNEY)
    history = [line(hours, user, "Product Viewed", product_id="p") for hours, user in ((0, "a"), (1, "b"), (9, "c"))]
    events = write_lines(tmp_path / "in.jsonl", *history)
    catalogue = write_lines(tmp_path / "catalogue.jsonl", *products)
    asked = [str(events), "--format", "segment", "--config", str(folder), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(command, [*asked, "--catalogue", str(catalogue), "--assume-consent", "all", "--drain"])
    assert result.exit_code == 0, result.output
    triggers = read_lines(tmp_path / "out/triggers.jsonl")
    return [(one["user_id"], one["at_ms"]) for one in triggers if one["journey"] == "dropped"]


def test_who_saw_a_product_before_its_price_dropped_is_told_at_that_time(tmp_path: Path) -> None:
    told = replayed(tmp_path, product(2, 15), product(None, 20))
    assert told == [("a", START_MS + 2 * HOUR_MS), ("b", START_MS + 2 * HOUR_MS)]


@pytest.mark.parametrize(("hours", "users"), [(1, ["a", "b"]), (1 - 1e-5, ["a"]), (-1, []), (20, ["a", "b", "c"])])
def test_at_the_same_time_the_event_comes_first(tmp_path: Path, hours: float, users: list[str]) -> None:
    assert [user for user, _ in replayed(tmp_path, product(-2, 20), product(hours, 15))] == users


def test_a_line_that_is_no_product_is_refused_with_its_place(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "c.jsonl", product(0, 1), '{"price": 3}')
    with pytest.raises(InputRefused, match=r"c\.jsonl, line 2: no product"):
        read_catalogue(path, PLAN)
    write_lines(path, '{"id": "p", "price": "much"}')
    with pytest.raises(InputRefused, match="line 1: no product"):
        read_catalogue(path, PLAN)
