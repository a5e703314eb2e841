from itertools import pairwise
from math import exp, lgamma

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from stream.decision.learning.best_arm import best_chances
from stream.decision.learning.quadrature import NODES, POINTS, UP_TO, WEIGHTS

Betas = tuple[tuple[float, float], ...]


def first_beats_second(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return the sum of Beta(a2 + i, b1 + b2) / ((b1 + i) Beta(1 + i, b1) Beta(a2, b2)) over whole i below a1.

    Evan Miller 2014, "Formulas for Bayesian A/B Testing"; for whole parameters.
    """

    def log_beta(a: float, b: float) -> float:
        return lgamma(a) + lgamma(b) - lgamma(a + b)

    (a1, b1), (a2, b2) = first, second
    return sum(exp(log_beta(a2 + i, b1 + b2) - log_beta(1 + i, b1) - log_beta(a2, b2)) / (b1 + i) for i in range(a1))


def integrated(betas: Betas) -> list[float]:
    """The same integral over the rates themselves, with scipy's Beta functions, cut at quantiles of all of them."""
    levels = (1e-14, 1e-6, 1e-3, 0.05, 0.2, 0.5, 0.8, 0.95, 0.999, 1 - 1e-6, 1 - 1e-14)
    cuts = sorted({0.0, 1.0, *(float(stats.beta.ppf(level, *beta)) for beta in betas for level in levels)})

    def of(arm: int) -> float:
        others = [beta for number, beta in enumerate(betas) if number != arm]

        def won(rate: np.ndarray) -> np.ndarray:
            below = [special.betainc(a, b, rate) for a, b in others]
            return stats.beta.pdf(rate, *betas[arm]) * np.prod(below, axis=0)

        return sum(integrate.fixed_quad(won, low, high, n=60)[0] for low, high in pairwise(cuts))

    return [of(arm) for arm in range(len(betas))]


@pytest.mark.parametrize(
    ("first", "second"), [((1, 1), (1, 1)), ((4, 30), (2, 50)), ((120, 900), (100, 901)), ((700, 2), (650, 1))]
)
def test_two_arms_agree_with_the_closed_form(first: tuple[int, int], second: tuple[int, int]) -> None:
    chances = best_chances((first, second))
    assert chances[0] == pytest.approx(first_beats_second(first, second), abs=1e-10)
    assert chances[1] == pytest.approx(first_beats_second(second, first), abs=1e-10)


@pytest.mark.parametrize("n", [1, 10, 10**6, 10**9])
def test_rates_next_to_0_and_to_1_are_told_apart_however_large_the_counts(n: int) -> None:
    # Beta(1, n) against Beta(2, n): the closed form's only term is (n + 1) / (2 (2 n + 1)). Next to 1, by 1 - rate.
    one = (n + 1) / (2 * (2 * n + 1))
    assert best_chances(((1.0, float(n)), (2.0, float(n)))) == pytest.approx((one, 1 - one), abs=1e-12)
    assert best_chances(((float(n), 1.0), (float(n), 2.0))) == pytest.approx((1 - one, one), abs=1e-12)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 12])
def test_arms_of_which_nothing_is_known_are_the_best_one_equally_often(count: int) -> None:
    assert best_chances(((1.0, 1.0),) * count) == pytest.approx([1 / count] * count, abs=1e-12)


@pytest.mark.parametrize(
    "betas",
    [
        ((3.0, 100.0), (5.0, 90.0), (4.0, 80.0)),
        ((1.0, 1.0), (1e6, 1e6)),
        ((1.0, 1.0), (30.0, 70.0), (3e4, 7e4), (3e6, 7e6)),
        ((1e6, 3e6), (1e6 + 500, 3e6), (1e6 + 900, 3e6)),
        ((5e8, 5e8), (5e8 + 1e4, 5e8)),
        ((2.25, 17.75), (1.5, 40.5)),
        tuple((1.0 + arm, 20.0 + arm * arm) for arm in range(10)),
    ],
)
def test_the_chances_agree_with_scipys_functions(betas: Betas) -> None:
    assert best_chances(betas) == pytest.approx(integrated(betas), abs=1e-10)


def test_the_chances_agree_with_monte_carlo_within_five_standard_errors() -> None:
    betas, count = ((8.0, 120.0), (12.0, 118.0), (10.0, 100.0), (1.0, 3.0)), 400_000
    drawn = np.random.default_rng(2012).beta(*np.array(betas).T[:, :, None], (len(betas), count))
    seen = np.bincount(drawn.argmax(axis=0), minlength=len(betas)) / count
    for chance, share in zip(best_chances(betas), seen, strict=True):
        assert abs(share - chance) < 5 * (chance * (1 - chance) / count) ** 0.5


counts = st.one_of(st.floats(1, 50), st.floats(1, 1e4), st.floats(1, 5e8))


@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_the_chances_are_chances_and_sum_to_one(betas: list[tuple[float, float]]) -> None:
    chances = best_chances(tuple(betas))
    assert all(0.0 <= chance <= 1.0 for chance in chances)
    assert sum(chances) == pytest.approx(1.0, abs=1e-12)


@given(st.lists(st.tuples(counts, counts), min_size=2, max_size=4))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_arms_changes_no_chance(betas: list[tuple[float, float]]) -> None:
    assert best_chances(tuple(betas[::-1]))[::-1] == pytest.approx(best_chances(tuple(betas)), abs=1e-11)


@given(st.tuples(counts, counts), st.tuples(counts, counts), st.floats(0.5, 1e3))
@settings(max_examples=40, deadline=None)
def test_a_success_more_never_makes_an_arm_less_likely_the_best(
    one: tuple[float, float], other: tuple[float, float], more: float
) -> None:
    before, after = best_chances((one, other))[0], best_chances(((one[0] + more, one[1]), other))[0]
    assert after >= before - 1e-10


def test_the_quadrature_is_gauss_and_legendres() -> None:
    points, weights = np.polynomial.legendre.leggauss(NODES)
    assert pytest.approx(points, abs=1e-15) == POINTS
    assert pytest.approx(weights, abs=1e-14) == WEIGHTS


@pytest.mark.parametrize("power", range(NODES))
def test_the_integral_up_to_a_node_is_exact_for_polynomials(power: int) -> None:
    for point, factors in zip(POINTS, UP_TO, strict=True):
        found = sum(factor * node**power for factor, node in zip(factors, POINTS, strict=True))
        assert found == pytest.approx((point ** (power + 1) - (-1) ** (power + 1)) / (power + 1), abs=1e-14)
