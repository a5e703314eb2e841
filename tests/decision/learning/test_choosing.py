from collections import Counter
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.decision.learning.best_arm import best_chances
from stream.decision.learning.choosing import Choice, choose, context_of, learning_key, propensities
from stream.definitions.choosing import ChoosePolicy, ChooseRule, Feature
from stream.model.reference import BetaPosterior, LinearPosterior, Posterior

FIXED, THOMPSON, LINUCB = ChooseRule("fixed"), ChooseRule("thompson"), ChooseRule("linucb")
KNOWN: dict[str, Posterior] = {"a": BetaPosterior(6, 96), "b": BetaPosterior(9, 93), "c": BetaPosterior(4, 50)}
ARMS = ("a", "b", "c")

shares = st.floats(0, 1)
betas = st.builds(BetaPosterior, st.floats(1, 1e5), st.floats(1, 1e5))
policies = st.sampled_from(["fixed", "thompson", "linucb"])


@given(policies, shares, st.dictionaries(st.sampled_from("abcdefg"), betas), st.permutations("abcdefg"), st.data())
@settings(max_examples=150, deadline=None)
def test_only_admissible_arms_are_drawn_with_propensities_that_sum_to_one(
    policy: ChoosePolicy, explore: float, known: dict[str, Posterior], names: list[str], drawn: st.DataObject
) -> None:
    rule, arms = ChooseRule(policy, explore), names[: drawn.draw(st.integers(1, 7))]
    chances = propensities(rule, known, arms, (1.0, 0.5))
    assert sum(round(chance * 10**9) for chance in chances) == 10**9
    assert all(chance >= explore / len(arms) - 1e-9 for chance in chances)
    choice = choose(rule, known, arms, (1.0, 0.5), drawn.draw(st.text()))
    assert choice.propensity == chances[arms.index(choice.arm)] > 0


@pytest.mark.parametrize("rule", [ChooseRule("fixed", 0.3), ChooseRule("thompson", 0.1), ChooseRule("linucb", 0.5)])
def test_arms_are_drawn_as_often_as_their_propensity_says(rule: ChooseRule) -> None:
    count = 20_000
    drawn = Counter(choose(rule, KNOWN, ARMS, (1.0,), f"trigger-{number}") for number in range(count))
    assert {choice.arm: choice.propensity for choice in drawn} == dict(
        zip(ARMS, propensities(rule, KNOWN, ARMS, (1.0,)), strict=True)
    )
    expected = {choice: count * choice.propensity for choice in drawn}
    # Pearson's chi-squared: with 2 degrees of freedom it is below 13.8 in 999 of 1,000 cases.
    assert sum((seen - expected[choice]) ** 2 / expected[choice] for choice, seen in drawn.items()) < 13.8


def test_the_same_draw_gives_the_same_choice_and_another_may_not() -> None:
    choices = [choose(THOMPSON, KNOWN, ARMS, (), f"trigger-{number}") for number in range(50)]
    assert choices == [choose(THOMPSON, KNOWN, ARMS, (), f"trigger-{number}") for number in range(50)]
    assert len(set(choices)) > 1


def test_a_draw_is_pinned_so_that_no_version_decides_otherwise() -> None:
    chosen = [choose(ChooseRule("thompson", 0.3), {}, ARMS, (), f"draw-{number}").arm for number in range(12)]
    assert "".join(chosen) == "ccabcaacbaca"


def test_fixed_takes_the_first_admissible_arm_for_sure() -> None:
    assert choose(FIXED, KNOWN, ("b", "c"), (), "t1") == Choice("b", 1.0)


def test_exploring_counts_in_the_propensity_of_a_fixed_choice() -> None:
    assert propensities(ChooseRule("fixed", 0.3), {}, ARMS, ()) == pytest.approx([0.8, 0.1, 0.1])


def test_exploring_always_draws_all_arms_alike() -> None:
    assert propensities(ChooseRule("thompson", 1.0), KNOWN, ("a", "b"), ()) == [0.5, 0.5]


def test_thompson_draws_arms_as_likely_as_they_are_the_best() -> None:
    chances = best_chances(((6.0, 96.0), (9.0, 93.0), (4.0, 50.0)))
    assert propensities(THOMPSON, KNOWN, ARMS, ()) == pytest.approx(chances, abs=1e-9)


def test_among_fewer_admissible_arms_only_these_compete() -> None:
    assert propensities(THOMPSON, KNOWN, ("a", "c"), ()) == pytest.approx(
        best_chances(((6.0, 96.0), (4.0, 50.0))), abs=1e-9
    )


def test_an_arm_of_which_nothing_is_known_is_drawn_by_the_uniform_prior() -> None:
    assert propensities(THOMPSON, {}, ("a", "new"), ()) == [0.5, 0.5]
    assert propensities(THOMPSON, KNOWN, ("a", "new"), ()) == pytest.approx(
        best_chances(((6.0, 96.0), (1.0, 1.0))), abs=1e-9
    )


def test_what_another_rule_learnt_counts_as_nothing_known() -> None:
    linear = LinearPosterior((0.9,), ((0.1,),))
    assert propensities(THOMPSON, {"a": linear}, ("a", "b"), ()) == [0.5, 0.5]
    # Nothing known has a bound of alpha |x| = 1: between what is known of these two.
    for other in (BetaPosterior(90, 1), LinearPosterior((9.0, 9.0), ((1.0, 0.0), (0.0, 1.0)))):
        better, worse = LinearPosterior((1.1,), ((0.0001,),)), LinearPosterior((0.8,), ((0.0001,),))
        assert choose(LINUCB, {"a": better, "b": other}, ("b", "a"), (1.0,), "t1") == Choice("a", 1.0)
        assert choose(LINUCB, {"a": worse, "b": other}, ("a", "b"), (1.0,), "t1") == Choice("b", 1.0)


@pytest.mark.parametrize(("alpha", "arm"), [(0.329, "known"), (0.330, "unsure")])
def test_linucb_takes_the_highest_upper_bound(alpha: float, arm: str) -> None:
    # The bounds are 0.5 + alpha sqrt(0.01) and 0.3 + alpha sqrt(0.5): equal at alpha = 0.2 / (sqrt(0.5) - 0.1).
    assert 0.329 < 0.2 / (sqrt(0.5) - 0.1) < 0.330
    posteriors: dict[str, Posterior] = {
        "known": LinearPosterior((0.5, 0.0), ((0.01, 0.0), (0.0, 1.0))),
        "unsure": LinearPosterior((0.3, 0.0), ((0.5, 0.0), (0.0, 1.0))),
    }
    rule = ChooseRule("linucb", alpha=alpha)
    assert choose(rule, posteriors, ("known", "unsure"), (1.0, 0.0), "t1") == Choice(arm, 1.0)


def test_of_equal_upper_bounds_the_first_written_wins() -> None:
    assert choose(LINUCB, {}, ("b", "a"), (1.0, 0.5), "t1") == Choice("b", 1.0)
    assert choose(LINUCB, {}, ("a", "b"), (1.0, 0.5), "t1") == Choice("a", 1.0)


def test_one_admissible_arm_is_chosen_for_sure_and_none_is_an_error() -> None:
    for policy in ("fixed", "thompson", "linucb"):
        assert choose(ChooseRule(policy, 0.2), KNOWN, ("c",), (1.0,), "t1") == Choice("c", 1.0)
        with pytest.raises(ValueError, match="no admissible arm"):
            choose(ChooseRule(policy), KNOWN, (), (1.0,), "t1")


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        (None, (0.0, 1.0)),
        (float("nan"), (0.0, 1.0)),
        (float("inf"), (0.0, 1.0)),
        (0, (0.0, 0.0)),
        (50, (0.5, 0.0)),
        (99.999, (1 - 1 / 65_536, 0.0)),
        (100, (1.0, 0.0)),
        (101, (1.0, 0.0)),
        (-101, (-1.0, 0.0)),
        (True, (1 / 100 // (1 / 65_536) / 65_536, 0.0)),
    ],
)
def test_a_feature_is_a_part_of_its_scale_and_says_whether_it_is_missing(
    value: float | None, numbers: tuple[float, float]
) -> None:
    assert context_of([Feature("cart.total", 100.0)], [value]) == (1.0, *numbers)


def test_without_features_a_context_is_just_one() -> None:
    assert context_of([], []) == (1.0,)


def test_a_key_changes_with_what_is_learnt_and_not_with_how_it_is_used() -> None:
    rule = ChooseRule("linucb", 0.1, 1.0, (Feature("orders", 10),))
    key = learning_key("cart_recovery", "2.1", "order_completed within 14d", rule)
    assert key.startswith("cart_recovery/2.1/")
    same = ChooseRule("linucb", 0.2, 0.5, (Feature("orders", 10),))
    assert learning_key("cart_recovery", "2.1", "order_completed within 14d", same) == key
    for goal, features in [("order_completed within 7d", rule.features), ("order_completed within 14d", ())]:
        assert learning_key("cart_recovery", "2.1", goal, ChooseRule("linucb", features=features)) != key
