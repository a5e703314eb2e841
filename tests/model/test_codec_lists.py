"""Lists: what the codec accepts of their elements, and the fate of what is wrong with them."""

import json

import pytest

from stream.model.calls import Call
from stream.model.codec import Codec
from stream.model.errors import Rejected
from stream.model.events import Event
from stream.model.plan import Plan, PlannedEvent, Property
from stream.model.properties import ELEMENTS_MOST

OF = {
    "sku": Property("products[].sku", "string", required=True),
    "quantity": Property("products[].quantity", "integer", minimum=1),
    "price": Property("products[].price", "money", currency="currency", minimum=0.0),
}
ORDER = {
    "products": Property("products", "list", of=OF),
    "total": Property("total", "money", currency="currency"),
    "currency": Property("currency", "string"),
}
PLAN = Plan("USD", {"EUR": 1.1, "JPY": 0.01}, {"ordered": PlannedEvent("ordered", "cart", ORDER)})
TIME_MS = 1_511_572_870_000


def both(properties: dict[str, object]) -> Event:
    """Return the event, after it was read from JSON and taken as a call with the same result."""
    codec = Codec(PLAN)
    call = {"type": "track", "userId": "u1", "event": "Ordered", "timestamp": TIME_MS, "properties": properties}
    event = codec.decode(json.dumps(call).encode(), "cart/0/7")
    assert event is not None
    assert codec.accept(Call("track", "u1", "Ordered", TIME_MS, properties=properties), "cart/0/7") == event
    return event


def test_of_each_element_what_is_planned_is_kept_under_its_lists_name() -> None:
    event = both({"products": [{"sku": "a", "quantity": 2, "price": "1.50", "url": "x"}, {"sku": "b"}]})
    assert event.lists == {
        "products": [
            {"products[].sku": "a", "products[].quantity": 2, "products[].price": 150},
            {"products[].sku": "b"},
        ]
    }
    assert event.props == {}


def test_an_elements_money_is_in_its_own_currency_else_in_the_events_else_in_the_shops() -> None:
    lines = [{"sku": "a", "price": 1}, {"sku": "b", "price": 100, "currency": "JPY"}]
    prices = [line["products[].price"] for line in both({"products": lines, "currency": "EUR"}).lists["products"]]
    assert prices == [110, 100]
    prices = [line["products[].price"] for line in both({"products": lines}).lists["products"]]
    assert prices == [100, 100]


@pytest.mark.parametrize("products", [None, []])
def test_no_list_and_an_empty_one(products: list[object] | None) -> None:
    assert both({"products": products}).lists == (None if products is None else {"products": []})


def test_as_many_elements_as_allowed_and_one_more() -> None:
    assert len(both({"products": [{"sku": "a"}] * ELEMENTS_MOST}).lists["products"]) == ELEMENTS_MOST
    rejected({"products": [{"sku": "a"}] * (ELEMENTS_MOST + 1)}, "out_of_range: products: more than 500 elements")


@pytest.mark.parametrize(
    ("products", "why"),
    [
        ("a", "wrong_type: products: expected a list"),
        ({"sku": "a"}, "wrong_type: products: expected a list"),
        (["a"], "wrong_type: products: expected a list of objects"),
        ([None], "wrong_type: products: expected a list of objects"),
        ([{"sku": "a"}, [1]], "wrong_type: products: expected a list of objects"),
        ([{"quantity": 1}], "missing_property: products[].sku"),
        ([{"sku": 7}], "wrong_type: products[].sku: expected text"),
        ([{"sku": "a", "quantity": 0}], "out_of_range: products[].quantity: less than 1"),
        ([{"sku": "a", "price": -1}], "out_of_range: products[].price: less than 0"),
        ([{"sku": "a", "price": 1, "currency": "CHF"}], "no_rate: products[].price: CHF"),
    ],
)
def test_what_is_wrong_with_one_element_rejects_the_event(products: object, why: str) -> None:
    rejected({"products": products}, why)


def rejected(properties: dict[str, object], why: str) -> None:
    codec, call = Codec(PLAN), Call("track", "u1", "Ordered", TIME_MS, properties=properties)
    raw = {"type": "track", "userId": "u1", "event": "Ordered", "timestamp": TIME_MS, "properties": properties}
    for read in (lambda: codec.accept(call, "r"), lambda: codec.decode(json.dumps(raw).encode(), "r")):
        with pytest.raises(Rejected) as caught:
            read()
        assert str(caught.value).startswith(why)


def test_a_number_beyond_all_bounds_in_an_element() -> None:
    raw = b'{"userId":"u1","event":"Ordered","timestamp":1,"properties":{"products":[{"sku":"a","quantity":1e999}]}}'
    with pytest.raises(Rejected, match="not_finite: products"):
        Codec(PLAN).decode(raw, "r")
