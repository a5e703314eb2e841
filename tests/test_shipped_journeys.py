"""The tables of journeys in docs/ and the shipped definitions say the same."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.definitions import load
from stream.definitions.durations import parse_duration
from stream.definitions.journey_shapes import Journey, Moment, TriggerStep, WaitForStep, WaitStep, WaitUntilStep
from stream.definitions.local_times import hours_text
from stream.definitions.reaching import all_steps
from stream.testkit.files import read_config

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/journeys.md").read_text(encoding="utf-8")
SHIPPED = load(read_config(ROOT / "config"))
STAGES = {"discovery", "consideration", "decision", "cart", "checkout", "purchase", "advocacy", "retention"}


def rows(columns: int) -> list[list[str]]:
    """Return the cells of the rows of the table with so many columns, without its head."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line[:2] == "| "]
    return [row for row in cells if len(row) == columns][2:]


TABLE = {row[1].strip("`"): row for row in rows(5)}
SETTINGS = {setting: value for setting, value, _ in rows(3)}


def waited_ms(journey: Journey) -> Iterator[int]:
    for step in all_steps(journey.steps):
        match step:
            case WaitStep():
                yield step.wait_ms
            case WaitForStep():
                yield step.at_most_ms
            case WaitUntilStep(until=Moment() as until):
                yield until.offset_ms


def test_every_shipped_journey_stands_in_the_table_once_and_every_one_of_the_table_is_shipped() -> None:
    assert sorted(TABLE) == sorted(SHIPPED.journeys)
    assert len(rows(5)) == len(TABLE)


def test_no_stage_is_missing() -> None:
    assert {stage for stage, *_ in TABLE.values()} == STAGES


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_row_says_what_the_definition_says_its_actions_in_order_and_how_long_it_waits(name: str) -> None:
    _, _, meaning, steps, source = TABLE[name]
    journey = SHIPPED.journeys[name]
    proposed = [step.action for step in all_steps(journey.steps) if isinstance(step, TriggerStep)]
    assert meaning == journey.describe
    assert re.findall(r"`(\w+)`", steps) == [*proposed, *(each.action for each in journey.on_exit)]
    assert {parse_duration(word) for word in re.findall(r"\b\d+[mhd]\b", steps)} == set(waited_ms(journey))
    assert source
    assert set(re.findall(r"\[(\d)\]", source)) <= set(re.findall(r"^(\d)\. ", PAGE, re.MULTILINE))


def test_the_settings_of_the_policy_are_those_of_the_table() -> None:
    policy = SHIPPED.policy
    of_email = {cap.within_ms: cap.at_most for cap in policy.caps if cap.key == "email"}
    assert of_email == {
        parse_duration(setting.removeprefix("e-mails in ")): int(value)
        for setting, value in SETTINGS.items()
        if setting.startswith("e-mails in ")
    }
    (quiet,) = policy.quiet_hours
    assert quiet.channels == {"sms", "push", "voice"}
    assert hours_text(quiet.starts, quiet.ends) == SETTINGS["quiet hours of sms, push and voice"]
    assert policy.max_trigger_age_ms == parse_duration(SETTINGS["an event starts no journey after"])
    assert policy.defer_ms == parse_duration(SETTINGS["what is deferred expires after"])
    assert f"{policy.holdout.everything / 100:g}%" == SETTINGS["held out of everything"]
    assert f"{policy.holdout.journeys / 100:g}%" == SETTINGS["held out of a journey"]
    assert [group.within_ms for group in policy.exclusive] == [parse_duration(SETTINGS["one discount in"])]


def test_what_a_journey_proposes_is_all_there_is() -> None:
    proposed = {
        step.action
        for journey in SHIPPED.journeys.values()
        for step in (*all_steps(journey.steps), *journey.on_exit)
        if hasattr(step, "action")
    }
    fallbacks = {action.fallback for action in SHIPPED.actions.values() if action.fallback}
    assert proposed | fallbacks == SHIPPED.actions.keys()


@pytest.mark.parametrize("name", sorted(SHIPPED.journeys))
def test_a_journey_is_short_and_its_tests_say_yes_and_no(name: str) -> None:
    definition = (ROOT / f"config/journeys/{name}.yaml").read_text(encoding="utf-8")
    scenarios = (ROOT / f"config/journeys/{name}.test.yaml").read_text(encoding="utf-8")
    assert len(definition.splitlines()) <= 25
    assert f"ended: {name}" in scenarios
    assert "assume_holdout: all" in scenarios
    assert {step.action for step in all_steps(SHIPPED.journeys[name].steps) if isinstance(step, TriggerStep)} <= set(
        re.findall(r"triggered: (\w+)", scenarios)
    )


@pytest.mark.parametrize("name", sorted(SHIPPED.journeys))
def test_an_order_is_told_one_minute_before_and_one_minute_after_whatever_is_sent(name: str) -> None:
    scenarios = (ROOT / f"config/journeys/{name}.test.yaml").read_text(encoding="utf-8")
    assert re.search(r"order one minute before", scenarios)
    assert re.search(r"order one minute after", scenarios) or name == "order_thanks"
