import pytest

from stream.model.events import Scalar
from tests.decision.story import D, H, Story, config

TRAITS = """\
n: {last: measured.n}
i: {last: measured.i}
m: {last: measured.m}
s: {last: measured.s}
f: {last: measured.f}
g: {last: measured.g}
t: {last: measured.t}
ordered_at: {last: order_completed.at}
orders: {count: order_completed}
spend: {sum: order_completed.total}
average_order: {value: spend / orders}
"""
SEGMENTS = {"fan": "n >= 10"}
TEXT = {True: "true", False: "false", None: "unknown"}


def told(**props: Scalar | None) -> Story:
    """A user of whom just these values are known."""
    story = Story(config(TRAITS, SEGMENTS))
    story.tell(0, "measured", **{name: value for name, value in props.items() if value is not None})
    return story


@pytest.mark.parametrize(
    ("f", "g", "both", "either"),
    [
        (True, True, True, True),
        (True, False, False, True),
        (True, None, None, True),
        (False, True, False, True),
        (False, False, False, False),
        (False, None, False, None),
        (None, True, None, True),
        (None, False, False, None),
        (None, None, None, None),
    ],
)
def test_and_and_or_follow_kleene(f: bool | None, g: bool | None, both: bool | None, either: bool | None) -> None:
    story = told(f=f, g=g)
    assert story.value("f and g", 0) is both
    assert story.value("f or g", 0) is either


@pytest.mark.parametrize(("f", "negated"), [(True, False), (False, True), (None, None)])
def test_not_of_unknown_is_unknown(f: bool | None, negated: bool | None) -> None:
    assert told(f=f).value("not f", 0) is negated


@pytest.mark.parametrize("text", ["n == n", "n != n", "n < 5", "n >= 5", "s == 'x'", "n + 1 == 1", "f == f", "t < t"])
def test_a_comparison_with_something_unknown_is_unknown(text: str) -> None:
    assert told().value(text, 0) is None


def test_a_chain_of_comparisons_holds_where_each_link_does() -> None:
    story = told(n=5)
    assert story.value("1 < n <= 5", 0) is True
    assert story.value("1 < n < 5", 0) is False
    assert told().value("1 < n < 5", 0) is None
    assert told().value("1 > 2 > n", 0) is False


def test_division_by_zero_is_unknown_and_by_anything_else_is_not() -> None:
    assert told(n=0).value("10 / n", 0) is None
    assert told(n=0).value("10 / n > 1 or f", 0) is None
    assert told(n=4).value("10 / n", 0) == 2.5
    assert told(n=-4).value("10 / n", 0) == -2.5


def test_a_derived_trait_is_unknown_until_what_it_divides_by_is_there() -> None:
    story = told()
    assert story.value("average_order", 0) is None
    assert story.value("average_order >= 50 or orders == 0", 0) is True
    story.tell(1, "order_completed", total=100_00)
    story.tell(2, "order_completed", total=50_00)
    assert story.value("average_order", 2) == 75_00
    assert story.value("average_order >= 75", 2) is True
    assert story.value("average_order > 75", 2) is False


def test_known_says_whether_a_value_is_there_and_is_never_unknown_itself() -> None:
    assert told().value("known(n)", 0) is False
    assert told(n=0).value("known(n)", 0) is True
    assert told(f=False).value("known(f)", 0) is True
    assert told().value("not known(n)", 0) is True
    assert told(n=0).value("known(1 / n)", 0) is False
    assert told().value("known(n > 3)", 0) is False


def test_default_stands_in_for_the_unknown_only() -> None:
    assert told().value("default(n, 7)", 0) == 7
    assert told(n=0).value("default(n, 7)", 0) == 0
    assert told(f=False).value("default(f, true)", 0) is False
    assert told().value("default(f, true)", 0) is True
    assert told().value("default(n, i)", 0) is None
    assert told().value("default(s, 'none') == 'none'", 0) is True


def test_a_bare_number_beside_money_means_the_shops_currency() -> None:
    story = told(m=12_50)
    assert story.value("m == 12.50", 0) is True
    assert story.value("m > 12.49", 0) is True
    assert story.value("m > 12.5", 0) is False
    assert story.value("12.51 > m", 0) is True
    assert story.value("m - 2.5 == 10", 0) is True
    assert story.value("10 + m", 0) == 22_50
    assert told().value("default(m, 3)", 0) == 3_00


def test_money_times_a_number_is_money_and_money_by_money_a_number() -> None:
    story = told(m=12_50, n=2)
    assert story.value("m * n >= 25", 0) is True
    assert story.value("m * n > 25", 0) is False
    assert story.value("m / n == 6.25", 0) is True
    assert story.value("m / m == 1", 0) is True
    assert story.value("spend / m == 0", 0) is True


def test_negative_numbers_compare_as_numbers() -> None:
    assert told(n=-1.5).value("n < -1", 0) is True
    assert told(n=-0.5).value("n < -1", 0) is False


def test_strings_are_equal_to_the_letter() -> None:
    story = told(s="Ünï")
    assert story.value("s == 'Ünï'", 0) is True
    assert story.value("s == 'Unï'", 0) is False
    assert story.value('s != "ünï"', 0) is True
    assert told(s="it's").value('s == "it\'s"', 0) is True


def test_the_difference_of_times_is_a_duration() -> None:
    story = told(t=3 * D)
    story.tell(D, "order_completed")
    assert story.value("t - ordered_at >= 2d", D) is True
    assert story.value("t - ordered_at > 2d", D) is False
    assert story.value("(t - ordered_at) / 1h", D) == 48
    assert story.value("ordered_at + 2d == t", D) is True
    assert story.value("t - 3d < ordered_at", D) is True


def test_a_segments_name_is_true_inside_and_false_outside_and_never_unknown() -> None:
    assert told().value("fan", 0) is False
    assert told(n=9).value("fan", 0) is False
    assert told(n=10).value("fan", 0) is True
    assert told(n=10).value("not fan or f", 0) is None


def test_counts_and_sums_start_at_zero_and_all_else_unknown() -> None:
    story = told()
    assert story.value("orders", 0) == 0
    assert story.value("spend", 0) == 0
    assert story.value("cart.quantity == 0 and cart.total == 0", 0) is True
    assert story.value("known(cart.id) or known(cart.changed_at) or known(cart.dearest_item)", 0) is False


def test_entering_needs_true_and_neither_false_nor_unknown() -> None:
    for n, inside in ((None, False), (9.99, False), (10, True)):
        story = told(n=n)
        assert ("fan" in story.profile().memberships and story.profile().memberships["fan"].inside) is inside


@pytest.mark.parametrize("word", ["or", "and"])
def test_a_condition_may_have_as_many_parts_as_fit_into_its_length(word: str) -> None:
    parts = [f"n == {number}" for number in range(130)]
    story = told(n=129)
    assert story.value(f" {word} ".join(parts), 0) is (word == "or")
    assert told().value(f" {word} ".join(parts), 0) is None


def test_blanks_around_the_dot_of_the_cart_change_nothing() -> None:
    story = told()
    assert story.value("cart . quantity + cart.\n  quantity == 0", 0) is True


def test_text_of_a_condition_is_never_run_as_code() -> None:
    story = told(s="__import__('os')")
    assert story.value("s == \"__import__('os')\"", 0) is True
    assert story.value("s != 's) or (p.user'", 0) is True


def test_asking_a_condition_changes_nothing_of_what_it_says() -> None:
    story = told(n=3)
    assert [story.value("n * 2 > 5 and since(t) >= 0s", H) for _ in range(3)] == [None] * 3
