"""The chance of each arm to be the best, given what is known of their rates: Beta posteriors, independent.

It is the integral of the arm's density times the others' distribution functions (Thompson 1933; Scott 2010, "A modern
Bayesian look at the multi-armed bandit"), over the log-odds of the rate, where a Beta density is smooth and falls off
exponentially on either side. That line is cut wherever one of the densities needs it, and each part is integrated by
Gauss-Legendre quadrature, which gives the distribution functions on the way.

Our own and not scipy's functions: the decisions of all workers, of whatever versions, must be the same, and choosing
should not make every worker carry scipy. The tests hold it against scipy, closed forms and Monte Carlo.
"""

from functools import lru_cache
from itertools import pairwise
from math import ceil, exp, expm1, fsum, log, log1p, prod
from operator import mul
from typing import Final, NamedTuple

from stream.decision.learning.quadrature import POINTS, UP_TO, WEIGHTS

_REMEMBERED: Final = 4_096
_PARTS_LEAST: Final = 12
_PART_MOST: Final = 1.5
"""The density has poles at a distance of pi from the line: parts no wider than this keep well away from them."""
_NEGLIGIBLE: Final = -30.0
"""Where a density is e^-30 of its highest: less than 1e-12 of it lies beyond."""
_HALVINGS: Final = 30

_Values = list[list[float] | None]
"""A density at the nodes of each part of the line; None where it is negligible."""


class _Density(NamedTuple):
    """A Beta density in log-odds: its parameters, its mode, and where it begins and ends."""

    alpha: float
    beta: float
    mode: float
    begin: float
    end: float

    def at(self, log_odds: float) -> float:
        """Return the density as a part of its highest."""
        return exp(_log_relative(self.alpha, self.beta, log_odds - self.mode))


@lru_cache(_REMEMBERED)
def best_chances(parameters: tuple[tuple[float, float], ...]) -> tuple[float, ...]:
    """Return the chance of each arm to have the highest rate, from the (alpha, beta) of each, all at least 1.

    They sum to 1. Each is right to 1e-10, for alpha + beta up to 1e9.
    """
    densities = [_density(alpha, beta) for alpha, beta in parameters]
    cuts = sorted({cut for density in densities for cut in _cuts(density)})
    lines = [_normalised(_values(density, cuts), cuts) for density in densities]
    wins = _wins(lines, cuts)
    total = fsum(wins)
    return tuple(win / total for win in wins)


def _log_relative(alpha: float, beta: float, away: float) -> float:
    """Return the logarithm of a density as a part of its highest, so far from its mode in log-odds.

    alpha log(x) + beta log(1 - x) less the same at the mode, written so that large counts cancel nothing.
    """
    if alpha > beta:
        alpha, beta, away = beta, alpha, -away
    count = alpha + beta
    mean = alpha / count
    return count * (mean * away - log1p(mean * expm1(away)))


def _density(alpha: float, beta: float) -> _Density:
    mode = log(alpha / beta)
    return _Density(alpha, beta, mode, mode + _edge(alpha, beta, -1.0), mode + _edge(alpha, beta, 1.0))


def _edge(alpha: float, beta: float, step: float) -> float:
    """Return how far from the mode a density becomes negligible: left of it for a step of -1, right for 1."""
    near, far = 0.0, step
    while _log_relative(alpha, beta, far) > _NEGLIGIBLE:
        near, far = far, 2.0 * far
    for _ in range(_HALVINGS):
        middle = (near + far) / 2.0
        near, far = (middle, far) if _log_relative(alpha, beta, middle) > _NEGLIGIBLE else (near, middle)
    return far


def _cuts(density: _Density) -> list[float]:
    """Return where to cut the line, for quadrature to follow this density."""
    width = density.end - density.begin
    parts = max(_PARTS_LEAST, ceil(width / _PART_MOST))
    return [*(density.begin + width * part / parts for part in range(parts)), density.end]


def _values(density: _Density, cuts: list[float]) -> _Values:
    values: _Values = []
    for left, right in pairwise(cuts):
        middle, half = (left + right) / 2.0, (right - left) / 2.0
        is_within = density.begin <= left and right <= density.end
        values.append([density.at(middle + half * point) for point in POINTS] if is_within else None)
    return values


def _normalised(values: _Values, cuts: list[float]) -> _Values:
    """Return the density times half the width of each part, so that with the weights it sums to 1."""
    halves = [(right - left) / 2.0 for left, right in pairwise(cuts)]
    scaled = [at and [half * value for value in at] for at, half in zip(values, halves, strict=True)]
    total = fsum(weight * value for at in scaled if at for weight, value in zip(WEIGHTS, at, strict=True))
    return [at and [value / total for value in at] for at in scaled]


def _wins(lines: list[_Values], cuts: list[float]) -> list[float]:
    """Integrate each arm's density times the others' distribution functions, part by part from the left."""
    below, wins = [0.0] * len(lines), [0.0] * len(lines)
    for part in range(len(cuts) - 1):
        here = {arm: at for arm, line in enumerate(lines) if (at := line[part])}
        # An arm whose density has not begun is better for sure than any that is here; one whose has ended, worse.
        if all(arm in here or mass > 0.0 for arm, mass in enumerate(below)):
            for arm, won in _won_within(here, below).items():
                wins[arm] += won
        for arm, at in here.items():
            below[arm] += fsum(map(mul, WEIGHTS, at))
    return wins


def _won_within(here: dict[int, list[float]], below: list[float]) -> dict[int, float]:
    """Return what one part of the line adds to the chances of the arms whose densities are there."""
    if len(here) == 1:
        return {arm: fsum(map(mul, WEIGHTS, at)) for arm, at in here.items()}
    up_to = {arm: [below[arm] + fsum(map(mul, row, at)) for row in UP_TO] for arm, at in here.items()}
    won = {}
    for arm, at in here.items():
        others = (up_to[other] for other in here if other != arm)
        won[arm] = fsum(map(prod, zip(WEIGHTS, at, *others, strict=True)))
    return won
