"""The table of families in docs/ and the shipped definitions say the same."""

import re
from pathlib import Path

import pytest

from stream.definitions import load
from stream.testkit.files import read_config

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/families.md").read_text(encoding="utf-8")
SHIPPED = load(read_config(ROOT / "config"))
FAMILIES = {"purchase", "value", "usage", "occasion", "stage", "engagement", "intent", "loyalty", "feedback", "named"}


def rows(columns: int) -> list[list[str]]:
    """Return the cells of the rows of the tables with so many columns, without their heads."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line[:2] == "| "]
    wide = [row for row in cells if len(row) == columns]
    return wide[2:]


TABLE = rows(5)


def test_every_shipped_segment_stands_in_the_table_once_and_every_one_of_the_table_is_shipped() -> None:
    assert sorted(name.strip("`") for _, _, name, _, _ in TABLE) == sorted(SHIPPED.segments)


def test_no_family_is_missing() -> None:
    assert {family for family, *_ in TABLE} >= FAMILIES


@pytest.mark.parametrize("row", TABLE, ids=[row[2].strip("`") for row in TABLE])
def test_a_row_says_what_the_definition_says_and_where_its_thresholds_come_from(row: list[str]) -> None:
    _, behaviour, name, meaning, source = row
    assert meaning == SHIPPED.segments[name.strip("`")].describe
    assert behaviour
    assert source
    numbers = set(re.findall(r"\[(\d)\]", source))
    assert numbers <= set(re.findall(r"^(\d)\. ", PAGE, re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", source)) <= SHIPPED.segments.keys()


def test_every_definition_that_is_asked_for_by_name_is_shipped() -> None:
    named = [name.strip("`") for _, name in rows(2)]
    assert len(set(named)) == 15
    assert set(named) <= SHIPPED.segments.keys()


def test_at_least_thirty_segments_and_forty_traits_ship() -> None:
    assert len(SHIPPED.segments) >= 30
    assert len(SHIPPED.traits) >= 40


@pytest.mark.parametrize("name", sorted(SHIPPED.segments))
def test_a_segment_is_a_handful_of_lines_and_its_tests_say_yes_and_no(name: str) -> None:
    definition = (ROOT / f"config/segments/{name}.yaml").read_text(encoding="utf-8")
    scenarios = (ROOT / f"config/segments/{name}.test.yaml").read_text(encoding="utf-8")
    assert len(definition.splitlines()) <= 8
    assert f"entered: {name}" in scenarios
    assert scenarios.count("- name:") >= 2
