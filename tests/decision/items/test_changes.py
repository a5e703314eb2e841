"""A price that drops and a product that is back are told of; what was not known before is neither."""

import pytest

from stream.decision.items.changes import item_events
from stream.model.money import Money
from stream.model.products import Product


def told(old: Product | None, new: Product | None) -> list[tuple[str, dict[str, object]]]:
    return [(event.name, dict(event.props)) for event in item_events(old, new, 5, "catalogue/0/7")]


def priced(price_minor: int | None, original: Money | None = None) -> Product:
    return Product(id="p", price_minor=price_minor, original=original)


def test_a_lower_price_is_told_with_both_and_an_equal_or_higher_one_is_not() -> None:
    assert told(priced(10_00), priced(9_99)) == [
        ("price_dropped", {"product_id": "p", "old_price": 10_00, "new_price": 9_99})
    ]
    assert told(priced(10_00), priced(10_00)) == []
    assert told(priced(10_00), priced(10_01)) == []


def test_a_price_that_was_or_is_not_known_has_not_dropped() -> None:
    assert told(priced(None), priced(1)) == []
    assert told(priced(1), priced(None)) == []


def test_an_exchange_rate_makes_no_price_drop() -> None:
    assert told(priced(12_50, Money(10_00, "EUR")), priced(11_00, Money(10_00, "EUR"))) == []
    assert told(priced(12_50, Money(10_00, "EUR")), priced(12_60, Money(9_00, "EUR"))) != []
    assert told(priced(12_50, Money(10_00, "EUR")), priced(12_49)) != []


@pytest.mark.parametrize(
    ("before", "after", "is_back"),
    [(False, True, True), (None, True, False), (True, True, False), (False, None, False), (True, False, False)],
)
def test_a_product_is_back_only_where_it_was_known_to_be_sold_out(
    before: bool | None, after: bool | None, is_back: bool
) -> None:
    found = told(Product(id="p", in_stock=before), Product(id="p", in_stock=after))
    assert found == ([("back_in_stock", {"product_id": "p"})] if is_back else [])


def test_a_number_in_stock_tells_as_much() -> None:
    assert told(Product(id="p", stock=0), Product(id="p", stock=1)) == [("back_in_stock", {"product_id": "p"})]


def test_a_product_that_is_new_or_gone_has_not_changed() -> None:
    assert told(None, priced(1)) == told(priced(1), None) == told(None, None) == []


def test_ids_tell_changes_apart_by_the_record_that_brought_them() -> None:
    first = item_events(priced(2), priced(1), 5, "catalogue/0/7")[0]
    assert (first.id, first.at_ms) == (item_events(priced(2), priced(1), 9, "catalogue/0/7")[0].id, 5)
    assert first.id != item_events(priced(2), priced(1), 5, "catalogue/0/8")[0].id
