import pytest

from tests.definitions.config_text import SMALL, problems

CLV = """\
reads: {count: orders, first: first_order_at, last: last_order_at, sum: spend}
purchases: {r: 0.243, alpha: 30.9, a: 0.793, b: 2.426}
order_value: {p: 6.25, q: 3.74, v: 15.44}
unit: USD
"""
TRAITS = {"traits.yaml": SMALL["traits.yaml"] + "first_order_at: {first: order_completed.at}\n"}

# In place of a part of the table; a bar stands before the place of the mistake.
TABLES = [
    ("count: orders", "count: |ordrs", "there is no trait 'ordrs' (did you mean 'orders'?)"),
    ("count: orders", "count: |spend", "'count' is a number; spend is money"),
    ("count: orders", "count: |aov", "'count' is a number; aov is money"),
    ("first: first_order_at", "first: |views_7d", "'first' is a timestamp; views_7d is a number"),
    ("sum: spend", "sum: |aov", "'sum' is fed by events; aov is not"),
    ("sum: spend", "|summ: spend", "'reads' has no field 'summ' (did you mean 'sum'?)"),
    ("q: 3.74", "q: |0", "'q' is more than 0 and at most 1e+06, not 0"),
    ("r: 0.243", "r: |-1", "'r' is more than 0 and at most 30, not -1"),
    ("r: 0.243", "r: |x", "'r' must be a number in plain digits, not 'x'"),
    (", b: 2.426", "", "'purchases' needs the field 'b'"),
    (
        "{p: 6.25, q: 3.74",
        "|{p: 6.25, q: 1",
        "'q' must be more than 1: else there is no mean to expect",
    ),
    ("unit: USD", "unit: EUR", "orders are kept in the shop's currency: this table needs `unit: USD`"),
    ("purchases:", "|purchase:", "this table has no field 'purchase' (did you mean 'purchases'?)"),
]
AT_THE_TABLE = {"unit: EUR": "tables/clv.yaml:1:1", "": "tables/clv.yaml:2:12"}


@pytest.mark.parametrize(("old", "new", "message"), TABLES)
def test_a_mistake_in_the_table_of_customers_is_told_at_its_place(old: str, new: str, message: str) -> None:
    assert CLV.count(old) == 1
    text = CLV.replace(old, new)
    before = text.partition("|")[0]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    place = AT_THE_TABLE.get(new, f"tables/clv.yaml:{line}:{column}")
    told = problems({**TRAITS, "tables/clv.yaml": text.replace("|", "")})
    assert f"{place}: {message}" in told


EXPRESSIONS = [
    ("|clv(365) > 100", "a duration needs a unit: write clv(365d)"),
    ("|clv() > 100", "clv(...) takes 1 argument"),
    ("|p_alive(30d) > 0.5", "p_alive(...) takes no argument"),
    ("|clv(spend) > 100", "clv(...) takes a duration that stands still, as in clv(30d), not 'spend'"),
    ("|expected_purchases(0d) > 1", "expected_purchases(...) looks ahead: 0d is no time at all"),
    ("|p_alive() > 30", "p_alive() goes from 0 to 1: write 0.3 for 30"),
    ("|p_alive() < 300", "p_alive() goes from 0 to 1"),
    ("|p_alve() > 0.3", "there is no function 'p_alve' (did you mean 'p_alive'?)"),
]


@pytest.mark.parametrize(("condition", "message"), EXPRESSIONS)
def test_a_mistake_in_asking_what_is_expected_is_told_at_its_place(condition: str, message: str) -> None:
    column = len("when: ") + condition.index("|") + 1
    files = {**TRAITS, "tables/clv.yaml": CLV, "segments/best.yaml": f"when: {condition.replace('|', '')}\n"}
    assert problems(files) == [f"segments/best.yaml:1:{column}: {message}"]


@pytest.mark.parametrize("asked", ["p_alive() > 0.5", "clv(365d) > 100", "expected_order_value() > 100"])
def test_without_its_table_the_command_that_writes_it_is_named(asked: str) -> None:
    assert problems({"segments/best.yaml": f"when: {asked}\n"}) == [
        "segments/best.yaml:1:7: there is no table of what customers are worth: `stream fit clv` writes tables/clv.yaml"
    ]


def test_a_model_without_money_says_nothing_of_money() -> None:
    text = "".join(CLV.splitlines(keepends=True)[:2]).replace(", sum: spend", "")
    files = {**TRAITS, "tables/clv.yaml": text}
    assert problems({**files, "segments/best.yaml": "when: expected_purchases(30d) > 1\n"}) == []
    assert problems({**files, "segments/best.yaml": "when: clv(30d) > 1\n"}) == [
        "segments/best.yaml:1:7: tables/clv.yaml has no 'order_value': `stream fit clv` writes it where a sum is named"
    ]


def test_so_far_ahead_that_a_model_says_nothing_is_refused() -> None:
    text = CLV.replace("alpha: 30.9", "alpha: 0.3")
    assert problems({**TRAITS, "tables/clv.yaml": text, "segments/best.yaml": "when: clv(365d) > 1\n"}) == [
        "segments/best.yaml:1:7: 365d is too far ahead for a model whose alpha is 0.3 days"
    ]


def test_a_table_with_a_mistake_brings_no_further_one_where_it_is_asked() -> None:
    table = CLV.replace("r: 0.243", "r: 0")
    told = problems({**TRAITS, "tables/clv.yaml": table, "segments/best.yaml": "when: clv(365d) > 1\n"})
    assert told == ["tables/clv.yaml:2:16: 'r' is more than 0 and at most 30, not 0"]


def test_what_is_expected_has_no_meaning_in_a_condition_on_an_event() -> None:
    traits = TRAITS["traits.yaml"] + "x: {count: product_viewed, where: p_alive() > 0.5}\n"
    assert problems({"traits.yaml": traits, "tables/clv.yaml": CLV}) == [
        "traits.yaml:8:35: p_alive(...) has no meaning in a condition on product_viewed: it is asked once"
    ]
