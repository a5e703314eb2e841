"""What is expected of customers by other ways: mpmath's closed forms, and integrals over the mixing densities."""

from itertools import pairwise
from math import exp

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import roots_genlaguerre, roots_jacobi

from stream.decision.lifetimes import Customer, p_alive, purchases_if_alive
from stream.definitions.expressions import PurchaseModel
from tests.properties.histories import modest

CDNOW = PurchaseModel(r=0.243, alpha=4.414, a=0.793, b=2.426, reads={})
"""As published, in weeks; nothing in the formulas says what a unit of time is."""

MODELS = st.builds(
    PurchaseModel,
    r=st.floats(0.05, 10),
    alpha=st.floats(1, 500),
    a=st.one_of(st.just(1.0), st.floats(0.05, 20)),
    b=st.one_of(st.just(0.5), st.floats(0.05, 100)),
    reads=st.just({}),
)
REPEATS = st.one_of(st.integers(0, 5), st.integers(6, 400))
DAYS = st.integers(0, 3_000)


def expected_by_mpmath(model: PurchaseModel, x: int, last: float, age: float, ahead: float) -> tuple[float, float]:
    """Return equations 9 and 10 as they stand in the paper, to fifty digits; division by zero is approached."""
    with mpmath.workdps(50):
        r, alpha, b, last, age, ahead = map(mpmath.mpf, (model.r, model.alpha, model.b, last, age, ahead))
        a, b = mpmath.mpf(model.a) + mpmath.mpf("1e-20"), b + mpmath.mpf("1e-19")
        odds = a / (b + x - 1) * ((alpha + age) / (alpha + last)) ** (r + x) if x else mpmath.mpf(0)
        shrunk = ((alpha + age) / (alpha + age + ahead)) ** (r + x)
        bottom = a + b + x - 1
        series = mpmath.hyp2f1(r + x, b + x, bottom, ahead / (alpha + age + ahead))
        alive = 1 / (1 + odds)
        return float(alive), float(alive * bottom / (a - 1) * (1 - shrunk * series))


def expected_by_integration(model: PurchaseModel, x: int, last: float, age: float, ahead: float) -> tuple[float, float]:
    """Return the same by Gauss's quadrature over the gamma density of rates and the beta density of leaving."""
    shape, (alpha, a, b) = model.r + x - 1, (model.alpha, model.a, model.b)
    rates, rate_weights = roots_genlaguerre(120, shape)
    chances, chance_weights = roots_jacobi(120, b + x - 1, a - 1)
    rates, p = rates[:, None] / (alpha + age), (chances[None, :] + 1) / 2
    weights = rate_weights[:, None] * chance_weights[None, :]
    stayed = weights.sum()
    # Who left did so at the last order: p (1 - p)^(x - 1), and no rate since.
    left = 0.0
    if x:
        left_chances, left_weights = roots_jacobi(120, b + x - 2, a)
        total = np.ones_like(left_chances) @ left_weights
        # Both of Jacobi's integrals carry the same power of 2, since (b + x - 2) + a = (b + x - 1) + (a - 1).
        left = total * rate_weights.sum() * ((alpha + age) / (alpha + last)) ** (model.r + x)
    orders = (weights * -np.expm1(-rates * p * ahead) / p).sum()
    return float(stayed / (stayed + left)), float(orders / (stayed + left))


HISTORIES = [(0, 0, 38.86), (1, 1.71, 38.86), (2, 30.43, 38.86), (7, 29.43, 38.86), (26, 30.86, 31.0)]


@pytest.mark.parametrize(("x", "last", "age"), HISTORIES)
@pytest.mark.parametrize("ahead", [1.0, 39.0, 156.0])
def test_customers_of_cdnow_are_what_integrating_over_all_customers_says(
    x: int, last: float, age: float, ahead: float
) -> None:
    alive = p_alive(CDNOW, Customer(x + 1, x, last, 0), age - last)
    orders = alive * purchases_if_alive(CDNOW, x, age, ahead)
    assert (alive, orders) == pytest.approx(expected_by_integration(CDNOW, x, last, age, ahead), rel=1e-6)
    assert (alive, orders) == pytest.approx(expected_by_mpmath(CDNOW, x, last, age, ahead), rel=1e-9)


def test_the_customer_of_the_published_example() -> None:
    """Fader, Hardie and Lee's spreadsheet: x = 2, t_x = 30.43, T = 38.86 expects 1.226 orders in the next 39 weeks."""
    customer = Customer(3, 2, 30.43, 0)
    orders = p_alive(CDNOW, customer, 38.86 - 30.43) * purchases_if_alive(CDNOW, 2, 38.86, 39)
    assert orders == pytest.approx(1.226, abs=0.0005)


@modest
@given(MODELS, REPEATS, DAYS, DAYS, st.integers(1, 1_000))
def test_any_model_agrees_with_fifty_digits(model: PurchaseModel, x: int, last: int, since: int, ahead: int) -> None:
    last = last if x else 0
    alive = p_alive(model, Customer(x + 1, x, last, 0), since)
    orders = alive * purchases_if_alive(model, x, last + since, ahead)
    expected = expected_by_mpmath(model, x, last, last + since, ahead)
    assert (alive, orders) == pytest.approx(expected, rel=1e-7, abs=exp(-600))


@modest
@given(MODELS, REPEATS, DAYS, DAYS, st.integers(1, 1_000))
def test_what_is_expected_only_falls_while_nothing_comes(
    model: PurchaseModel, x: int, last: int, since: int, ahead: int
) -> None:
    customer = Customer(x + 1, x, last if x else 0, 0)
    found = []
    for day in (since, since + 1, since + 30, since + 1_000):
        alive = p_alive(model, customer, day)
        found.append((alive, alive * purchases_if_alive(model, x, customer.last_days + day, ahead)))
    for (alive, orders), (later_alive, later_orders) in pairwise(found):
        assert later_alive <= alive
        assert later_orders <= orders * (1 + 1e-9)
