from collections.abc import Callable, Sequence
from itertools import product
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stream.decision.learning.estimates import (
    Z_95,
    Estimate,
    Logged,
    Target,
    always,
    inverse_propensity,
    self_normalised,
)

Estimator = Callable[[Sequence[Logged], Target], Estimate]

LOG = [
    Logged("a", 0.5, 1.0),
    Logged("a", 0.25, 0.0),
    Logged("b", 0.5, 1.0),
    Logged("a", 0.8, 1.0),
]


def test_inverse_propensity_weighs_each_reward_by_how_unlikely_its_choice_was() -> None:
    # The terms are 2, 0, 0 and 1.25: their mean is 0.8125, the squares' sum 5.5625.
    estimate = inverse_propensity(LOG, always("a"))
    assert estimate.value == pytest.approx(0.8125)
    assert estimate.standard_error == pytest.approx(sqrt((5.5625 - 4 * 0.8125**2) / 3 / 4))


def test_self_normalised_divides_by_the_weights() -> None:
    # The weights are 2, 4, 0 and 1.25, so that the value is 3.25 / 7.25.
    value = 3.25 / 7.25
    estimate = self_normalised(LOG, always("a"))
    assert estimate.value == pytest.approx(value)
    squares = (2 * (1 - value)) ** 2 + (4 * value) ** 2 + (1.25 * (1 - value)) ** 2
    assert estimate.standard_error == pytest.approx(sqrt(squares) / 7.25)
    assert estimate.effective == pytest.approx(7.25**2 / (4 + 16 + 1.5625))


@pytest.mark.parametrize(("orders", "choices"), [(0, 20), (3, 20), (10, 20), (20, 20), (7, 500)])
def test_of_an_arm_always_chosen_the_intervals_are_wilsons(orders: int, choices: int) -> None:
    log = [Logged("a", 1.0, float(number < orders)) for number in range(choices)]
    wilson = stats.binomtest(orders, choices).proportion_ci(0.95, "wilson")
    for estimate in (inverse_propensity(log, always("a")), self_normalised(log, always("a"))):
        assert estimate.value == orders / choices
        assert (estimate.low, estimate.high) == pytest.approx((wilson.low, wilson.high), abs=1e-12)
        assert estimate.effective == pytest.approx(choices)


def test_over_all_that_could_have_been_drawn_inverse_propensity_is_right_on_average() -> None:
    rates, propensities, target = {"a": 0.2, "b": 0.7}, {"a": 0.9, "b": 0.1}, {"a": 0.3, "b": 0.7}
    mean = 0.0
    for log in product(product("ab", (0.0, 1.0)), repeat=3):
        chance, choices = 1.0, []
        for arm, reward in log:
            chance *= propensities[arm] * (rates[arm] if reward else 1.0 - rates[arm])
            choices.append(Logged(arm, propensities[arm], reward))
        mean += chance * inverse_propensity(choices, lambda logged: target[logged.arm]).value
    assert mean == pytest.approx(0.3 * 0.2 + 0.7 * 0.7)


@pytest.mark.parametrize("estimate", [inverse_propensity, self_normalised])
def test_where_unlikely_choices_bring_more_an_interval_is_as_wide_as_the_standard_error(
    estimate: Estimator,
) -> None:
    # The weights alone would say 0.73 of it, or 0.81: they know nothing of the rewards.
    seldom = [Logged("a", 0.1, float(number % 2)) for number in range(20)]
    mostly = [Logged("b", 0.9, 0.0) for _ in range(180)]
    found = estimate(seldom + mostly, lambda _: 0.5)
    assert (found.high - found.low) / 2 == pytest.approx(Z_95 * found.standard_error, rel=0.03)


logs = st.lists(
    st.builds(Logged, st.sampled_from("ab"), st.floats(0.05, 1.0), st.floats(0, 1)), min_size=2, max_size=30
)


@given(logs)
def test_an_interval_holds_its_value_and_begins_at_0_or_above(log: list[Logged]) -> None:
    estimates = [inverse_propensity(log, always("a"))]
    if any(logged.arm == "a" for logged in log):
        estimates.append(self_normalised(log, always("a")))
        rewards = [logged.reward for logged in log if logged.arm == "a"]
        assert min(rewards) - 1e-12 <= estimates[1].value <= max(rewards) + 1e-12
        assert estimates[1].high <= 1.0 + 1e-12
    for estimate in estimates:
        assert -1e-12 <= estimate.low <= estimate.value + 1e-12
        assert estimate.value <= estimate.high + 1e-12
        assert 0.0 <= estimate.effective <= len(log) + 1e-9


def test_an_arm_that_was_never_chosen_has_no_self_normalised_value() -> None:
    with pytest.raises(ValueError, match="no choice"):
        self_normalised(LOG, always("c"))
    assert inverse_propensity(LOG, always("c")).value == 0.0


@pytest.mark.parametrize("estimate", [inverse_propensity, self_normalised])
def test_one_choice_is_no_log_and_two_are(estimate: Estimator) -> None:
    with pytest.raises(ValueError, match="two choices"):
        estimate(LOG[:1], always("a"))
    assert estimate(LOG[:2], always("a"))
