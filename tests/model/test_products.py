"""Products come in as strictly as events do, and the catalogue is a snapshot that never changes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.model.codec import MAX_EVENT_BYTES
from stream.model.errors import Rejected
from stream.model.money import Money
from stream.model.plan import Plan
from stream.model.products import PRODUCT_ID_BYTES, Catalogue, Product, ProductCodec
from stream.model.text import kept_text

CODEC = ProductCodec(Plan("USD", {"EUR": 1.25}, {}))


def product(**fields: object) -> Product:
    name, found = CODEC.decode(b"p1", json.dumps(fields).encode())
    assert found is not None
    assert name == found.id
    return found


def rejection(value: bytes | None, key: bytes | None = b"p1") -> tuple[str, str]:
    with pytest.raises(Rejected) as caught:
        CODEC.decode(key, value)
    return caught.value.reason, caught.value.detail


def refused(**fields: object) -> tuple[str, str]:
    return rejection(json.dumps(fields).encode())


def test_a_product_is_read_with_all_that_is_told_of_it() -> None:
    assert product(
        id="p1",
        name="Shoe",
        price=59.90,
        currency="USD",
        category="shoes",
        brand="B",
        rating=4.4,
        stock=3,
        url="https://shop.example/p1",
        image="https://shop.example/p1.png",
        colour="red",
    ) == Product(
        id="p1",
        name="Shoe",
        price_minor=59_90,
        category="shoes",
        brand="B",
        rating=4.4,
        stock=3,
        url="https://shop.example/p1",
        image="https://shop.example/p1.png",
    )


def test_a_product_of_which_nothing_is_told_is_one_all_the_same() -> None:
    assert product() == Product(id="p1")
    assert product(name=None, price=None) == Product(id="p1")


def test_a_price_from_abroad_is_converted_and_kept_as_it_came() -> None:
    found = product(price="10.00", currency="eur")
    assert (found.price_minor, found.original) == (12_50, Money(10_00, "EUR"))


def test_an_image_may_be_spelt_as_the_segment_spec_does() -> None:
    assert product(image_url="a").image == "a"
    assert product(image_url="a", image="b").image == "b"


@pytest.mark.parametrize(
    ("fields", "is_left"),
    [
        ({}, None),
        ({"stock": 1}, True),
        ({"stock": 0}, False),
        ({"stock": -2}, False),
        ({"in_stock": True}, True),
        ({"in_stock": False}, False),
        ({"stock": 0, "in_stock": True}, True),
        ({"stock": 9, "in_stock": False}, False),
    ],
)
def test_whether_any_is_left_is_said_by_a_number_or_plainly(fields: dict[str, object], is_left: bool | None) -> None:
    assert product(**fields).is_left is is_left


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": 5}, ("wrong_type", "name: expected text")),
        ({"price": "cheap"}, ("wrong_type", "price: expected money")),
        ({"price": -1}, ("out_of_range", "price: less than 0")),
        ({"price": 1, "currency": "XXX"}, ("no_rate", "price: XXX")),
        ({"price": 1, "currency": 5}, ("wrong_type", "currency: expected a currency code")),
        ({"rating": "good"}, ("wrong_type", "rating: expected a number")),
        ({"rating": -0.1}, ("out_of_range", "rating: less than 0")),
        ({"rating": 5.01}, ("out_of_range", "rating: more than 5")),
        ({"stock": 1.5}, ("wrong_type", "stock: expected a whole number")),
        ({"stock": True}, ("wrong_type", "stock: expected a whole number")),
        ({"in_stock": "yes"}, ("wrong_type", "in_stock: expected true or false")),
        ({"id": "p2"}, ("bad_key", "the record's key is not the product's id")),
        ({"url": "x" * 1_025}, ("out_of_range", "url: longer than 1024 characters")),
    ],
)
def test_what_is_malformed_is_refused_with_its_reason(fields: dict[str, object], reason: tuple[str, str]) -> None:
    assert refused(**fields) == reason


@pytest.mark.parametrize("rating", [0, 5, 4.2])
def test_ratings_go_from_0_to_5(rating: float) -> None:
    assert product(rating=rating).rating == rating


def test_values_that_are_no_product_are_refused() -> None:
    assert rejection(b"") == ("empty_value", "")
    assert rejection(b"[]") == ("not_an_object", "")
    assert rejection(b"null") == ("not_an_object", "")
    assert rejection(b"{") == ("not_json", "")
    assert rejection(b'{"name": "\xff"}') == ("not_json", "")
    assert rejection(b'{"price": 1e999}') == ("not_finite", "price")
    assert rejection(b'{"a":' * 5_000) == ("too_deep", "")
    assert rejection(b" " * (MAX_EVENT_BYTES + 1)) == ("too_large", "65537 bytes, at most 65536")


def test_the_key_is_the_products_id() -> None:
    assert CODEC.decode("größe 4".encode(), b"{}")[0] == "größe 4"
    assert rejection(b"{}", None) == ("bad_key", "no key: it is the product's id")
    assert rejection(b"{}", b"\xff") == ("bad_key", "not UTF-8")
    assert CODEC.decode(b"x" * PRODUCT_ID_BYTES, b"{}")[0] == kept_text("x" * PRODUCT_ID_BYTES)
    assert rejection(b"{}", b"x" * (PRODUCT_ID_BYTES + 1)) == ("bad_key", "longer than 256 bytes")


def test_a_record_without_a_value_removes_the_product() -> None:
    assert CODEC.decode(b"p1", None) == ("p1", None)
    full = Catalogue().changed({"p1": Product(id="p1"), "p2": Product(id="p2")})
    assert list(full.changed({"p1": None, "p9": None}).products()) == [Product(id="p2")]


def test_a_catalogue_stays_as_it_is_when_another_is_made_of_it() -> None:
    first = Catalogue().changed({"p1": Product(id="p1", name="old")})
    second = first.changed({"p1": Product(id="p1", name="new"), "p2": Product(id="p2")})
    assert (first.get("p1"), first.get("p2"), len(first)) == (Product(id="p1", name="old"), None, 1)
    assert (second.get("p1"), len(second)) == (Product(id="p1", name="new"), 2)
    assert len(Catalogue()) == 0


@given(st.lists(st.dictionaries(st.text(max_size=3), st.booleans()), max_size=6))
def test_a_catalogue_holds_what_a_plain_dict_would(batches: list[dict[str, bool]]) -> None:
    catalogue, plain = Catalogue(), dict[str, Product]()
    for batch in batches:
        catalogue = catalogue.changed(
            {name: Product(id=name) if is_there else None for name, is_there in batch.items()}
        )
        for name, is_there in batch.items():
            plain.pop(name, None)
            plain.update({name: Product(id=name)} if is_there else {})
    assert list(catalogue.products()) == sorted(plain.values(), key=lambda each: each.id)
    assert all(catalogue.get(name) == plain[name] for name in plain)
