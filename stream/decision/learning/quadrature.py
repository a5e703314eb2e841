"""Gauss-Legendre quadrature on [-1, 1]: the nodes, their weights, and the integrals from -1 up to each node.

In plain arithmetic, and not numpy's, whose last bits depend on the machine's vector units and on its version.
"""

from math import cos, pi
from typing import Final

NODES: Final = 12

_NEWTON_STEPS: Final = 8


def legendre(degree: int, x: float) -> list[float]:
    """Return P_0(x) to P_degree(x), by Bonnet's recurrence (DLMF 18.9.1)."""
    values = [1.0, x]
    for n in range(1, degree):
        values.append(((2 * n + 1) * x * values[n] - n * values[n - 1]) / (n + 1))
    return values


def _slope(values: list[float], x: float) -> float:
    """Return the derivative of the last polynomial of `values` at x (DLMF 18.9.17)."""
    degree = len(values) - 1
    return degree * (values[degree - 1] - x * values[degree]) / (1.0 - x * x)


def _node(number: int) -> float:
    """Return a root of P_NODES, by Newton's method from Tricomi's first guess."""
    x = -cos(pi * (number + 0.75) / (NODES + 0.5))
    for _ in range(_NEWTON_STEPS):
        values = legendre(NODES, x)
        x -= values[NODES] / _slope(values, x)
    return x


def _integrals(x: float) -> list[float]:
    """Return by what to multiply a function's values at the nodes, to have its integral from -1 to x.

    That of the polynomial through them: as a sum of P_m, of which each integrates to P_(m+1) - P_(m-1) over 2m + 1.
    """
    here = legendre(NODES, x)
    factors = []
    for node, weight in zip(POINTS, WEIGHTS, strict=True):
        there = legendre(NODES, node)
        total = x + 1.0
        for m in range(1, NODES):
            total += there[m] * (here[m + 1] - here[m - 1])
        factors.append(weight * total / 2.0)
    return factors


POINTS: Final = [_node(number) for number in range(NODES)]
WEIGHTS: Final = [2.0 / ((1.0 - x * x) * _slope(legendre(NODES, x), x) ** 2) for x in POINTS]
UP_TO: Final = [_integrals(x) for x in POINTS]
"""`UP_TO[k]`: the factors of the integral from -1 to the k-th node."""
