import pytest

from stream.definitions import expressions as x
from stream.definitions.parsing import DEEPEST, LONGEST, ExpressionError, Scope, identifiers, parse_expression

SCOPE = Scope(
    {"orders": "number", "spend": "money", "last_order_at": "timestamp", "favourite": "string", "is_new": "boolean"},
    frozenset({"vip"}),
)


def parsed(text: str) -> x.Expr:
    return parse_expression(text, SCOPE)


def refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parsed(text)
    return caught.value


def test_the_text_of_every_node_is_its_source() -> None:
    node = parsed("orders >= 1 and (favourite == 'shoes' or since(last_order_at) < 7d)")
    assert isinstance(node, x.Logic)
    assert node.text == "orders >= 1 and (favourite == 'shoes' or since(last_order_at) < 7d)"
    assert [part.text for part in node.parts] == ["orders >= 1", "favourite == 'shoes' or since(last_order_at) < 7d"]


def test_the_text_of_a_comparison_keeps_its_brackets() -> None:
    assert parsed("(orders) < (3)").text == "(orders) < (3)"
    assert parsed("(orders + 1) * 2 < (3)").text == "(orders + 1) * 2 < (3)"


def test_durations_may_stand_anywhere_without_moving_columns() -> None:
    node = parsed("since(last_order_at) >= 7d and orders > 1")
    assert isinstance(node, x.Logic)
    since, orders = node.parts
    assert isinstance(since, x.Compare)
    assert since.right == x.Constant(type="duration", text="7d", value=604_800_000)
    assert orders.text == "orders > 1"


def test_what_looks_like_a_duration_within_quotes_is_text() -> None:
    node = parsed("favourite == '7d'")
    assert isinstance(node, x.Compare)
    assert node.right == x.Constant(type="string", text="'7d'", value="7d")


def test_a_name_that_ends_like_a_duration_is_a_name() -> None:
    scope = Scope({"views_7d": "number", "top3h": "number"})
    assert parse_expression("views_7d > 1 and top3h > 2", scope).type == "boolean"


def test_letters_of_other_alphabets_may_stand_within_quotes_and_nowhere_else() -> None:
    node = parsed("favourite == 'Schühe 👟' and orders > 1")
    assert isinstance(node, x.Logic)
    assert [part.text for part in node.parts] == ["favourite == 'Schühe 👟'", "orders > 1"]
    error = refusal("favourite == 'Schühe' and örders > 1")
    assert (error.message, error.offset) == ("'ö' is not allowed outside quotes", 26)


def test_a_line_break_is_a_blank() -> None:
    assert parsed("orders > 1\n  and vip\n").text == "orders > 1   and vip"


def test_leading_blanks_count_in_the_place_of_a_mistake() -> None:
    assert refusal("  ordres > 1").offset == 2
    assert refusal("orders > 1 and ordres > 1").offset == 15


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the expression is empty"),
        ("   ", "the expression is empty"),
        ("orders = 1", "write '==' to compare; a single '=' has no meaning here"),
        ("orders > 1 && vip", "write 'and' instead of '&&'"),
        ("orders > 1 || vip", "write 'or' instead of '||'"),
        ("orders > 1 AND vip", "write 'and' instead of 'AND'"),
        ("NOT vip", "write 'not' instead of 'NOT'"),
        ("orders <> 1", "write '!=' instead of '<>'"),
        ("orders => 1", "write '>=' instead of '=>'"),
    ],
)
def test_common_slips_are_named(text: str, message: str) -> None:
    assert refusal(text).message == message


@pytest.mark.parametrize("text", ["orders >", "(orders > 1", "orders > 1)", "orders orders", "1 2", "since("])
def test_what_does_not_parse_is_no_expression(text: str) -> None:
    assert refusal(text).message


@pytest.mark.parametrize(("text", "offset"), [("since(last_order_at) > 5x", 23), ("7days > 1", 0)])
def test_a_number_with_letters_that_is_no_duration_is_shown_at_its_place(text: str, offset: int) -> None:
    error = refusal(text)
    assert "is no duration" in error.message
    assert error.offset == offset


def test_a_comment_is_refused_wherever_it_stands() -> None:
    assert refusal("orders > 1 # bought\n and spend > 100").offset == 11
    assert refusal("orders > 1 # bought").offset == 11
    assert parsed("favourite == '#1'").type == "boolean"


def test_half_a_surrogate_pair_is_refused() -> None:
    assert refusal("favourite == '\ud800'").message


def test_an_expression_has_a_greatest_length() -> None:
    text = "orders > 1" + " " * (LONGEST - 12) + " or vip"
    assert refusal(text).message == "the expression is longer than 2,000 characters"
    assert parsed("orders > 1" + " " * (LONGEST - 17) + " or vip").type == "boolean"
    assert parsed("vip" + " " * LONGEST).text == "vip"


def test_an_expression_has_a_greatest_depth() -> None:
    # `not` is one level; the name below has its context as one more.
    assert parsed("not " * (DEEPEST - 2) + "vip").type == "boolean"
    assert refusal("not " * DEEPEST + "vip").message == "the expression is nested too deeply"
    assert refusal("(" * 500 + "vip" + ")" * 500).message


def test_many_parts_side_by_side_are_not_deep() -> None:
    assert len(x.children(parsed(" or ".join(["vip"] * 280)))) == 280


def test_identifiers_are_the_names_mentioned_typed_or_not() -> None:
    assert {"unheard_of", "orders", "cart"} <= identifiers("unheard_of > 1 and orders == cart.total")
    assert identifiers("orders >") == frozenset()
    assert identifiers("") == frozenset()
    assert "vip" in identifiers("orders > 1\nand vip")
