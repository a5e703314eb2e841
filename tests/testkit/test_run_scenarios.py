import pytest

from stream.definitions import load
from stream.testkit.check_scenarios import read_scenarios
from stream.testkit.run_scenarios import Player, Verdict, run_scenario
from stream.testkit.verdict_text import verdict_text
from tests.testkit.tiny import FILES, definitions, scenario

SEGMENT = "segments/waiting.test.yaml"
JOURNEY = "journeys/recovery.test.yaml"
CART = "{at: 0m, event: product_added, with: {product_id: s1, price: 20}}"
ORDER = "{at: 2h, event: order_completed, with: {total: 20}}"


def run(file: str, given: str, expect: str, more: str = "until: 3h") -> Verdict:
    text = f"- {{name: a, given: [{given}], expect: [{expect}], {more}}}"
    return run_scenario(*scenario(file, text))


def test_the_complete_list_passes() -> None:
    assert run(SEGMENT, f"{CART}, {ORDER}", "{at: 2h, exited: waiting}, {at: 60m, entered: waiting}").passed


@pytest.mark.parametrize("at", ["59m59s", "60m1s", "1h1s..2h"])
def test_at_another_time_it_is_missing_and_unexpected(at: str) -> None:
    verdict = run(SEGMENT, CART, f"{{at: {at}, entered: waiting}}")
    assert not verdict.passed
    assert (len(verdict.missing), len(verdict.unexpected)) == (1, 1)


@pytest.mark.parametrize("at", ["1h", "0m..1h", "1h..2h"])
def test_a_range_includes_both_ends(at: str) -> None:
    assert run(SEGMENT, CART, f"{{at: {at}, entered: waiting}}").passed


def test_an_empty_list_says_that_nothing_may_happen() -> None:
    assert run(SEGMENT, CART, "", "until: 59m").passed
    assert not run(SEGMENT, CART, "", "until: 60m").passed


def test_the_same_twice_needs_two_entries() -> None:
    twice = f"{CART}, {ORDER}, {{at: 3h, event: product_added, with: {{product_id: s2}}}}"
    one = "{at: 1h..5h, entered: waiting}"
    left = "{at: 2h, exited: waiting}"
    assert run(SEGMENT, twice, f"{one}, {one}, {left}", "until: 5h").passed
    assert len(run(SEGMENT, twice, f"{one}, {left}", "until: 5h").unexpected) == 1


def test_a_vague_expectation_does_not_take_what_only_fits_an_exact_one() -> None:
    other = "{at: 1m, user: u1, event: product_viewed}"
    expect = "{at: 0m..3h, triggered: nudge}, {at: 1h, triggered: nudge, key: '1'}"
    verdict = run(JOURNEY, f"{CART}, {other}", expect, "assume_consent: all, until: 3h")
    assert [expected.key for expected, _ in verdict.met] == ["1"]
    assert len(verdict.missing) == 1


def test_users_are_told_apart() -> None:
    given = "{at: 0m, user: u2, event: product_added, with: {product_id: s1}}"
    assert run(SEGMENT, given, "{at: 1h, user: u2, entered: waiting}").passed
    assert not run(SEGMENT, given, "{at: 1h, entered: waiting}").passed


def test_a_journey_s_file_hears_of_triggers_goals_and_ends() -> None:
    expect = (
        "{at: 1h, triggered: nudge, key: '1'}, {at: 2h, goal: order_completed, value: 20}, "
        "{at: 2h, ended: recovery, because: order_completed}"
    )
    assert run(JOURNEY, f"{CART}, {ORDER}", expect, "assume_consent: [marketing], until: 3h").passed


def test_consent_is_not_assumed_unless_the_scenario_says_so() -> None:
    assert run(JOURNEY, CART, "{at: 1h, refused: nudge, because: no_consent}").passed
    assert not run(JOURNEY, CART, "{at: 1h, refused: nudge, because: capped}").passed


def test_everyone_is_held_out_where_the_scenario_says_so_and_nobody_otherwise() -> None:
    sent, ghost = "{at: 1h, triggered: nudge}", "{at: 1h, refused: nudge, because: held_out}"
    for policy in ("holdout: {everything: 100%}\n", "holdout: {journeys: 50%}\n", ""):
        checked, _ = scenario(JOURNEY, f"- {{name: a, given: [{CART}], expect: [{sent}], assume_consent: all}}")
        assert run_scenario(checked, load({**FILES, "policy.yaml": policy})).passed
        more = "assume_consent: all, assume_holdout: all"
        checked, _ = scenario(JOURNEY, f"- {{name: a, given: [{CART}], expect: [{ghost}], {more}}}")
        assert run_scenario(checked, load({**FILES, "policy.yaml": policy})).passed


def test_a_player_keeps_apart_scenarios_that_assume_different_things() -> None:
    text = "".join(
        f"- {{name: {name}, given: [{CART}], expect: [{{at: 1h, {outcome}}}], {assumed}}}\n"
        for name, outcome, assumed in (
            ("a", "triggered: nudge", "assume_consent: all"),
            ("b", "refused: nudge, because: no_consent", "until: 1h"),
            ("c", "refused: nudge, because: held_out", "assume_consent: all, assume_holdout: all"),
            ("d", "triggered: nudge", "assume_consent: all"),
        )
    )
    known = definitions()
    checked, problems = read_scenarios({JOURNEY: text}, known)
    player = Player(known)
    assert problems == []
    assert [player.run(each).passed for each in checked] == [True] * 4


def test_a_late_order_withdraws_what_was_sent_after_it_happened() -> None:
    late = "{at: 30m, arrives: 2h, event: order_completed, with: {total: 20}}"
    verdict = run(
        JOURNEY,
        f"{CART}, {late}",
        # A profile's time never goes back, and a late event does not move it on: the order is decided at 1h.
        "{at: 1h, triggered: nudge}, {at: 1h, withdrawn: nudge}, {at: 1h, ended: recovery, because: order_completed}",
        "assume_consent: all, until: 3h",
    )
    assert verdict.passed, verdict_text(verdict)


def test_watching_all_segment_changes_belong_to_a_journey_s_list() -> None:
    more = "assume_consent: all, watch: all, until: 1h"
    assert not run(JOURNEY, CART, "{at: 1h, triggered: nudge}", more).passed
    assert run(JOURNEY, CART, "{at: 1h, triggered: nudge}, {at: 1h, entered: waiting}", more).passed


def test_a_failure_says_what_was_expected_what_happened_and_how_the_condition_stood() -> None:
    verdict = run(SEGMENT, CART, "{at: 50m, entered: waiting}")
    lines = verdict_text(verdict).splitlines()
    assert lines[0].split() == ["expected", "happened"]
    assert lines[1].split() == ["-", "50m", "entered", "waiting", "(nothing)"]
    assert "since(cart.changed_at) >= 1h: no, it was 50m" in verdict_text(verdict)
    assert "  + (nothing)" in verdict_text(verdict)
    assert "1h       entered waiting" in verdict_text(verdict)


def test_the_rows_of_a_failure_are_in_order_of_time_with_their_marks() -> None:
    verdict = run(SEGMENT, f"{CART}, {ORDER}", "{at: 1h, entered: waiting}, {at: 3h, exited: waiting}")
    marks = [line[2] for line in verdict_text(verdict).splitlines()[1:] if not line.startswith(" " * 9)]
    assert marks == [" ", "+", "-"]
