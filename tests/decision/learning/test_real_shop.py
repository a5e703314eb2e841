"""A journey that chooses, in a shop where orders come hours later: it learns, and its records say what it did."""

from math import log

import pytest

from stream.decision.learning.estimates import Target, always, inverse_propensity
from tests.decision.learning.real_shop import EXPLORE, RATES, Log, log_of
from tests.decision.learning.test_learning import BEST, ORDER

SEEDS, HOURS, VISITS_AN_HOUR = 4, 50, 60
VISITS = HOURS * VISITS_AN_HOUR


@pytest.fixture(scope="module")
def logs() -> list[Log]:
    return [log_of(seed, HOURS, VISITS_AN_HOUR) for seed in range(SEEDS)]


def test_the_best_action_is_chosen_most_in_the_end(logs: list[Log]) -> None:
    assert all(len(log_.choices) == VISITS for log_ in logs)
    last = [choice.arm == BEST for log_ in logs for choice in log_.choices[-VISITS // 4 :]]
    # What explores alone takes two thirds of a tenth from it; at first it had a third.
    assert 0.85 < sum(last) / len(last) <= 1 - EXPLORE * 2 / 3 + 0.02
    assert all(sum(choice.arm == BEST for choice in log_.choices[:100]) < 55 for log_ in logs)


def test_regret_is_within_twice_the_theoretical_order_though_orders_come_late_and_a_share_explores(
    logs: list[Log],
) -> None:
    """The bound is 105. Seen with 100 seeds: 49 on average, 77 at most, of which the share that explores costs 15.

    Whoever draws evenly loses 150.
    """
    assert max(sum(log_.regret) for log_ in logs) <= 2 * ORDER * log(VISITS)


TARGETS: dict[str, tuple[Target, float]] = {
    **{arm: (always(arm), rate) for arm, rate in RATES.items()},
    "evenly": (lambda _: 1 / 3, 0.1),
}


def test_what_the_records_say_of_each_action_is_the_truth(logs: list[Log]) -> None:
    """Seen here: 15 of 16 intervals hold it. With 100 seeds: 95, 94 and 92 for the actions, 96 for all evenly."""
    held = 0
    for target, truth in TARGETS.values():
        found = [inverse_propensity(log_.choices, target) for log_ in logs]
        held += sum(estimate.low <= truth <= estimate.high for estimate in found)
        mean = sum(estimate.value for estimate in found) / SEEDS
        error = sum(estimate.standard_error**2 for estimate in found) ** 0.5 / SEEDS
        assert abs(mean - truth) < 3 * error
    assert held >= 15


def test_no_choice_had_less_of_a_chance_than_what_explores_gives_it(logs: list[Log]) -> None:
    least = min(choice.propensity for log_ in logs for choice in log_.choices)
    assert least >= EXPLORE / len(RATES) - 1e-9
