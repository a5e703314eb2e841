import pytest

from stream.definitions.problems import Problem
from stream.testkit.scenarios import Scenario, parse_scenarios

HOUR_MS = 3_600_000


def parsed(text: str) -> tuple[list[Scenario], list[Problem]]:
    problems: list[Problem] = []
    return parse_scenarios("segments/x.test.yaml", text, problems), problems


def only_problem(text: str) -> Problem:
    scenarios, problems = parsed(text)
    assert scenarios == []
    (problem,) = problems
    return problem


def test_a_scenario_is_read_with_its_places() -> None:
    (scenario,), problems = parsed(
        "- name: enters after an hour\n"
        "  assume_consent: [marketing]\n"
        "  given:\n"
        "    - {at: 0m, event: product_added, with: {product_id: s1, price: 20}}\n"
        "    - {at: 5m, user: u2, identify: {country: DE}}\n"
        "  until: 2h\n"
        "  expect:\n"
        "    - {at: 60m, entered: x}\n"
    )
    assert problems == []
    assert (scenario.name, scenario.consents, scenario.until_ms) == (
        "enters after an hour",
        ("marketing",),
        2 * HOUR_MS,
    )
    first, second = scenario.given
    assert (first.user, first.event, first.at_ms) == ("u1", "product_added", 0)
    assert (second.user, second.event, second.at_ms) == ("u2", "identify", HOUR_MS // 12)
    (expected,) = scenario.expect
    assert (expected.kind, expected.name, expected.user) == ("entered", "x", "u1")
    assert (expected.from_ms, expected.to_ms, expected.spot.line) == (HOUR_MS, HOUR_MS, 8)


def test_without_until_a_scenario_ends_with_its_last_time() -> None:
    (scenario,), _ = parsed("- {name: a, given: [{at: 3h, event: e}], expect: [{at: 1h..2h, exited: x}]}")
    assert scenario.until_ms == 3 * HOUR_MS


def test_nothing_given_and_nothing_expected_is_a_scenario() -> None:
    (scenario,), problems = parsed("- {name: silence, given: [], until: 9d, expect: []}")
    assert (scenario.given, scenario.expect, problems) == ((), (), [])


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("name: a", (1, 1), "is a list"),
        ("- 7", (1, 3), "a scenario is a map"),
        ("- {name: a, given: []}", (1, 3), "'expect' is missing"),
        ("- {name: a, given: {}, expect: []}", (1, 20), "'given' is a list"),
        ("- {name: a, given: [], expects: [], expect: []}", (1, 24), "no field 'expects'"),
        ("- {name: a, given: [], expect: [], until: soon}", (1, 43), "'soon' is no time"),
        ("- {name: a, given: [], expect: [], watch: some}", (1, 43), "can only be `all`"),
        ("- {name: a, given: [], expect: [], assume_holdout: u1}", (1, 52), "can only be `all`"),
        ("- {name: a, given: [{event: e}], expect: []}", (1, 21), "'at' is missing"),
        ("- {name: a, given: [{at: 0m}], expect: []}", (1, 21), "either `event` or `identify`"),
        ("- {name: a, given: [{at: 0m, event: e, identify: {}}], expect: []}", (1, 21), "either `event` or `identify`"),
        ("- {name: a, given: [{at: 0m, event: e, with: 3}], expect: []}", (1, 46), "'with' is a map"),
        ("- {name: a, given: [], expect: [{at: 1h}]}", (1, 33), "exactly one of entered"),
        ("- {name: a, given: [], expect: [{at: 1h, entered: x, exited: x}]}", (1, 33), "exactly one of entered"),
        ("- {name: a, given: [], expect: [{at: 2h..1h, entered: x}]}", (1, 38), "a range is"),
        ("- {name: a, given: [], expect: [{at: 1h, goal: x, value: much}]}", (1, 58), "'value' is a number"),
        ("- {name: a, given: [{at: 2h, event: e}], until: 1h, expect: []}", (1, 21), "after `until`"),
    ],
)
def test_a_mistake_in_form_is_said_at_its_place(text: str, place: tuple[int, int], said: str) -> None:
    problem = only_problem(text)
    assert (problem.spot.line, problem.spot.column) == place
    assert said in problem.message


def test_an_expectation_after_the_end_could_never_fail_and_is_refused() -> None:
    assert "after `until`" in only_problem("- {name: a, given: [], until: 1h, expect: [{at: 61m, entered: x}]}").message
    assert parsed("- {name: a, given: [], until: 1h, expect: [{at: 60m, entered: x}]}")[1] == []


def test_two_scenarios_of_one_name_are_refused() -> None:
    _, (problem,) = parsed("- {name: a, given: [], expect: []}\n- {name: a, given: [], expect: []}")
    assert (problem.spot.line, problem.message) == (2, "a second scenario named 'a'")


def test_a_misspelt_field_is_answered_with_the_right_one() -> None:
    assert only_problem("- {name: a, given: [], expect: [], untill: 1h}").suggestion == "until"
