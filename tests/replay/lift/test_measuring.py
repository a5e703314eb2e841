"""What a lift says of itself: warnings on both sides of their thresholds, and intervals that hold what is true."""

import random
from collections.abc import Iterator

import pytest

from stream.model.outcomes import AnyOutcome, Verdict
from stream.replay.lift.folding import Fold
from stream.replay.lift.measuring import measure
from tests.replay.lift.records import arms, decision, goal, lift_of


def said(*outcomes: AnyOutcome, holdout: float | None = None) -> str:
    return "\n".join(lift_of(*outcomes, holdout=holdout).warnings)


def shop(seed: int, users: int, share: float, effect: float = 0.0) -> Iterator[AnyOutcome]:
    """Yield the records of a shop in which one in ten orders, more if treated, for values with a long tail."""
    chance = random.Random(seed)
    for number in range(users):
        user = f"u{number}"
        verdict: Verdict = "held_out" if chance.random() < share else "sent"
        yield decision(user, verdict)
        if chance.random() < 0.1 + effect * (verdict == "sent"):
            yield goal(user, value=round(chance.lognormvariate(3.5, 0.8), 2))


def test_without_effect_the_intervals_hold_0_in_about_95_of_100_seeds() -> None:
    shares = values = 0
    for seed in range(100):
        found = lift_of(*shop(seed, users=600, share=0.5))
        assert found.conversion is not None
        assert found.value is not None
        shares += found.conversion.low <= 0 <= found.conversion.high
        values += found.value.low <= 0 <= found.value.high
    assert 91 <= shares <= 99
    assert 91 <= values <= 99


def test_with_an_effect_the_interval_holds_it_in_about_95_of_100_seeds_and_0_in_few() -> None:
    held = zero = 0
    for seed in range(100):
        found = lift_of(*shop(seed, users=600, share=0.5, effect=0.08)).conversion
        assert found is not None
        held += found.low <= 0.08 <= found.high
        zero += found.low <= 0 <= found.high
    assert 91 <= held <= 99
    assert zero <= 25


def test_an_untouched_split_by_chance_is_rarely_called_wrong() -> None:
    splits = [lift_of(*shop(seed, 400, 0.1), holdout=0.1).split for seed in range(100)]
    odd = sum(split is not None and split.p is not None and split.p < 0.05 for split in splits)
    assert 1 <= odd <= 10


@pytest.mark.parametrize(
    ("outcomes", "warning"),
    [
        ([*arms((0, 0), (0, 0)), decision("a", "capped")], "nobody was sent a trigger that others are held out of"),
        ([*arms((5, 20), (0, 0))], "nobody was held out"),
        ([*arms((0, 0), (5, 20))], "all were held out"),
        ([*arms((1, 20), (1, 1))], "an arm needs 2 users at least"),
        ([*arms((0, 20), (0, 20))], "the goal was reached by nobody"),
    ],
)
def test_what_cannot_be_compared_is_said(outcomes: list[AnyOutcome], warning: str) -> None:
    assert warning in said(*outcomes)


def test_two_users_an_arm_are_compared_and_one_is_not() -> None:
    assert lift_of(*arms((1, 2), (1, 2))).conversion is not None
    assert lift_of(*arms((1, 2), (1, 1))).conversion is None


@pytest.mark.parametrize(
    ("held_out", "is_small"), [((10, 100), False), ((9, 100), True), ((90, 100), False), ((91, 100), True)]
)
def test_an_arm_needs_ten_who_reach_the_goal_and_ten_who_miss_it(held_out: tuple[int, int], is_small: bool) -> None:
    assert ("too few to rely on" in said(*arms((50, 100), held_out))) is is_small
    assert ("too few to rely on" in said(*arms(held_out, (50, 100)))) is is_small


def test_a_split_that_chance_does_not_explain_is_told_on_one_side_of_p_0_001() -> None:
    # Chi-square passes 10.83 (p = 0.001) between 98 and 99 more than 1,000 of 10,000.
    below, above = (said(*arms((50, 9_000 - more), (50, 1_000 + more)), holdout=0.1) for more in (98, 99))
    assert "not split by chance" not in below
    assert "10.99% are held out where 10.00% are configured" in above
    assert "not split by chance" not in said(*arms((50, 9_000), (500, 1_000)))


def test_a_few_great_values_are_told_to_weigh_too_much() -> None:
    def shop_with(great: float) -> list[AnyOutcome]:
        goals = [goal(f"cart_recovery-held_out-{number}", value=10.0 + number % 7) for number in range(400)]
        return [*arms((0, 4_000), (0, 500)), *goals, goal("cart_recovery-sent-1", value=great)]

    assert "a few great values" not in said(*shop_with(10.0))
    assert "a few great values" in said(*shop_with(50_000.0))


def test_goals_without_a_value_are_not_compared_by_it() -> None:
    found = lift_of(*arms((5, 20), (4, 20)))
    assert (found.value, found.treated.value) == (None, None)


def test_journeys_with_too_few_in_an_arm_are_left_out_of_all_together_and_that_is_said() -> None:
    outcomes = [*arms((20, 100), (30, 100)), *arms((5, 5), (1, 1), journey="browse")]
    found = measure(Fold(outcomes), {}).together
    assert found is not None
    assert found.conversion is not None
    assert found.conversion.difference == pytest.approx(-0.1)
    assert (found.treated.users, found.treated.reached) == (105, 25)
    assert "6 users of journeys without 2 users in either arm are not compared" in found.warnings
