import pytest

from stream.model.events import Scalar
from tests.decision.story import D, Story, config

OPERATORS = {
    "count": "{count: measured}",
    "sum": "{sum: measured.m}",
    "avg": "{avg: measured.m}",
    "min": "{min: measured.m}",
    "max": "{max: measured.m}",
    "first": "{first: measured.m}",
    "last": "{last: measured.m}",
    "distinct": "{distinct: measured.m}",
    "top": "{top: measured.s}",
    "first_at": "{first: measured.at}",
    "last_at": "{last: measured.at}",
}
TRAITS = "".join(f"x_{name}: {text}\n" for name, text in OPERATORS.items())


def fed(*events: tuple[int, int]) -> Story:
    story = Story(config(TRAITS))
    for time_ms, amount in events:
        story.tell(time_ms, "measured", m=amount, s=str(amount))
    return story


def all_of(story: Story) -> dict[str, Scalar | None]:
    return {name: story.value(f"x_{name}", 9_999 * D) for name in OPERATORS}


def test_before_anything_was_fed_only_what_is_counted_is_known() -> None:
    story = Story(config(TRAITS))
    story.tell(0, "viewed")
    assert all_of(story) == {**dict.fromkeys(OPERATORS), "count": 0, "sum": 0, "distinct": 0}


def test_all_time_forgets_nothing() -> None:
    expected: dict[str, Scalar] = {
        "count": 4, "sum": 25, "avg": 6.25, "min": 1, "max": 10, "first": 4, "last": 1, "distinct": 3, "top": "10",
        "first_at": 1_000, "last_at": 900 * D,
    }  # fmt: skip
    assert all_of(fed((1_000, 4), (D, 10), (2 * D, 10), (900 * D, 1))) == expected


def test_first_and_last_go_by_time_and_all_else_by_what_came() -> None:
    expected: dict[str, Scalar] = {
        "count": 3, "sum": 15, "avg": 5, "min": 4, "max": 6, "first": 5, "last": 4, "distinct": 3, "top": "4",
        "first_at": 500, "last_at": 2_000,
    }  # fmt: skip
    assert all_of(fed((1_000, 6), (2_000, 4), (500, 5))) == expected


def test_at_equal_time_the_first_stays_first_and_the_latest_word_is_last() -> None:
    story = fed((1_000, 6), (1_000, 4))
    assert story.value("x_first", 1_000) == 6
    assert story.value("x_last", 1_000) == 4


def test_a_sum_of_money_is_exact() -> None:
    story = Story(config(TRAITS))
    for number in range(100):
        story.tell(number, "measured", m=10)
    assert story.value("x_sum == 10.00", 100) is True


@pytest.mark.parametrize(("seen", "distinct"), [(255, 255), (256, 256)])
def test_distinct_is_exact_up_to_256_values(seen: int, distinct: int) -> None:
    assert fed(*((number, number) for number in range(seen))).value("x_distinct", 1_000) == distinct


def test_of_too_many_values_in_a_window_the_longest_unseen_is_forgotten() -> None:
    story = Story(config("x: {distinct: measured.m, within: 1d}\n"))
    for time_ms, value in [*((number, number) for number in range(256)), (300, 0), (301, 256)]:
        story.tell(time_ms, "measured", m=value)
    (tally,) = story.profile().traits.values()
    assert "0" in tally.last_ms
    assert "1" not in tally.last_ms


def test_equal_numbers_are_one_value_however_they_are_written() -> None:
    story = Story(config("x: {distinct: measured.n}\n"))
    story.tell(0, "measured", n=1)
    story.tell(1, "measured", n=1.0)
    story.tell(2, "measured", n=1.5)
    assert story.value("x", 2) == 2


def test_top_counts_64_values_and_what_comes_after_them_not() -> None:
    story = Story(config(TRAITS))
    for number in range(64):
        story.tell(number, "measured", s=f"value {number:02}")
    for number in range(3):
        story.tell(100 + number, "measured", s="value 99")
    assert story.value("x_top", 200) == "value 00"
    story.tell(200, "measured", s="value 63")
    assert story.value("x_top", 200) == "value 63"


def test_long_values_are_kept_short_and_stay_distinct() -> None:
    story = Story(config("x: {distinct: measured.s}\ny: {top: measured.s}\n"))
    story.tell(0, "measured", s="a" * 500 + "b")
    story.tell(1, "measured", s="a" * 500 + "c")
    story.tell(2, "measured", s="a" * 500 + "c")
    assert story.value("x", 2) == 2
    top = story.value("y", 2)
    assert isinstance(top, str)
    assert top.startswith("a" * 96 + "~")
    assert len(top) <= 128


def test_derived_events_count_like_any_other() -> None:
    traits = (
        "changes: {count: cart_changed, within: 7d}\nlast_cart: {last: cart_changed.cart_id}\n"
        "entries: {count: segment_entered}\nentered: {distinct: segment_entered.segment}\n"
    )
    story = Story(config(traits, {"holder": "cart.quantity > 0", "keen": "changes >= 2"}))
    story.tell(0, "product_added", product_id="a", cart_id="c1")
    story.tell(1, "product_added", product_id="a", cart_id="c2")
    assert story.value("changes", 1) == 2
    assert story.value("last_cart", 1) == "c2"
    assert story.value("entries", 1) == 2
    assert story.value("entered", 1) == 2


def test_a_changed_definition_starts_from_nothing() -> None:
    story = Story(config("x: {count: measured}\n"))
    story.tell(0, "measured")
    again = Story(config("x: {count: viewed}\n")).taking_over(story)
    assert again.value("x", 1) == 0
