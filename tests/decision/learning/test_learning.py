"""What the choices of a simulated shop come to: learnt from delayed snapshots, and measured from their log."""

from math import log

import pytest

from stream.decision.learning.choosing import context_of
from stream.decision.learning.estimates import Estimate, Logged, Target, always, inverse_propensity
from stream.definitions.choosing import ChooseRule, Feature
from tests.decision.learning.simulated_shop import Shop, Visit, uniform

RATES = {"reminder": 0.05, "discount": 0.10, "free_shipping": 0.15}
BEST = "free_shipping"

EXPLORE = 0.2
SEEDS, VISITS = 100, 2_000


def divergence(p: float, q: float) -> float:
    """Return the Kullback-Leibler divergence of two Bernoulli distributions."""
    return p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))


ORDER = sum((RATES[BEST] - rate) / divergence(rate, RATES[BEST]) for arm, rate in RATES.items() if arm != BEST)
"""Regret grows with ORDER ln T at least (Lai and Robbins 1985), and Thompson sampling's at most with (1 + e) ORDER ln T
and a constant (Kaufmann, Korda and Munos 2012; Agrawal and Goyal 2013). Here it is 6.56."""


@pytest.fixture(scope="module")
def greedy() -> list[list[Visit]]:
    """Logs of Thompson sampling that explores no more than it needs, told of orders 100 visits at a time."""
    return [Shop(ChooseRule("thompson"), lambda _: RATES, 100).visited(seed, 4_000) for seed in range(12)]


@pytest.fixture(scope="module")
def explored() -> list[list[Visit]]:
    """Logs of Thompson sampling with a share that explores, told of orders 250 visits at a time."""
    shop = Shop(ChooseRule("thompson", EXPLORE), lambda _: RATES, 250)
    return [shop.visited(seed, VISITS) for seed in range(SEEDS)]


def regret(visits: list[Visit]) -> float:
    return sum(visit.regret for visit in visits)


def mean_regret(logs: list[list[Visit]], start: int, end: int) -> float:
    return sum(regret(visits[start:end]) for visits in logs) / len(logs)


def test_thompson_concentrates_on_the_best_arm(greedy: list[list[Visit]]) -> None:
    last = [visit for visits in greedy for visit in visits[-1_000:]]
    assert sum(visit.arm == BEST for visit in last) / len(last) > 0.95


def test_regret_is_within_twice_the_theoretical_order(greedy: list[list[Visit]]) -> None:
    assert mean_regret(greedy, 0, 4_000) <= 2 * ORDER * log(4_000)
    # Whoever always took the middle arm would have lost 200, and whoever drew evenly, as much.
    assert max(regret(visits) for visits in greedy) < 200


@pytest.mark.parametrize("start", [500, 1_000, 2_000])
def test_regret_grows_no_faster_than_twice_the_logarithm(greedy: list[list[Visit]], start: int) -> None:
    assert mean_regret(greedy, start, 2 * start) <= 2 * ORDER * log(2)


def test_a_share_that_explores_costs_its_share_and_no_more(explored: list[list[Visit]]) -> None:
    evenly = sum(RATES[BEST] - rate for rate in RATES.values()) / len(RATES)
    assert mean_regret(explored, 0, VISITS) <= 2 * ORDER * log(VISITS) + EXPLORE * VISITS * evenly


def estimates(explored: list[list[Visit]], target: Target) -> list[Estimate]:
    logs = [[Logged(visit.arm, visit.propensity, visit.value) for visit in visits] for visits in explored]
    return [inverse_propensity(log, target) for log in logs]


TARGETS: dict[str, tuple[Target, float]] = {
    **{arm: (always(arm), rate) for arm, rate in RATES.items()},
    "evenly": (lambda _: 1 / 3, 0.1),
}


def test_what_the_log_says_of_arms_and_policies_is_the_truth_in_95_of_100_logs(explored: list[list[Visit]]) -> None:
    """Of 100 intervals that hold the truth with a chance of 95 % each, 95 +- 2.2 do; fewer than 90 in 1 case of 87.

    Seen: reminder 99, discount 94, free_shipping 94, evenly 98. With 400 seeds: 96.5, 95.0, 95.5 and 97.5 %.
    """
    covered = {}
    for name, (target, truth) in TARGETS.items():
        covered[name] = sum(found.low <= truth <= found.high for found in estimates(explored, target))
    assert min(covered.values()) >= 90, covered
    assert sum(covered.values()) >= 0.95 * SEEDS * len(TARGETS), covered


def test_the_estimates_are_right_on_average_though_the_policy_learnt_meanwhile(explored: list[list[Visit]]) -> None:
    for target, truth in TARGETS.values():
        found = estimates(explored, target)
        mean = sum(estimate.value for estimate in found) / SEEDS
        spread = (sum((estimate.value - mean) ** 2 for estimate in found) / (SEEDS - 1)) ** 0.5
        assert abs(mean - truth) < 3 * spread / SEEDS**0.5
        typical = sum(estimate.standard_error for estimate in found) / SEEDS
        assert typical == pytest.approx(spread, rel=0.25)


FEATURES = [Feature("cart.total", 100.0)]


def shopper(name: str) -> tuple[float, ...]:
    """Of three shoppers one has a full cart, one a small one, and of one it is unknown."""
    return context_of(FEATURES, [(100.0, 10.0, None)[int(3 * uniform(name))]])


def by_cart(context: tuple[float, ...]) -> dict[str, float]:
    """A full cart wants free shipping, a small one a discount, and whoever is unknown a reminder."""
    _, total, is_missing = context
    return {
        "free_shipping": 0.05 + 0.4 * total,
        "discount": 0.35 - 0.3 * total - 0.3 * is_missing,
        "reminder": 0.1 + 0.3 * is_missing,
    }


def test_linucb_learns_whom_each_arm_is_best_for() -> None:
    rule = ChooseRule("linucb", 0.05, 0.5, tuple(FEATURES))
    visits = Shop(rule, by_cart, 50, shopper).visited(1, 3_000)
    last = visits[-1_000:]
    assert sum(visit.regret == 0 for visit in last) / len(last) > 0.9
    # The best that one arm for all could do loses 0.19 a visit.
    assert regret(last) < 0.04 * len(last)
