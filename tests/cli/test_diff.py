import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from stream.cli.diff import command
from stream.cli.schema import schema_texts
from tests.replay.tiny import line, write_config, write_lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_config(tmp_path / "a")
    slower = write_config(tmp_path / "b") / "segments" / "cart_abandoner.yaml"
    slower.write_text(slower.read_text().replace("1h", "2h"))
    carts = [line(0, "quick", "Product Added", product_id="p"), line(0, "slow", "Product Added", product_id="p")]
    write_lines(tmp_path / "in.jsonl", *carts, line(1.5, "quick", "Order Completed"), line(9, "z", "Product Viewed"))
    return tmp_path


def diff(folder: Path, *options: str, configs: tuple[str, ...] = ("a", "b")) -> Result:
    named = [part for config in configs for part in ("--config", str(folder / config))]
    return CliRunner().invoke(command, [*named, "--data", str(folder / "in.jsonl"), *options])


def test_it_says_who_would_be_elsewhere_who_is_triggered_otherwise_and_why(folder: Path) -> None:
    result = diff(folder, "--assume-consent", "all")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "affected  1 of 3 users" in result.stdout
    assert "changed   segment cart_abandoner" in result.stdout
    assert "cart_email, sent under A only: 1\n  1 of 1: in B not `since(cart.changed_at) >= 2h`" in result.stdout
    assert "such as quick, at 2020-01-01T01:00:00Z" in result.stdout


def test_the_json_fits_its_schema_and_lies_beside_the_page(folder: Path) -> None:
    assert diff(folder, "--report", str(folder / "out"), "--assume-consent", "marketing").exit_code == 0
    found = json.loads((folder / "out" / "report.json").read_text())
    jsonschema.validate(found, json.loads(schema_texts()["diff.v1.schema.json"]))
    assert found["type"] == "diff.v1"
    assert "quick" in (folder / "out" / "index.html").read_text()


def test_the_same_config_twice_says_that_nothing_differs(folder: Path) -> None:
    said = diff(folder, configs=("a", "a")).stdout
    assert "Nobody would be anywhere else, and no trigger would be another." in said


@pytest.mark.parametrize("configs", [("a",), ("a", "b", "a")])
def test_it_needs_two_configs(folder: Path, configs: tuple[str, ...]) -> None:
    result = diff(folder, configs=configs)
    assert (result.exit_code, "--config is needed twice" in result.stderr) == (2, True)


def test_a_broken_config_and_a_missing_history_exit_2(folder: Path) -> None:
    (folder / "b" / "segments" / "cart_abandoner.yaml").write_text("when: nothing > 0\n")
    assert "b/segments/cart_abandoner.yaml:1:7" in diff(folder).stderr
    assert diff(folder, "--data", str(folder / "nowhere"), configs=("a", "a")).exit_code == 2
