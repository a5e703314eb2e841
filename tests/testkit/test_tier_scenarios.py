"""Scenarios of a segment with tiers."""

import msgspec
import pytest

from stream.definitions import load
from stream.model.outcomes import SegmentChange, Why
from stream.replay.summary import Tally
from stream.runtime.metrics import Metrics
from stream.testkit.check_scenarios import read_scenarios
from stream.testkit.run_scenarios import Verdict, run_scenario
from stream.testkit.verdict_text import verdict_text

DEFINITIONS = load(
    {
        "events.yaml": "currency: USD\ntopics: {clickstream: {viewed: {n: number}}}\n",
        "traits.yaml": "views: {count: viewed}\n",
        "segments/stage.yaml": "tiers: {keen: views >= 2, here: otherwise}\n",
        "segments/many.yaml": "when: views >= 3\n",
    }
)
GIVEN = "given: [{at: 0m, event: viewed}, {at: 1m, event: viewed}]"
ENTERED = "{at: 0m, entered: stage, to: here}"


def run(expect: str) -> Verdict:
    (checked,), problems = read_scenarios(
        {"segments/stage.test.yaml": f"- {{name: a, {GIVEN}, expect: [{expect}]}}"}, DEFINITIONS
    )
    assert problems == []
    return run_scenario(checked, DEFINITIONS)


@pytest.mark.parametrize("to", ["", ", to: keen", ", from: here", ", from: here, to: keen"])
def test_a_move_is_expected_by_its_tiers_or_without_them(to: str) -> None:
    assert run(f"{ENTERED}, {{at: 1m, moved: stage{to}}}").passed


@pytest.mark.parametrize("move", ["{at: 1m, moved: stage, to: here}", "{at: 1m, entered: stage, to: keen}"])
def test_another_move_is_none(move: str) -> None:
    assert not run(f"{ENTERED}, {move}").passed


def test_what_is_missing_is_shown_with_its_tier_and_its_conditions() -> None:
    text = verdict_text(run(f"{ENTERED}, {{at: 0m, moved: stage, to: keen}}"))
    assert "moved stage (to keen)" in text
    assert "views >= 2: no, it was 1" in text
    assert "moved stage (from here, to keen)" in text


@pytest.mark.parametrize(
    ("expect", "said", "suggestion"),
    [
        ("{at: 0m, moved: stage, to: kean}", "'stage' has no tier 'kean'", "keen"),
        ("{at: 0m, moved: stage, from: kean}", "'stage' has no tier 'kean'", "keen"),
        ("{at: 0m, exited: stage}", "nobody leaves 'stage': they move between its tiers", ""),
        ("{at: 0m, moved: stag}", "there is no segment 'stag'", "stage"),
        ("{at: 0m, moved: many}", "'many' has no tiers: say `entered` or `exited`", ""),
        ("{at: 0m, entered: many, to: keen}", "'many' has no tiers", ""),
    ],
)
def test_naming_tiers_wrongly_is_a_problem(expect: str, said: str, suggestion: str) -> None:
    _, (problem,) = read_scenarios({"x.test.yaml": f"- {{name: a, {GIVEN}, expect: [{expect}]}}"}, DEFINITIONS)
    assert (problem.message, problem.suggestion) == (said, suggestion)


ENTRY = SegmentChange(
    id="s", user_id="u", at_ms=0, segment="stage", change="entered", cause="e", version="v", why=Why("e"), to="here"
)
MOVE = msgspec.structs.replace(ENTRY, change="moved", from_="here", to="keen")


def test_a_move_leaves_one_tier_and_enters_another_in_every_count() -> None:
    tally, metrics = Tally(), Metrics()
    metrics.begin_definitions_at_zero(DEFINITIONS)
    metrics.count_outcomes([ENTRY, MOVE])
    for outcome in (ENTRY, MOVE):
        tally.add(outcome)
    assert (tally.entries, tally.exits) == ({"stage.here": 1, "stage.keen": 1}, {"stage.here": 1})
    counted = {
        (sample.labels["segment"], sample.labels["change"]): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "stream_segment_changes_total"
    }
    assert counted == {
        ("stage.here", "entered"): 1,
        ("stage.here", "exited"): 1,
        ("stage.keen", "entered"): 1,
        ("stage.keen", "exited"): 0,
        ("many", "entered"): 0,
        ("many", "exited"): 0,
    }


def test_a_move_is_written_with_from_and_to() -> None:
    written = msgspec.json.decode(msgspec.json.encode(MOVE))
    assert (written["change"], written["from"], written["to"]) == ("moved", "here", "keen")
    assert "from" not in msgspec.json.decode(msgspec.json.encode(ENTRY))
