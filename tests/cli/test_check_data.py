import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from stream.cli.check import command
from stream.cli.schema import schema_texts
from tests.replay.review.shop import FILES, history
from tests.replay.tiny import line, write_config, write_lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    write_lines(tmp_path / "in.jsonl", *history())
    return tmp_path


def check(folder: Path, *options: str, file: str = "in.jsonl") -> Result:
    return CliRunner().invoke(command, [str(folder / "config"), "--data", str(folder / file), *options])


def test_it_says_what_stands_out_and_a_line_a_segment(folder: Path) -> None:
    result = check(folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("fine: ")
    assert "history   in.jsonl (segment)" in result.stdout
    assert "- Nobody ever entered whale: " in result.stdout
    assert any(row.split()[:4] == ["buyer", "12", "50", "%"] for row in result.stdout.splitlines())
    assert "2 of 7 segments were never entered." in result.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["config", "in.jsonl"]


def test_the_json_fits_its_schema_and_lies_beside_the_page(folder: Path) -> None:
    assert check(folder, "--report", str(folder / "out"), "--json", str(folder / "r.json")).exit_code == 0
    review = json.loads((folder / "r.json").read_text())
    jsonschema.validate(review, json.loads(schema_texts()["review.v1.schema.json"]))
    assert review["type"] == "review.v1"
    assert json.loads((folder / "out" / "report.json").read_text()) == review
    assert (folder / "out" / "index.html").read_text().startswith("<!doctype html>")


def test_the_same_history_gives_the_same_bytes(folder: Path) -> None:
    for name in ("a.html", "b.html"):
        said = check(folder, "--report", str(folder / name)).stdout
        assert f"written to {folder / name}" in said
    assert (folder / "a.html").read_bytes() == (folder / "b.html").read_bytes()


def test_user_ids_can_be_left_out(folder: Path) -> None:
    check(folder, "--json", str(folder / "with.json"))
    check(folder, "--json", str(folder / "without.json"), "--no-examples")
    assert '"user_id"' in (folder / "with.json").read_text()
    assert '"user_id"' not in (folder / "without.json").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "segmnt"], "did you mean segment?"),
        (["--until", "tomorrow"], "tomorrow is no time"),
        (["--assume-consent", "marketing"], "no action has the purpose marketing"),
        (["--map", "user=who"], "the mapping has no time"),
        (["--map", "user=who", "--format", "segment"], "only the csv format takes a mapping"),
        (["--report", "CONFIG/events.yaml/r.html"], "cannot write"),
    ],
)
def test_what_it_cannot_do_is_said_and_exits_2(folder: Path, options: list[str], message: str) -> None:
    result = check(folder, *(option.replace("CONFIG", str(folder / "config")) for option in options))
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_file_whose_format_cannot_be_told_and_a_missing_one_exit_2(folder: Path) -> None:
    write_lines(folder / "odd.txt", "who;when;what")
    assert "say --format segment|taobao|rees46|cdnow|csv" in check(folder, file="odd.txt").stderr
    assert "No such file" in check(folder, file="nowhere.jsonl").stderr


def test_options_about_a_history_need_one(folder: Path) -> None:
    result = CliRunner().invoke(command, [str(folder / "config"), "--report", "x.html"])
    assert (result.exit_code, "--data is missing" in result.stderr) == (2, True)


def test_consents_can_be_assumed_and_without_any_that_is_said(tmp_path: Path) -> None:
    write_config(tmp_path / "config")
    write_lines(tmp_path / "in.jsonl", line(0, "a", "Product Added", product_id="p"), line(9, "b", "Product Viewed"))
    assert "No trigger was sent, 1 for lack of consent" in check(tmp_path).stdout
    assert "lack of consent" not in check(tmp_path, "--assume-consent", "all").stdout


@pytest.mark.parametrize(
    ("first", "form"),
    [
        ("event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session", "rees46"),
        ("1,2268318,2520377,pv,1511544070", "taobao"),
        ("00001 0001 19970101 1 11.77", "cdnow"),
    ],
)
def test_the_format_is_told_by_the_first_line(folder: Path, first: str, form: str) -> None:
    write_lines(folder / "data.txt", first)
    assert f"data.txt ({form})" in check(folder, file="data.txt").stdout
