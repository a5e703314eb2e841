"""Three ways to tell what comes of choices whose orders come later, and what each costs."""

from collections import defaultdict
from typing import Literal

import pytest
from msgspec.structs import replace

from stream.decision.learning.choosing import choose
from stream.decision.learning.posteriors import Learnt, gathered, merged, snapshot
from stream.definitions.choosing import ChooseRule
from stream.model.reference import Posterior, Reward
from tests.decision.learning.simulated_shop import uniform

Told = Literal["when made, and when ordered", "when ordered, or closed", "when closed"]

RATES = {"middle": 0.10, "best": 0.15, "worst": 0.05}
WINDOW, JOINS, VISITS, EACH = 1_000, 1_500, 3_000, 100


def tellings(told: Told, made: Reward, ordered_after: int | None) -> list[tuple[int, Reward]]:
    """Return what is told of a choice, each with how long after it; most orders come soon."""
    if told == "when made, and when ordered":
        trial = replace(made, value=0.0)
        return [(0, trial)] if ordered_after is None else [(0, trial), (ordered_after, replace(made, trials=0))]
    if told == "when ordered, or closed" and ordered_after is not None:
        return [(ordered_after, made)]
    return [(WINDOW, made)]


def regret(told: Told, arms: dict[str, int], seed: int) -> float:
    """Return what is lost where `arms` begin at these visits, all of them there in the end."""
    rule, learnt, posteriors, lost = ChooseRule("thompson", 0.1), Learnt(), dict[str, Posterior](), 0.0
    due = defaultdict[int, list[Reward]](list)
    for number in range(VISITS):
        name = f"{seed}/{number}"
        there = [arm for arm, begins in arms.items() if begins <= number]
        chosen = choose(rule, posteriors, there, (), f"{name}/choice")
        is_order = uniform(f"{name}/order") < RATES[chosen.arm]
        made = Reward("shop", chosen.arm, float(is_order), chosen.propensity, name, 0)
        after = int(WINDOW * uniform(f"{name}/delay") ** 3) if is_order else None
        for later, reward in tellings(told, made, after):
            due[(number + later) // EACH].append(reward)
        lost += max(RATES[arm] for arm in there) - RATES[chosen.arm]
        if number % EACH == EACH - 1 and (rewards := due.pop(number // EACH, [])):
            learnt = merged([learnt, gathered(rewards)])
            posteriors = snapshot(learnt)["shop"]
    return lost


def mean_regret(told: Told, arms: dict[str, int]) -> float:
    return sum(regret(told, arms, seed) for seed in range(4)) / 4


@pytest.mark.parametrize("other", ["when ordered, or closed", "when closed"])
def test_an_arm_that_joins_late_and_is_bad_is_left_soonest_where_choices_count_when_made(other: Told) -> None:
    late = {"middle": 0, "best": 0, "worst": JOINS}
    assert mean_regret("when made, and when ordered", late) < 0.6 * mean_regret(other, late)


def test_an_arm_that_joins_late_and_is_better_is_found_where_choices_count_when_made() -> None:
    late = {"worst": 0, "middle": 0, "best": JOINS}
    # Never to take it would cost 0.05 a visit from there on.
    assert mean_regret("when made, and when ordered", late) < 0.05 * (VISITS - JOINS)
