import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.decision.learning.ridge import inverse_of, solved

contexts = st.integers(1, 8).flatmap(
    lambda size: st.lists(st.lists(st.floats(-1, 1), min_size=size, max_size=size), min_size=1, max_size=20)
)


def ridge(rows: list[list[float]], times: float = 1.0) -> np.ndarray:
    x = np.array(rows)
    return np.eye(x.shape[1]) + times * x.T @ x


@given(contexts, st.sampled_from([1.0, 1e3, 1e6]))
@settings(max_examples=100, deadline=None)
def test_a_matrix_times_its_inverse_is_the_identity(rows: list[list[float]], times: float) -> None:
    a = ridge(rows, times)
    tolerance = 1e-14 * len(a) * np.linalg.cond(a)
    assert np.abs(a @ np.array(inverse_of(a.tolist())) - np.eye(len(a))).max() <= tolerance


@given(contexts)
@settings(max_examples=50, deadline=None)
def test_an_inverse_is_symmetric_to_the_last_bit(rows: list[list[float]]) -> None:
    inverse = inverse_of(ridge(rows).tolist())
    assert inverse == tuple(zip(*inverse, strict=True))


def test_the_weights_are_those_that_numpy_finds() -> None:
    rng = np.random.default_rng(7)
    x, y = rng.uniform(-1, 1, (200, 5)), rng.uniform(0, 1, 200)
    a = np.eye(5) + x.T @ x
    assert solved(inverse_of(a.tolist()), (x.T @ y).tolist()) == pytest.approx(np.linalg.solve(a, x.T @ y), abs=1e-12)


def test_the_inverse_of_the_identity_is_the_identity() -> None:
    assert inverse_of([[1.0, 0.0], [0.0, 1.0]]) == ((1.0, 0.0), (0.0, 1.0))
