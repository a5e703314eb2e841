"""The inverse of a small matrix, symmetric and positive definite: A = I + sum of xx' of a ridge regression.

In plain arithmetic, so that one snapshot is the same on all machines: what numpy calls for it is not.
"""

from collections.abc import Sequence
from math import fsum, sqrt
from operator import mul

Matrix = Sequence[Sequence[float]]


def inverse_of(a: Matrix) -> tuple[tuple[float, ...], ...]:
    """Return the inverse, symmetric to the last bit, by Cholesky's factor (Golub and Van Loan 2013, section 4.2)."""
    rows = _inverse_factor(_factor(a))
    size = len(a)
    # Row i of the inverse factor ends at i: the product of its transpose with itself, from where both columns begin.
    columns = [[rows[row][column] for row in range(column, size)] for column in range(size)]
    return tuple(
        tuple(fsum(map(mul, columns[min(i, j)][abs(i - j) :], columns[max(i, j)])) for j in range(size))
        for i in range(size)
    )


def solved(inverse: Matrix, right: Sequence[float]) -> tuple[float, ...]:
    """Return the inverse times a vector."""
    return tuple(fsum(map(mul, row, right)) for row in inverse)


def _factor(a: Matrix) -> list[list[float]]:
    """Return the rows of the lower triangular L of A = LL'."""
    rows: list[list[float]] = []
    for i, given in enumerate(a):
        row: list[float] = []
        for j in range(i):
            row.append((given[j] - fsum(map(mul, row, rows[j][:j]))) / rows[j][j])
        row.append(sqrt(given[i] - fsum(map(mul, row, row))))
        rows.append(row)
    return rows


def _inverse_factor(rows: list[list[float]]) -> list[list[float]]:
    """Return the rows of the inverse of L, which is lower triangular as well."""
    inverse: list[list[float]] = []
    for i, row in enumerate(rows):
        found = [-fsum(row[k] * inverse[k][j] for k in range(j, i)) / row[i] for j in range(i)]
        inverse.append([*found, 1.0 / row[i]])
    return inverse
