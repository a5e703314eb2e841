"""What is found to imply something does; and the plain cases are found."""

import operator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.definitions import expressions as x
from stream.definitions.implication import implies
from stream.definitions.parsing import parse_expression
from stream.definitions.scopes import Scope

SCOPE = Scope({"a": "number", "b": "number", "s": "string", "t": "timestamp", "m": "money", "f": "boolean"})
OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
VALUES = (None, 0, 0.5, 1, 1.5, 2, 3)


def parsed(text: str) -> x.Expr:
    return parse_expression(text, SCOPE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a >= 2", "a  >=  2"),
        ("a >= 2", "a >= 1"),
        ("a > 2", "a >= 2"),
        ("a > 2", "a != 2"),
        ("a == 2", "a < 3"),
        ("a == 2", "a != 3"),
        ("a <= 2", "3 > a"),
        ("2 <= a", "a >= 1"),
        ("not a < 2", "a >= 1"),
        ("not not f", "f"),
        ("a >= 2 and b > 0", "a >= 1"),
        ("a >= 2", "a >= 1 or b > 0"),
        ("a >= 3 or a == 2", "a >= 2"),
        ("1 < a < 3", "a > 0 and a < 5"),
        ("a >= 2 and f", "f and a >= 2"),
        ("since(t) >= 7d", "since(t) >= 3d"),
        ("m >= 200", "m >= 100"),
        ("s == 'a'", "s != 'b'"),
        ("a + b > 5", "a + b > 2"),
        ("cart.quantity > 1", "cart.quantity > 0"),
    ],
)
def test_what_is_plain_to_see_is_found(one: str, other: str) -> None:
    assert implies(parsed(one), parsed(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a >= 1", "a >= 2"),
        ("a >= 2", "a > 2"),
        ("a >= 2", "b >= 2"),
        ("a != 2", "a > 2"),
        ("a >= 1", "a >= 2 or b > 0"),
        ("a >= 1 or b > 0", "a >= 1"),
        ("a >= 1", "a >= 1 and f"),
        ("since(t) >= 7d", "until(t) >= 3d"),
        ("s == 'a'", "s == 'b'"),
        ("known(a)", "a >= 1"),
        ("default(a, 0) >= 2", "a >= 1"),
    ],
)
def test_what_does_not_follow_is_not_found(one: str, other: str) -> None:
    assert not implies(parsed(one), parsed(other))


def conditions(depth: int = 2) -> st.SearchStrategy[str]:
    simple = st.tuples(st.sampled_from("ab"), st.sampled_from(tuple(OPERATORS)), st.sampled_from((0, 1, 1.5, 2)))
    plain = simple.map(lambda parts: "{} {} {}".format(*parts))
    if depth == 0:
        return plain
    inner = conditions(depth - 1)
    both = st.tuples(inner, st.sampled_from(("and", "or")), inner).map(lambda parts: "({}) {} ({})".format(*parts))
    return st.one_of(plain, both, inner.map(lambda text: f"not ({text})"))


def worth(node: x.Expr, given: dict[str, float | None]) -> float | bool | None:
    """Return the value of a condition of comparisons, in Kleene's logic."""
    match node:
        case x.Constant():
            return node.value
        case x.Name():
            return given[node.name]
        case x.Not():
            part = worth(node.part, given)
            return None if part is None else not part
        case x.Logic():
            parts = [worth(part, given) for part in node.parts]
            if (node.op == "or") in parts:
                return node.op == "or"
            return None if None in parts else node.op == "and"
        case x.Compare():
            left, right = worth(node.left, given), worth(node.right, given)
            return None if left is None or right is None else OPERATORS[node.op](left, right)
    raise AssertionError(node)


@settings(max_examples=400, derandomize=True, deadline=None, database=None)
@given(conditions(), conditions())
def test_whatever_meets_the_one_meets_the_other(one: str, other: str) -> None:
    if implies(parsed(one), parsed(other)):
        for a in VALUES:
            for b in VALUES:
                given = {"a": a, "b": b}
                assert worth(parsed(one), given) is not True or worth(parsed(other), given) is True, given
