import pytest

from stream.definitions.expressions import Compare, Constant, ValueType
from stream.definitions.parsing import ExpressionError, Scope, parse_expression
from tests.definitions.config_text import edited, problems

TYPES: dict[str, ValueType] = {
    "n": "number",
    "s": "string",
    "warm": "fading number",
    "paid": "fading money",
    "taste": "fading number by key",
    "spent": "fading money by key",
}


@pytest.mark.parametrize(
    "text", ["warm >= 2", "2 < warm", "warm < n * 2", "taste['a'] > 0.5", "taste[top(taste)] <= n", "spent[s] >= 5"]
)
def test_what_fades_is_compared_with_what_stands_still(text: str) -> None:
    assert parse_expression(text, Scope(TYPES)).type == "boolean"


def test_a_bare_number_beside_fading_money_is_an_amount() -> None:
    node = parse_expression("paid >= 12.50", Scope(TYPES))
    assert isinstance(node, Compare)
    assert isinstance(node.right, Constant)
    assert node.right.value == 1_250


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("warm == 2", "what fades meets no number exactly: compare it with < <= > >="),
        ("warm > taste['a']", "one side of a comparison with what fades must stand still"),
        ("warm * 2 > 3", "compare warm directly with a number, as in warm >= 2: it fades"),
        ("default(warm, 0) > 3", "compare warm directly with a number, as in warm >= 2: it fades"),
        ("known(warm)", "compare warm directly with a number, as in warm >= 2: it fades"),
        ("warm and n > 2", "compare warm directly with a number, as in warm >= 2: it fades"),
        ("warm > 7d", "warm is a fading number, but 7d is a duration"),
        ("warm > s", "warm is a fading number, but s is a string"),
        ("taste > 2", "taste is kept by key: write taste[KEY] or top(taste)"),
    ],
)
def test_anything_else_of_what_fades_is_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text, Scope(TYPES))
    assert caught.value.message == message


def test_no_trait_can_be_a_value_that_fades() -> None:
    views = "views_7d: {count: product_viewed, within: 7d}"
    changes = edited(
        "traits.yaml", views, f"{views}\nwarm: {{count: product_viewed, half_life: 7d}}\nx: {{value: warm}}"
    )
    (problem,) = problems(changes)
    assert problem.endswith("warm changes all the time: compare it with a number, where it is needed")
