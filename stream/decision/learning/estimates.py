"""What an arm, or another policy, would have brought, from the log of choices made with known propensities.

Each reward is weighed by how much likelier the policy asked about would have made that choice. A term of the sum has
the right expectation given all before it, so that the estimates hold for logs of a policy that learnt meanwhile, too.
An exploring share of e over K arms bounds the weights by K / e: without one, the intervals are worth little.
"""

from collections.abc import Callable, Sequence
from math import fsum, sqrt
from typing import Final

import msgspec

Z_95: Final = 1.959963984540054
"""The normal distribution's quantile at 0.975."""


class Logged(msgspec.Struct, frozen=True):
    """A choice made: the arm, the chance it had, and the reward that came."""

    arm: str
    propensity: float
    reward: float


class Estimate(msgspec.Struct, frozen=True):
    """A mean reward for each choice, its standard error, and an interval that holds the truth in 95 of 100 logs.

    The interval is a score interval (Wilson 1927): it holds the truths that the log would not contradict, each with the
    variance that it would bring along itself. The value plus or minus 1.96 standard errors is too short where orders
    are rare, since a log with few of them has a low value and a small standard error at once.
    `effective` is how many choices of the policy asked about the log is worth: (sum w)^2 / sum w^2 (Kish 1965).
    """

    value: float
    standard_error: float
    low: float
    high: float
    effective: float


Target = Callable[[Logged], float]
"""The chance that the policy asked about would have given to the choice that was made."""


def always(arm: str) -> Target:
    """Return the policy that always takes an arm."""
    return lambda logged: float(logged.arm == arm)


def inverse_propensity(log: Sequence[Logged], target: Target) -> Estimate:
    """Return the mean of w r, unbiased, with w the target's chance over the propensity; rewards are from 0 to 1.

    Horvitz and Thompson 1952; for policies Bottou et al. 2013, "Counterfactual Reasoning and Learning Systems". The
    standard error is that of a mean. For the interval, a truth of v brings w r a variance of v m - v^2, where m is the
    mean of w^2, as it is for rewards of 0 and 1 that have nothing to do with w, or what the log says of it, w^2 r^2
    over w r, where that is more. With all w = 1 it is Wilson's. Raises ValueError for a log of fewer than two choices.
    """
    weights = _weights(log, target)
    count, terms = len(log), [weight * logged.reward for weight, logged in zip(weights, log, strict=True)]
    value, squares = fsum(terms) / count, fsum(weight * weight for weight in weights)
    seen = fsum(term * term for term in terms)
    spread = max(squares, seen / value if value else 0.0) / count
    variance = (seen - count * value * value) / (count - 1)
    low, high = _scored(value, spread, count)
    return Estimate(value, sqrt(max(0.0, variance) / count), low, high, _effective(weights))


def self_normalised(log: Sequence[Logged], target: Target) -> Estimate:
    """Return the sum of w r over the sum of w: biased by O(1/n), mostly more precise, and always among the rewards.

    Hajek 1971; for policies Swaminathan and Joachims 2015, "The Self-Normalized Estimator for Counterfactual Learning".
    The standard error is the delta method's (Owen 2013, "Monte Carlo theory, methods and examples", section 9.2). The
    interval is Wilson's for so many choices as the log is worth, or as the standard error says where these are fewer
    (Korn and Graubard 1998). Raises ValueError where the target would have made none of the choices, or of fewer than
    two.
    """
    weights = _weights(log, target)
    total = fsum(weights)
    if total == 0.0:
        raise ValueError("the log has no choice that the policy asked about would have made")
    value = fsum(weight * logged.reward for weight, logged in zip(weights, log, strict=True)) / total
    squares = fsum((weight * (logged.reward - value)) ** 2 for weight, logged in zip(weights, log, strict=True))
    effective = worth = _effective(weights)
    if squares:
        worth = min(effective, value * (1.0 - value) * total * total / squares)
    low, high = _scored(value, 1.0, worth)
    return Estimate(value, sqrt(squares) / total, low, high, effective)


def _weights(log: Sequence[Logged], target: Target) -> list[float]:
    if len(log) < 2:
        raise ValueError(f"an estimate needs two choices or more, not {len(log)}")
    return [target(logged) / logged.propensity for logged in log]


def _effective(weights: Sequence[float]) -> float:
    squares = fsum(weight * weight for weight in weights)
    return fsum(weights) ** 2 / squares if squares else 0.0


def _scored(value: float, spread: float, count: float) -> tuple[float, float]:
    """Return the v between which count (value - v)^2 <= z^2 (v spread - v^2)."""
    z_squared = Z_95 * Z_95
    middle = 2.0 * count * value + z_squared * spread
    root = sqrt(max(0.0, middle * middle - 4.0 * (count + z_squared) * count * value * value))
    return (middle - root) / (2.0 * (count + z_squared)), (middle + root) / (2.0 * (count + z_squared))
