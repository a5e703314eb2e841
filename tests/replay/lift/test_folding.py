"""Who is counted, in which arm, with which goals."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stream.model.outcomes import AnyOutcome, Stage, Verdict, Why, Withdrawal
from stream.replay.lift.folding import Fold
from stream.replay.lift.measuring import measure
from stream.replay.lift.shapes import JourneyLift
from tests.replay.lift.records import HOUR_MS, JOURNEY, arms, decision, goal, lift_of, started


def counted(found: JourneyLift) -> tuple[int, int, int, int]:
    """Return users and reached of the treated, then of those held out."""
    return found.treated.users, found.treated.reached, found.held_out.users, found.held_out.reached


def test_a_user_is_treated_by_a_trigger_sent_and_held_out_by_a_ghost_trigger() -> None:
    outcomes = [decision("a", "sent"), goal("a"), decision("b", "held_out"), decision("c", "held_out"), goal("c")]
    assert counted(lift_of(*outcomes)) == (1, 1, 2, 1)


@pytest.mark.parametrize("verdict", ["no_consent", "suppressed", "capped", "expired", "withdrawn"])
def test_a_trigger_that_was_neither_sent_nor_held_out_puts_nobody_into_an_arm(verdict: Verdict) -> None:
    found = lift_of(decision("a", verdict), goal("a"), started("b"))
    assert counted(found) == (0, 0, 0, 0)
    assert found.untouched == 2


def test_a_run_whose_first_trigger_was_capped_counts_from_the_one_that_was_sent() -> None:
    outcomes = [decision("a", "capped", HOUR_MS), decision("a", "sent", 3 * HOUR_MS)]
    assert counted(lift_of(*outcomes, goal("a", 4 * HOUR_MS))) == (1, 1, 0, 0)
    assert counted(lift_of(*outcomes, goal("a", 2 * HOUR_MS))) == (0, 0, 0, 0)


@pytest.mark.parametrize("verdict", ["sent", "held_out"])
def test_a_goal_at_the_moment_of_the_trigger_was_not_its_doing_but_one_a_moment_later_may_be(verdict: Verdict) -> None:
    early = lift_of(decision("a", verdict, HOUR_MS), goal("a", HOUR_MS))
    assert (early.treated.users + early.held_out.users, early.early) == (0, 1)
    later = lift_of(decision("a", verdict, HOUR_MS), goal("a", HOUR_MS + 1))
    assert (later.treated.reached + later.held_out.reached, later.early) == (1, 0)


def test_several_runs_of_a_user_are_one_unit_and_the_first_is_measured() -> None:
    outcomes = [
        decision("a", "sent", HOUR_MS, "1"),
        decision("a", "sent", 200 * HOUR_MS, "2"),
        goal("a", 201 * HOUR_MS, 30.0, "2"),
        decision("b", "held_out", HOUR_MS, "1"),
        goal("b", 2 * HOUR_MS, 5.0, "1"),
        decision("b", "held_out", 200 * HOUR_MS, "2"),
        goal("b", 201 * HOUR_MS, 7.0, "2"),
    ]
    assert counted(lift_of(*outcomes)) == (1, 0, 1, 1)
    assert lift_of(*outcomes).held_out.value == 5.0
    of_all = lift_of(*outcomes, runs="all")
    assert counted(of_all) == (1, 1, 1, 1)
    assert (of_all.treated.value, of_all.held_out.value) == (30.0, 12.0)


def test_an_order_that_is_the_goal_of_two_runs_counts_once() -> None:
    outcomes = [
        decision("a", "sent", HOUR_MS, "1"),
        decision("a", "sent", 2 * HOUR_MS, "2"),
        goal("a", 5 * HOUR_MS, 30.0, "1"),
        goal("a", 5 * HOUR_MS, 30.0, "2"),
    ]
    assert lift_of(*outcomes, runs="all").treated.value == 30.0
    other = goal("a", 5 * HOUR_MS + 1, 30.0, "2")
    assert lift_of(*outcomes[:-1], other, runs="all").treated.value == 60.0


def test_a_run_before_the_first_touch_does_not_hide_the_one_that_was_touched() -> None:
    outcomes = [started("a", run="0"), decision("a", "no_consent", HOUR_MS, "0"), goal("a", 2 * HOUR_MS, run="0")]
    assert counted(lift_of(*outcomes, decision("a", "sent", 9 * HOUR_MS), runs="all")) == (1, 0, 0, 0)


def test_who_changed_arms_counts_in_the_first_and_is_told() -> None:
    found = lift_of(decision("a", "held_out", 1, "1"), decision("a", "sent", 2, "2"), decision("b", "sent", 1))
    assert counted(found) == (1, 0, 1, 0)
    assert found.switched == 1
    assert any(warning.startswith("1 user had triggers both sent and held out") for warning in found.warnings)


def test_a_trigger_that_nobody_can_be_held_out_of_says_nothing_of_the_arm() -> None:
    receipts = [replace(decision(user, "sent", 1), why=Why("time")) for user in "abc"]
    found = lift_of(*receipts, decision("a", "held_out", 2), goal("a", 3), decision("b", "sent", 2), goal("c", 3))
    assert counted(found) == (1, 0, 1, 1)
    assert (found.switched, found.untouched) == (0, 1)


def test_a_trigger_that_expired_on_its_way_counts_as_sent_and_one_that_was_deferred_for_too_long_does_not() -> None:
    deferred = decision("a", "expired")
    on_its_way = replace(deferred, why=Why("time", stages=[Stage("holdout", passed=True)]))
    assert counted(lift_of(deferred, goal("a"))) == (0, 0, 0, 0)
    assert counted(lift_of(on_its_way, goal("a"))) == (1, 1, 0, 0)


def test_who_is_in_several_journeys_counts_once_among_all_in_the_arm_of_the_first() -> None:
    outcomes = [
        decision("a", "sent", 2 * HOUR_MS, journey="cart"),
        decision("a", "held_out", HOUR_MS, journey="browse"),
        goal("a", 3 * HOUR_MS, journey="cart"),
    ]
    found = measure(Fold(outcomes), {})
    assert [one.journey for one in found.journeys] == ["browse", "cart"]
    assert [counted(one) for one in found.journeys] == [(0, 0, 1, 0), (1, 1, 0, 0)]
    assert found.together is not None
    assert counted(found.together) == (0, 0, 1, 0)
    assert found.together.switched == 0  # each journey draws its own holdout
    of_all = measure(Fold(outcomes), {}, "all").together
    assert of_all is not None
    assert counted(of_all) == (0, 0, 1, 1)


def test_one_journey_has_nothing_to_be_put_together_with() -> None:
    outcomes = [*arms((1, 3), (1, 3)), *arms((1, 3), (1, 3), journey="browse")]
    assert measure(Fold(arms((1, 3), (1, 3))), {}).together is None
    found = measure(Fold(outcomes), {}, journey="browse")
    assert ([one.journey for one in found.journeys], found.together) == (["browse"], None)


def test_what_is_no_decision_tells_nothing() -> None:
    withdrawal = Withdrawal(
        id="w", user_id="a", at_ms=2, trigger_id="t", action="email", journey=JOURNEY, run_id="r", reason="order"
    )
    assert Fold([withdrawal]).runs == {}


users = st.sampled_from("abcdef")
times = st.integers(0, 5)
records: st.SearchStrategy[AnyOutcome] = st.one_of(
    st.builds(
        decision,
        users,
        st.sampled_from(["sent", "held_out", "capped"]),
        times,
        st.sampled_from("12"),
        st.sampled_from(["cart", "browse"]),
    ),
    st.builds(
        goal,
        users,
        times,
        st.none() | st.floats(0, 1e6),
        st.sampled_from("12"),
        st.sampled_from(["cart", "browse"]),
    ),
)


@given(st.lists(records, max_size=40), st.randoms(use_true_random=False), st.sampled_from(["first", "all"]))
def test_neither_repeats_nor_order_change_anything(
    outcomes: list[AnyOutcome], chance: random.Random, runs: str
) -> None:
    again = [*outcomes, *chance.choices(outcomes, k=len(outcomes))] if outcomes else []
    chance.shuffle(again)
    of_all = "all" if runs == "all" else "first"
    assert measure(Fold(again), {"cart": 0.5}, of_all) == measure(Fold(outcomes), {"cart": 0.5}, of_all)


@given(st.lists(records, max_size=40))
def test_every_user_with_a_run_is_in_one_arm_or_said_to_be_left_out(outcomes: list[AnyOutcome]) -> None:
    fold = Fold(outcomes)
    for one in measure(fold, {}).journeys:
        met = {run.user for run in fold.runs.values() if run.journey == one.journey}
        assert one.treated.users + one.held_out.users + one.untouched + one.early == len(met)
