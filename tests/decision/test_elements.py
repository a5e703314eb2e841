"""Traits over the elements of lists: each element counts as an occurrence of its own, with what its event brought."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.decider import Decider
from stream.definitions import load
from stream.model.events import Event
from tests.decision.story import D, H, Story, config
from tests.properties.histories import modest


def order(story: Story, at_ms: int, *lines: dict[str, object], name: str = "order_completed", **props: object) -> None:
    event = story.event(at_ms, name, **props)
    event.lists = {"products": [{f"products[].{key}": value for key, value in line.items()} for line in lines]}
    story.hear(event)


SHOES = {"product_id": "p1", "category": "shoes", "quantity": 2, "price": 5_000}
HAT = {"product_id": "p2", "category": "hats", "quantity": 1, "price": 1_500}
SOCKS = {"product_id": "p3", "category": "shoes", "quantity": 5, "price": 300}

TRAITS = {
    "lines": "count: order_completed.products[]",
    "pieces": "sum: order_completed.products[].quantity",
    "kinds": "distinct: order_completed.products[].product_id",
    "dearest": "max: order_completed.products[].price",
    "bought": "set: order_completed.products[].product_id",
    "favourite": "top: order_completed.products[].category",
    "shoes": "sum: order_completed.products[].quantity, where: products[].category == 'shoes'",
    "dear": "count: order_completed.products[], where: products[].price >= 10 and total < 100",
    "by_category": "sum: order_completed.products[].quantity, by: products[].category",
    "lines_by_order": "count: order_completed.products[], by: order_id",
    "kept": "sum: order_completed.products[].quantity, minus: returned.products[].quantity",
    "recent": "count: order_completed.products[], within: 7d",
    "today": "count: order_completed.products[], this: day",
    "interest": "sum: order_completed.products[].quantity, half_life: 7d",
}


@pytest.fixture
def story() -> Story:
    return Story(config("".join(f"{name}: {{{text}}}\n" for name, text in TRAITS.items())))


def test_each_element_counts(story: Story) -> None:
    order(story, 0, SHOES, HAT, order_id="o1", total=11_500)
    order(story, H, SOCKS, HAT, order_id="o2", total=3_000)
    order(story, 2 * H, {"quantity": 1}, name="returned")
    expected = {
        "lines": 4,
        "pieces": 9,
        "kinds": 3,
        "dearest": 5_000,
        "'p3' in bought": True,
        "favourite": "hats",
        "shoes": 7,
        "dear": 1,
        "by_category['shoes']": 7,
        "by_category['hats']": 2,
        "lines_by_order['o1']": 2,
        "kept": 8,
        "recent": 4,
        "today": 4,
        "interest > 8.9": True,
    }
    assert {text: story.value(text, 2 * H) for text in expected} == expected
    assert story.value("recent", 8 * D) == 0


def test_an_event_without_the_list_or_with_an_empty_one_counts_nothing(story: Story) -> None:
    story.tell(0, "order_completed", total=100)
    order(story, 1, total=100)
    order(story, 2, {}, total=100)
    assert [story.value(name, 3) for name in ("lines", "pieces", "kinds", "dearest")] == [1, 0, 0, None]


def test_a_segment_over_elements_says_which_event_moved_it() -> None:
    story = Story(
        config(
            "shoes: {sum: order_completed.products[].quantity, where: products[].category == 'shoes'}\n",
            {"shod": "shoes >= 7"},
        )
    )
    order(story, 0, HAT, SHOES)
    order(story, 1, HAT, SOCKS)
    (entered,) = story.outcomes
    assert (entered.why.leaves[0].value, entered.why.leaves[0].events) == (7, ["e2"])


OPTIONS = {
    "n": "count: {of}",
    "n_w": "count: {of}, within: 10s",
    "sum": "sum: {p}quantity",
    "sum_w": "sum: {p}quantity, within: 10s, where: {w}price > 2 and known(coupon)",
    "avg": "avg: {p}price, where: coupon == 'a'",
    "min": "min: {p}price, this: day",
    "first": "first: {p}product_id",
    "last": "last: {p}product_id, within: 10s",
    "distinct": "distinct: {p}product_id",
    "most": "top: {p}category, within: 10s",
    "nth": "nth: {p}product_id, n: 3",
    "by": "sum: {p}quantity, by: {w}category",
    "by_w": "count: {of}, by: coupon, where: {w}quantity >= 2, within: 10s",
}
PLANNED = "product_id: string, category: string, quantity: integer, price: money"
LISTED = load(
    {
        "events.yaml": f"currency: USD\ntopics: {{cart: {{order: {{coupon: string, products: [{{{PLANNED}}}]}}}}}}\n",
        "traits.yaml": "".join(
            f"{name}: {{{text.format(of='order.products[]', p='order.products[].', w='products[].')}}}\n"
            for name, text in OPTIONS.items()
        ),
    }
)
FLAT = load(
    {
        "events.yaml": f"currency: USD\ntopics: {{cart: {{line: {{coupon: string, {PLANNED}}}}}}}\n",
        "traits.yaml": "".join(
            f"{name}: {{{text.format(of='line', p='line.', w='')}}}\n" for name, text in OPTIONS.items()
        ),
    }
)
LINES = st.fixed_dictionaries(
    {},
    optional={
        "product_id": st.sampled_from(("p1", "p2", "p3")),
        "category": st.sampled_from(("a", "b")),
        "quantity": st.integers(1, 3),
        "price": st.integers(0, 500),
    },
)
ORDERS = st.lists(
    st.tuples(
        st.integers(0, 15_000),
        st.fixed_dictionaries({}, optional={"coupon": st.sampled_from(("a", "b"))}),
        st.lists(LINES, max_size=4),
    ),
    min_size=1,
    max_size=6,
)


@modest
@given(ORDERS)
def test_elements_count_as_if_each_had_come_as_an_event_of_its_own(orders: list[tuple]) -> None:
    listed, flat = {}, {}
    one, other = Decider(LISTED, listed), Decider(FLAT, flat)
    for number, (at_ms, props, lines) in enumerate(sorted(orders, key=lambda order: order[0])):
        named = [{f"products[].{key}": value for key, value in line.items()} for line in lines]
        one.decide(Event("u", "order", at_ms, f"e{number}", props, lists={"products": named}))
        for place, line in enumerate(lines):
            other.decide(Event("u", "line", at_ms, f"e{number}.{place}", {**props, **line}))
    if not flat:
        return
    now_ms = listed["u"].now_ms
    for later_ms in (0, 5_000, 10_100):
        for name in OPTIONS:
            value = one.program.readers[name](listed["u"], now_ms + later_ms)[0]
            assert value == other.program.readers[name](flat["u"], now_ms + later_ms)[0], name
