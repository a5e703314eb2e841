"""Differences of two arms: standard errors, 95 % intervals, and what makes them doubtful."""

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import Final, NamedTuple

import msgspec

from stream.replay.lift.shapes import Estimate, Relative, Split
from stream.replay.lift.student import quantile, two_sided_p

_OUTSIDE: Final = 0.05
"""How often a 95 % interval misses."""

_Z: Final = NormalDist().inv_cdf(1 - _OUTSIDE / 2)

USERS_MIN: Final = 2
"""Users an arm needs: a single one does not vary."""

SKEWNESS_MAX: Final = 355**-0.5
"""The skewness of a mean up to which its 95 % interval is about right: n of 355 times the squared skewness of the
values at least (Kohavi, Deng, Longbotham and Xu 2014, Seven Rules of Thumb for Web Site Experimenters, rule 7)."""


class Sample(msgspec.Struct, frozen=True):
    """One arm: users, the mean a user, its variance, and the third central moment, for the skewness."""

    users: int
    mean: float
    variance: float
    third: float


class Stratum(NamedTuple):
    """The two arms of one journey, split by chance."""

    treated: Sample
    held_out: Sample


def reached_sample(users: int, reached: int) -> Sample:
    """Return the share of users who reached a goal, with Bernoulli's moments."""
    share = reached / users
    variance = share * (1 - share)
    return Sample(users, share, variance, variance * (1 - 2 * share))


def value_sample(users: int, values: Iterable[float]) -> Sample:
    """Return the value a user; those of whom no value is given have none. The sums do not depend on the order."""
    some = list(values)
    nothing = users - len(some)
    mean = math.fsum(some) / users
    squares = math.fsum((value - mean) ** 2 for value in some) + nothing * mean**2
    cubes = math.fsum((value - mean) ** 3 for value in some) - nothing * mean**3
    return Sample(users, mean, squares / (users - 1), cubes / users)


def shares_compared(strata: Sequence[Stratum]) -> Estimate:
    """Compare shares by the normal distribution, with the unpooled standard error.

    Of one stratum, the interval is Newcombe's hybrid of two Wilson intervals (Statistics in Medicine 17, 1998,
    873-890, method 10), which holds with few or no conversions in a small holdout; of several it is Wald's.
    """
    found = _compared(strata, _Z)
    interval = _newcombe(strata[0]) if len(strata) == 1 else (found.low, found.high)
    p = math.erfc(abs(found.difference) / found.se / math.sqrt(2)) if found.se else None
    return msgspec.structs.replace(found, low=interval[0], high=interval[1], p=p)


def means_compared(strata: Sequence[Stratum]) -> Estimate:
    """Compare means as Welch does (Biometrika 34, 1947, 28-35), with the degrees of freedom of Satterthwaite 1946."""
    df = _satterthwaite(strata)
    if df is None:
        return _compared(strata, _Z)
    found = _compared(strata, quantile(_OUTSIDE, df))
    return msgspec.structs.replace(found, p=two_sided_p(found.difference / found.se, df), df=df)


def skewness(strata: Sequence[Stratum]) -> float:
    """Return the skewness of the difference of means: third cumulants add up, and arms of equal size cancel out."""
    weights = _weights(strata)
    cumulant = math.fsum(
        weight**3 * (one.treated.third / one.treated.users**2 - one.held_out.third / one.held_out.users**2)
        for weight, one in zip(weights, strata, strict=True)
    )
    spread = math.fsum(_variances(strata)) ** 1.5
    return cumulant / spread if spread else 0.0


def split_of(treated: int, held_out: int, configured: float | None) -> Split:
    """Return the split of users, and of the configured share Pearson's chi-square with one degree of freedom."""
    users = treated + held_out
    found = held_out / users
    if configured is None:
        return Split(found)
    expected = users * configured
    chi_square = (held_out - expected) ** 2 / expected + (held_out - expected) ** 2 / (users - expected)
    return Split(found, configured, chi_square, math.erfc(math.sqrt(chi_square / 2)))


def _compared(strata: Sequence[Stratum], widths: float) -> Estimate:
    """Return the difference with an interval so many standard errors wide, strata weighted by their users.

    That is direct standardisation: each journey's difference counts by how many it concerns, whatever share of them
    it holds out.
    """
    weights = _weights(strata)
    treated = math.fsum(weight * one.treated.mean for weight, one in zip(weights, strata, strict=True))
    held_out = math.fsum(weight * one.held_out.mean for weight, one in zip(weights, strata, strict=True))
    variances = _variances(strata)
    difference, se = treated - held_out, math.sqrt(math.fsum(variances))
    return Estimate(
        treated=treated,
        held_out=held_out,
        difference=difference,
        se=se,
        low=difference - widths * se,
        high=difference + widths * se,
        p=None,
        df=None,
        relative=_relative(treated, held_out, math.fsum(variances[::2]), math.fsum(variances[1::2])),
    )


def _relative(treated: float, held_out: float, treated_variance: float, held_out_variance: float) -> Relative | None:
    """Return the ratio less one, by the delta method on its logarithm; none where an arm has nothing.

    Sources: Katz et al., Biometrics 34, 1978, 469-474, of shares; Deng, Knoblich and Lu 2018
    (doi:10.1145/3219819.3219919) of means.
    """
    if treated <= 0 or held_out <= 0:
        return None
    ratio = treated / held_out
    log_se = math.sqrt(treated_variance / treated**2 + held_out_variance / held_out**2)
    factor = math.exp(_Z * log_se)
    return Relative(ratio - 1, ratio * log_se, ratio / factor - 1, ratio * factor - 1)


def _newcombe(one: Stratum) -> tuple[float, float]:
    treated, held_out = one.treated.mean, one.held_out.mean
    difference = treated - held_out
    treated_low, treated_high = _wilson(one.treated)
    held_out_low, held_out_high = _wilson(one.held_out)
    return (
        difference - math.hypot(treated - treated_low, held_out_high - held_out),
        difference + math.hypot(treated_high - treated, held_out - held_out_low),
    )


def _wilson(one: Sample) -> tuple[float, float]:
    """Return Wilson's interval of a share (Journal of the American Statistical Association 22, 1927, 209-212)."""
    n, z2 = one.users, _Z**2
    middle = (one.mean + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(one.mean * (1 - one.mean) / n + z2 / (4 * n**2)) / (1 + z2 / n)
    return middle - half, middle + half


def _satterthwaite(strata: Sequence[Stratum]) -> float | None:
    variances = _variances(strata)
    users = [arm.users for one in strata for arm in one]
    total = math.fsum(variances)
    # Relative to their sum, since the square of a variance may be too small for a float.
    parts = [(variance / total) ** 2 / (n - 1) for variance, n in zip(variances, users, strict=True)] if total else []
    return 1 / math.fsum(parts) if parts else None


def _weights(strata: Sequence[Stratum]) -> list[float]:
    users = [one.treated.users + one.held_out.users for one in strata]
    return [own / sum(users) for own in users]


def _variances(strata: Sequence[Stratum]) -> list[float]:
    """Return what each arm adds to the variance of the difference: treated and held out by turns."""
    return [
        weight**2 * arm.variance / arm.users
        for weight, one in zip(_weights(strata), strata, strict=True)
        for arm in one
    ]
