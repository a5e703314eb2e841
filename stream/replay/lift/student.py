"""Student's t distribution, so that small holdouts get intervals as wide as they should be."""

import math
from typing import Final

_TINY: Final = 1e-300
_PRECISION: Final = 1e-15
_STEPS_MAX: Final = 500


def two_sided_p(t: float, df: float) -> float:
    """Return the chance of a t at least that far from 0: the incomplete beta function at df / (df + t²).

    Source: DLMF 8.17 (the function), Abramowitz and Stegun 26.7.1 and 26.5.27 (its place in the distribution).
    """
    return _incomplete_beta(df / 2, 0.5, df / (df + t * t))


def quantile(p: float, df: float) -> float:
    """Return the t that is exceeded, on either side, with the chance p in all; `df` is at least 1. By bisection."""
    low, high = 0.0, 1.0
    while two_sided_p(high, df) > p:
        low, high = high, 2 * high
    while high - low > _PRECISION * high:
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        if two_sided_p(middle, df) > p:
            low = middle
        else:
            high = middle
    return high


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised I_x(a, b), from the side on which the continued fraction converges fast (DLMF 8.17.22)."""
    if x in {0.0, 1.0}:
        return x
    log_front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    if x > (a + 1) / (a + b + 2):
        return 1 - math.exp(log_front) / (b * _fraction(b, a, 1 - x))
    return math.exp(log_front) / (a * _fraction(a, b, x))


def _fraction(a: float, b: float, x: float) -> float:
    """Return 1 + d1/(1 + d2/(1 + ...)) of DLMF 8.17.22, by the modified method of Lentz (DLMF 3.10(iii))."""
    value = c = 1.0
    d = 0.0
    for step in range(1, _STEPS_MAX):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / ((1 + term * d) or _TINY)
        c = (1 + term / c) or _TINY
        value *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return value
