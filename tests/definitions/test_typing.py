import pytest

from stream.definitions import expressions as x
from stream.definitions.parsing import ExpressionError, Scope, parse_expression

TYPES: dict[str, x.ValueType] = {
    "n": "number",
    "m": "money",
    "s": "string",
    "f": "boolean",
    "t": "timestamp",
    "last_order_at": "timestamp",
    "views": "number by key",
    "paid": "money by key",
    "used": "set",
}
SCOPE = Scope(TYPES, frozenset({"vip", "window_shopper"}))


def parsed(text: str, currency: str = "USD") -> x.Expr:
    return parse_expression(text, Scope(TYPES, SCOPE.segments, currency))


def refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parsed(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("n", "number"),
        ("cart.quantity", "number"),
        ("cart.total", "money"),
        ("cart.items", "items"),
        ("cart.changed_at", "timestamp"),
        ("cart.dearest_item", "string"),
        ("cart.id", "string"),
        ("vip", "boolean"),
        ("true", "boolean"),
        ("7d", "duration"),
        ("n + 1", "number"),
        ("m + m", "money"),
        ("m - 5", "money"),
        ("m * 2", "money"),
        ("2 * m", "money"),
        ("m / n", "money"),
        ("m / m", "number"),
        ("t + 1d", "timestamp"),
        ("t - 1d", "timestamp"),
        ("t - last_order_at", "duration"),
        ("1d * n", "duration"),
        ("1d / 2", "duration"),
        ("1d / 1h", "number"),
        ("1d + 1h", "duration"),
        ("default(m, 0)", "money"),
        ("default(s, 'x')", "string"),
        ("known(cart.items)", "boolean"),
        ("since(t)", "duration"),
        ("until(t + 1d)", "duration"),
        ("1 < n < 5", "boolean"),
        ("not vip", "boolean"),
        ("s == 'a'", "boolean"),
        ("f != vip", "boolean"),
        ("(n > 1) == f", "boolean"),
        ("t - last_order_at > 3d", "boolean"),
        ("views[s]", "number"),
        ("days_to(s)", "number"),
        ("days_to(t) <= 7", "boolean"),
        ("views['a'] + views[cart.dearest_item] / 2", "number"),
        ("paid[top(views)]", "money"),
        ("paid['a'] >= 20", "boolean"),
        ("'a' in used", "boolean"),
        ("s not in used and n > 1", "boolean"),
        ("top(views) == top(paid)", "boolean"),
        ("s in top(views, 3) and 'a' not in top(paid, 20)", "boolean"),
    ],
)
def test_every_combination_that_has_a_meaning_has_a_type(text: str, type_: x.ValueType) -> None:
    assert parsed(text).type == type_


@pytest.mark.parametrize(
    "text",
    [
        "m + n",
        "m * m",
        "n / m",
        "t + t",
        "t * 2",
        "t + 5",
        "1d + t",
        "s + s",
        "s * 2",
        "f + 1",
        "1d * 1d",
        "n / 1d",
        "n > m",
        "n == s",
        "s > 'a'",
        "f < vip",
        "t > 1d",
        "t > 5",
        "since(t) > 5",
        "n > 1d",
        "since(t) == 1d",
        "until(t) != 1d",
        "since(t) > since(t)",
        "since(t) + 1d > 2d",
        "known(since(t))",
        "since(n)",
        "since(1d)",
        "since(s) > 1d",
        "cart.items == cart.items",
        "n and f",
        "not n",
        "vip or s",
        "default(n, 'a')",
        "default(n, m)",
        "-s == s",
        "-true",
        "-1d < 1d",
        "n > True > 1",
        "views > 5",
        "days_to(n) < 5",
        "days_to(t) < 7d",
        "days_to(t, 5) < 7",
        "days_to(since(t)) < 7",
        "used == 'a'",
        "used",
        "'a' in views",
        "'a' in s",
        "'a' in ('a', 'b')",
        "s in ()",
        "s in ('a', n)",
        "s in ('a', 1)",
        "s in ('a')",
        "since(t) in (1d, 2d)",
        "weekday(s) == 'sunday'",
        "weekday(t) == 'Sunday'",
        "'summer' == month(t)",
        "hour(t) in (1, 24)",
        "hour(t) == 1.5",
        "month(t) > 'may'",
        "during(t, s)",
        "during(n, vip)",
        "during(t, 'christmas')",
        "n in used",
        "'a' in used in used",
        "used['a']",
        "known(used)",
        "views == views",
        "known(views)",
        "views[n] > 5",
        "views[since(t)] > 5",
        "n['a'] > 5",
        "vip['a']",
        "cart['a'] > 5",
        "cart.items['a'] > 5",
        "top(n) == 'a'",
        "top(s) == 'a'",
        "top(views['a']) == 'a'",
        "'a' in top(views)",
        "'a' in top()",
        "'a' in top(views, 0)",
        "'a' in top(views, 21)",
        "'a' in top(views, 1.5)",
        "'a' in top(views, n)",
        "'a' in top(n, 3)",
        "n in top(views, 3)",
        "top(views, 3) == 'a'",
        "views['a':'b'] > 5",
        "views['a', 'b'] > 5",
    ],
)
def test_what_has_no_meaning_is_refused(text: str) -> None:
    assert refusal(text).message


def test_bare_numbers_beside_money_become_minor_units_of_the_shops_currency() -> None:
    for text, currency, minor in (("m > 12.5", "USD", 1250), ("m > 500", "JPY", 500), ("1.234 < m", "KWD", 1234)):
        node = parsed(text, currency)
        assert isinstance(node, x.Compare)
        literal = node.right if isinstance(node.right, x.Constant) else node.left
        assert isinstance(literal, x.Constant)
        assert (literal.type, literal.value) == ("money", minor)


def test_a_negative_number_is_a_number() -> None:
    node = parsed("n > -1.5")
    assert isinstance(node, x.Compare)
    assert node.right == x.Constant(type="number", text="-1.5", value=-1.5)
    node = parsed("m > -1.5")
    assert isinstance(node, x.Compare)
    assert isinstance(node.right, x.Constant)
    assert node.right.value == -150


def test_a_duration_without_a_unit_is_told_what_to_write() -> None:
    assert refusal("since(t) > 5").message == "a duration needs a unit: write 5d or 5h instead of 5"


@pytest.mark.parametrize(
    ("text", "offset", "suggestion"),
    [
        ("nn > 1", 0, "n"),
        ("zzz > 1", 0, ""),
        ("vipp", 0, "vip"),
        ("f and window_shoper", 6, "window_shopper"),
        ("last_order_t < t", 0, "last_order_at"),
        ("cart.totl > 5", 0, "cart.total"),
        ("n > 1 and sinse(t) > 1d", 10, "since"),
        ("kart.total > 5", 0, "cart"),
        ("vews['a'] > 5", 0, "views"),
        ("'a' in usd", 7, "used"),
        ("top(vews) == 'a'", 4, "views"),
        ("'a' in top(vews, 3)", 11, "views"),
    ],
)
def test_a_name_that_is_not_known_is_shown_with_the_nearest_that_is(text: str, offset: int, suggestion: str) -> None:
    error = refusal(text)
    assert (error.offset, error.suggestion) == (offset, suggestion)


@pytest.mark.parametrize("text", ["n > 1 and (f or m)", "f or m + 1 > n"])
def test_the_place_of_a_mistake_is_the_part_that_is_wrong(text: str) -> None:
    assert text[refusal(text).offset :].startswith("m")


@pytest.mark.parametrize(("text", "count"), [("since()", 1), ("since(t, t)", 1), ("default(n)", 2), ("known(n, n)", 1)])
def test_functions_take_so_many_arguments(text: str, count: int) -> None:
    assert f"takes {count} argument" in refusal(text).message


@pytest.mark.parametrize("literal", ["1_000", "1e3", "0x10", "1.5e3", "0b1", "1j", "1" * 16, "00.1e1"])
def test_numbers_are_written_in_plain_digits(literal: str) -> None:
    assert refusal(f"n > {literal}").message


@pytest.mark.parametrize("literal", ["0", "1", "1.", ".5", "0.5", "999999999999999", "1234567.8901234"])
def test_plain_digits_are_numbers(literal: str) -> None:
    node = parsed(f"n > {literal}")
    assert isinstance(node, x.Compare)
    assert isinstance(node.right, x.Constant)
    assert node.right.value == float(literal)


@pytest.mark.parametrize(
    "literal", ["'a' 'b'", "'''a'''", '"""a"""', "r'a'", "b'a'", "u'a'", "f'a'", r"'a\n'", r"'\''"]
)
def test_a_string_is_one_pair_of_quotes_and_what_stands_between_them(literal: str) -> None:
    assert refusal(f"s == {literal}").message


@pytest.mark.parametrize(
    ("literal", "value"), [("'a'", "a"), ('"it\'s"', "it's"), ("''", ""), ("'  '", "  "), ("'#7d'", "#7d")]
)
def test_strings_are_worth_what_stands_between_their_quotes(literal: str, value: str) -> None:
    node = parsed(f"s == {literal}")
    assert isinstance(node, x.Compare)
    assert isinstance(node.right, x.Constant)
    assert node.right.value == value


@pytest.mark.parametrize(
    "text",
    [
        "n if f else 1",
        "lambda: n",
        "[n]",
        "n[0]",
        "n.real",
        "f'{n}'",
        "(n := 1) > 0",
        "n ** 2",
        "n % 2",
        "n // 2",
        "n in s",
        "n is n",
    ],
)
def test_the_rest_of_python_has_no_meaning_here(text: str) -> None:
    assert refusal(text).message


def test_the_cart_alone_is_no_value() -> None:
    assert refusal("cart > 1").message
    assert refusal("cart.total.amount > 1").message
