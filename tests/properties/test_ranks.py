"""Ranks against counting the cut points below a value, at every moment of interest."""

import operator
from collections.abc import Callable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from stream.decision.conditions import Compiler
from stream.decision.local_time import zone_reader
from stream.definitions import expressions as x
from stream.model.profile import NEVER, new_profile
from tests.properties.histories import modest

OPERATORS: Mapping[x.Comparator, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
VALUES = st.integers(-20, 20)
CUTS = st.lists(st.sampled_from((-20, -3, 0, 1, 1.5, 2, 7, 20)), min_size=4, max_size=4).map(sorted)
WHOLE_CUTS = st.lists(st.integers(0, 20), min_size=4, max_size=4).map(sorted)
LIMITS = st.sampled_from((0, 1, 2, 3, 3.5, 4, 5, 6))
COMPARATORS = st.sampled_from(sorted(OPERATORS))


def rank_of(kind: x.ValueType, cuts: list[float]) -> x.Rank:
    name = x.Name(type=kind, text="t", kind="identity", name="t")
    return x.Rank(type="number", text="score(t)", part=name, cuts=tuple(cuts), least=1)


def compared(rank: x.Rank, op: x.Comparator, limit: float, *, mirrored: bool) -> x.Compare:
    number = x.Constant(type="number", text=str(limit), value=limit)
    left, right = (number, rank) if mirrored else (rank, number)
    return x.Compare(type="boolean", text="c", op=op, left=left, right=right)


def reading(node: x.Expr, value: float, now_ms: int) -> tuple[object, int]:
    profile = new_profile("u")
    profile.identity["t"] = value
    return Compiler({}, {}, zone_reader("UTC")).function(node)(profile, now_ms)


@modest
@given(VALUES, CUTS, COMPARATORS, LIMITS, st.booleans())
def test_a_score_is_one_more_than_the_cut_points_below_and_so_it_is_compared(
    value: int, cuts: list[float], op: x.Comparator, limit: float, mirrored: bool
) -> None:
    rank = rank_of("number", cuts)
    expected = 1 + sum(cut < value for cut in cuts)
    assert reading(rank, value, 0) == (expected, NEVER)
    sides = (limit, expected) if mirrored else (expected, limit)
    assert reading(compared(rank, op, limit, mirrored=mirrored), value, 0) == (OPERATORS[op](*sides), NEVER)


@modest
@given(VALUES, WHOLE_CUTS, COMPARATORS, LIMITS, st.integers(-25, 45))
def test_a_score_of_a_time_turns_when_it_says_and_not_before(
    at_ms: int, cuts: list[float], op: x.Comparator, limit: float, now_ms: int
) -> None:
    rank = rank_of("timestamp", cuts)
    for node in (rank, compared(rank, op, limit, mirrored=False)):
        found = [reading(node, at_ms, moment_ms) for moment_ms in range(now_ms, 50)]
        for moment_ms, (value, until_ms) in enumerate(found, now_ms):
            score = 5 - sum(cut < moment_ms - at_ms for cut in cuts)
            assert value == (score if node is rank else OPERATORS[op](score, limit))
            assert until_ms > moment_ms
            same = [later for later, _ in found[moment_ms - now_ms : max(0, min(until_ms, 50) - now_ms)]]
            assert set(same) == {value}
            if until_ms < 50:
                assert found[until_ms - now_ms][0] != value or node is not rank
