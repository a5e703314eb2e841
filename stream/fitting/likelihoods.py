"""Models of customers by maximum likelihood: BG/NBD for their orders, Gamma-Gamma for what these come to."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln

from stream.fitting.customers import Customers

_TOLERANCE: Final = 1e-10
_TRIES_MOST: Final = 20_000
_FURTHEST: Final = 12.0
"""A parameter that comes out beyond e to the 12th has run away: the likelihood has no greatest value in reach."""

_LEAST: Final = 1e-300
"""In place of b + x - 1 where x = 0: what it is part of is not used there."""

Array = NDArray[np.float64]


class NotFitted(Exception):
    """There is no fit; the message says why, for people."""


def fit_purchases(customers: Customers) -> dict[str, float]:
    """Return r, alpha (in days), a and b of BG/NBD (Fader, Hardie and Lee 2005, equation 6).

    Raises `NotFitted`, as without repeat orders there is nothing to tell leaving from resting.
    """
    x, last, age = (np.array(each) for each in (customers.repeats, customers.last_days, customers.age_days))
    if not len(x) or not (x > 0).any():
        raise NotFitted("nobody has ordered twice: there is nothing to learn from")
    scale = float(age.mean()) or 1.0  # time in units of an age, so that all parameters are of like size
    r, alpha, a, b = _greatest(lambda p: _purchases(p, x, last / scale, age / scale), 4)
    return {"r": r, "alpha": alpha * scale, "a": a, "b": b}


def fit_order_value(customers: Customers) -> dict[str, float]:
    """Return p, q and v of Gamma-Gamma (Fader and Hardie 2013, equation 1a), v in the unit of the orders."""
    n, mean = np.array(customers.orders), np.array(customers.means)
    counted = (n > 0) & (mean > 0)
    if counted.sum() < 2 or np.ptp(mean[counted]) == 0:
        raise NotFitted("there are not two customers whose orders came to something, and to different sums")
    scale = float(mean[counted].mean())
    p, q, v = _greatest(lambda each: _order_value(each, n[counted], mean[counted] / scale), 3)
    return {"p": p, "q": q, "v": v * scale}


def _greatest(likelihood: Callable[[Array], float], count: int) -> list[float]:
    """Return the parameters, all above zero, at which a mean log-likelihood is greatest."""
    options = {"xatol": _TOLERANCE, "fatol": _TOLERANCE, "maxiter": _TRIES_MOST, "maxfev": _TRIES_MOST}
    found = minimize(lambda logs: -likelihood(np.exp(logs)), np.zeros(count), method="Nelder-Mead", options=options)
    if not found.success or not np.isfinite(found.fun) or np.abs(found.x).max() > _FURTHEST:
        raise NotFitted("the likelihood has no greatest value in reach: are there enough customers with repeat orders?")
    return [float(each) for each in np.exp(found.x)]


def _purchases(parameters: Array, x: Array, last: Array, age: Array) -> float:
    r, alpha, a, b = parameters
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    common += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    alive = -(r + x) * np.log(alpha + age)
    left = np.log(a) - np.log(np.maximum(b + x - 1, _LEAST)) - (r + x) * np.log(alpha + last)
    return float(np.mean(common + np.where(x > 0, np.logaddexp(alive, left), alive)))


def _order_value(parameters: Array, n: Array, mean: Array) -> float:
    p, q, v = parameters
    likelihood = gammaln(p * n + q) - gammaln(p * n) - gammaln(q) + q * np.log(v)
    likelihood += (p * n - 1) * np.log(mean) + p * n * np.log(n) - (p * n + q) * np.log(v + n * mean)
    return float(np.mean(likelihood))
