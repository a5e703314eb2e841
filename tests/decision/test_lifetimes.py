from collections.abc import Iterator

import pytest

from stream.decision.lifetimes import LOOKED_AHEAD_DAYS
from stream.model.profile import NEVER
from tests.decision.story import D, H, Story, config, shown

TRAITS = """\
orders: {count: order_completed}
first_order_at: {first: order_completed.at}
last_order_at: {last: order_completed.at}
spend: {sum: order_completed.total}
alive: {value: p_alive()}
orders_30d: {value: expected_purchases(30d)}
mean_order: {value: expected_order_value()}
worth: {value: clv(365d)}
margin: {value: clv(365d) * 0.3}
"""
CLV = """\
reads: {count: orders, first: first_order_at, last: last_order_at, sum: spend}
purchases: {r: 0.243, alpha: 30.9, a: 0.793, b: 2.426}
order_value: {p: 6.25, q: 3.74, v: 15.44}
unit: USD
"""


def story(**segments: str) -> Story:
    return Story(config(TRAITS, segments, tables={"clv": CLV}))


def value(told: Story, trait: str, now_ms: int) -> tuple[object, int]:
    return told.decider.program.readers[trait](told.profile(), now_ms)


def two_orders(**segments: str) -> Story:
    told = story(**segments)
    told.tell(0, "order_completed", total=2_000)
    told.tell(20 * D, "order_completed", total=4_000)
    return told


def test_who_has_not_ordered_is_unknown() -> None:
    told = story(left="p_alive() < 0.5", poor="clv(365d) < 10", rich="clv(365d) > 10")
    told.tell(0, "viewed", product_id="p")
    for trait in ("alive", "orders_30d", "mean_order", "worth", "margin"):
        assert value(told, trait, D) == (None, NEVER)
    assert told.outcomes == []


def test_after_one_order_a_customer_has_not_left_however_long_ago() -> None:
    told = story()
    told.tell(0, "order_completed", total=2_000)
    assert value(told, "alive", 1_000 * D) == (1.0, NEVER)


def test_what_is_expected_holds_for_a_day_from_the_last_order_on() -> None:
    told = two_orders()
    first, until_ms = value(told, "alive", 20 * D)
    assert until_ms == 21 * D
    assert value(told, "alive", 21 * D - 1) == (first, 21 * D)
    later, until_ms = value(told, "alive", 21 * D)
    assert (later < first, until_ms) == (True, 22 * D)  # type: ignore[operator]


def test_p_alive_is_the_papers() -> None:
    told = two_orders()
    days, (alive, _) = 80, value(told, "alive", 100 * D)
    assert alive == pytest.approx(1 / (1 + 0.793 / 2.426 * ((30.9 + 20 + days) / (30.9 + 20)) ** 1.243))


def test_the_mean_order_lies_between_the_customers_own_and_everyones() -> None:
    told = two_orders()
    mean, until_ms = value(told, "mean_order", 100 * D)
    assert mean == pytest.approx(6.25 * (1_544 + 6_000) / (6.25 * 2 + 3.74 - 1))
    assert until_ms == NEVER


def test_clv_is_expected_orders_by_their_expected_value_in_the_shops_money() -> None:
    told = two_orders(rich="clv(30d) > 1")
    worth, _ = value(told, "worth", 50 * D)
    margin, until_ms = value(told, "margin", 50 * D)
    assert (margin, until_ms) == (pytest.approx(worth * 0.3), 51 * D)  # type: ignore[operator]
    (leaf,) = told.outcomes[-1].why.leaves
    assert (leaf.condition, str(leaf.value).endswith(" USD"), leaf.threshold) == ("clv(30d) > 1", True, "1.00 USD")


CONDITIONS = [
    "p_alive() < 0.5",
    "p_alive() >= 0.6",
    "0.4 < p_alive()",
    "expected_purchases(30d) > 0.1",
    "expected_purchases(30d) <= 0.05",
    "clv(365d) >= 20",
    "10 > clv(90d)",
    "expected_order_value() > 40",
]


def moments(until_ms: int, start_ms: int) -> Iterator[int]:
    yield from range(start_ms, start_ms + 400 * D, 11 * H)
    yield from (each for each in (until_ms - 1, until_ms) if start_ms <= each < NEVER)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_comparison_turns_when_it_says_and_not_before(condition: str) -> None:
    """The same comparison inside a trait's value is asked anew every day: both say the same at all times."""
    daily = condition.replace("p_alive()", "default(p_alive(), 0)")
    traits = f"{TRAITS}daily: {{value: '{daily}'}}\nexact: {{value: '{condition}'}}\n"
    asked = Story(config(traits, tables={"clv": CLV}))
    asked.tell(0, "order_completed", total=2_000)
    asked.tell(20 * D, "order_completed", total=4_000)
    holds, until_ms = value(asked, "exact", 20 * D)
    for now_ms in moments(until_ms, 20 * D):
        found, turns_ms = value(asked, "exact", now_ms)
        assert turns_ms > now_ms
        assert found is (holds if now_ms < until_ms else not holds)
        if "p_alive" in condition:
            assert value(asked, "daily", now_ms)[0] is found
    assert until_ms < 20 * D + 400 * D or until_ms == NEVER


def test_a_segment_of_those_who_have_left_is_entered_on_the_day_and_left_with_an_order() -> None:
    told = two_orders(gone="p_alive() < 0.3")
    told.wait(400 * D)
    (entered,) = shown(told.outcomes)
    day = entered[0] // D - 20
    assert entered == ((20 + day) * D, "entered gone")
    odds = 0.793 / 2.426
    assert 1 / (1 + odds * (1 + day / 50.9) ** 1.243) < 0.3 <= 1 / (1 + odds * (1 + (day - 1) / 50.9) ** 1.243)
    assert shown(told.tell(400 * D, "order_completed", total=1)) == [(400 * D, "exited gone")]


def test_what_stands_for_ten_years_is_asked_again_then() -> None:
    told = two_orders()
    told = Story(config(TRAITS + "ever: {value: expected_purchases(30d) > 0}\n", tables={"clv": CLV})).taking_over(told)
    told.tell(30 * D, "order_completed", total=1)
    assert value(told, "ever", 30 * D) == (True, (30 + LOOKED_AHEAD_DAYS) * D)
