from collections import Counter
from pathlib import Path

import pytest

from stream.definitions import load
from stream.model.calls import Call, encode_call
from stream.model.codec import Codec
from stream.model.products import ProductCodec, encode_product
from stream.testkit.files import read_config
from stream.testkit.shop import OPENS_MS, offers, simulate

DAY_MS = 86_400_000
PARTITION_LIMIT_BYTES = 5 << 20


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    return simulate(7, ["marketing", "advertising"])


def test_the_same_seed_gives_the_same_shop_and_another_seed_another(calls: list[Call]) -> None:
    assert simulate(7, ["marketing", "advertising"]) == calls
    assert simulate(8, ["marketing", "advertising"]) != calls


def test_everything_happens_in_order_of_time_within_the_days(calls: list[Call]) -> None:
    times = [call.timestamp for call in calls]
    assert times == sorted(times)
    assert times[0] >= OPENS_MS
    assert times[-1] < OPENS_MS + 12 * DAY_MS + DAY_MS // 4


def test_message_ids_are_unique_and_every_call_has_one(calls: list[Call]) -> None:
    ids = [call.message_id for call in calls]
    assert None not in ids
    assert len(set(ids)) == len(ids)


def test_shoppers_do_all_that_the_demo_wants_to_show(calls: list[Call]) -> None:
    seen = Counter(call.event or call.type for call in calls)
    wanted = {
        "identify", "Consent Changed", "Product Viewed", "Product Added", "Product Removed", "Order Completed",
        "Email Delivered", "Email Opened", "Email Link Clicked", "Unsubscribed",
    }  # fmt: skip
    assert wanted <= set(seen)
    consents = Counter(call.properties["granted"] for call in calls if call.event == "Consent Changed")
    assert consents[True] > consents[False] > 0


def test_an_order_costs_what_was_in_the_cart(calls: list[Call]) -> None:
    carts: dict[str, float] = {}
    orders = 0
    for call in calls:
        match call.event:
            case "Product Added" | "Product Removed":
                sign = 1 if call.event == "Product Added" else -1
                value = call.properties["price"] * call.properties["quantity"]
                carts[call.user_id] = carts.get(call.user_id, 0) + sign * value
            case "Order Completed":
                assert call.properties["total"] == pytest.approx(carts.pop(call.user_id))
                assert call.properties["total"] > 0
                orders += 1
    assert orders > 100


def test_nobody_is_written_to_without_having_consented(calls: list[Call]) -> None:
    subscribed: set[str] = set()
    for call in calls:
        if call.event == "Consent Changed" and call.properties["granted"]:
            subscribed.add(call.user_id)
        if call.event == "Email Delivered":
            assert call.user_id in subscribed
        if call.event == "Unsubscribed":
            subscribed.discard(call.user_id)


def test_the_largest_shop_of_the_demo_fits_the_embedded_broker() -> None:
    size = sum(len(encode_call(call)) for call in simulate(7, ["marketing"], shoppers=1_000, days=14))
    # At worst, all of it on one topic's four partitions, one of them with twice its share.
    assert size / 4 * 2 < PARTITION_LIMIT_BYTES


def test_each_kind_of_event_is_written_as_the_shipped_plan_wants_it(calls: list[Call]) -> None:
    definitions = load(read_config(Path(__file__).parents[2] / "config"))
    codec = Codec(definitions.plan)
    for row, call in enumerate(calls):
        event = codec.accept(call, str(row))
        assert event is not None, f"the plan does not name {call.event}"
        assert (event.user, event.time_ms) == (call.user_id, call.timestamp)


def test_the_catalogue_tells_each_product_first_then_sales_and_what_is_sold_out_and_back() -> None:
    told = offers(7)
    assert [offer.at_ms for offer in told] == sorted(offer.at_ms for offer in told)
    first = [offer for offer in told if offer.at_ms == OPENS_MS]
    assert len(first) == len({offer.product.id for offer in told}) == 20
    known, drops, back = {offer.product.id: offer for offer in first}, 0, 0
    for offer in told[len(first) :]:
        before, known[offer.product.id] = known[offer.product.id], offer
        drops += offer.product.price <= before.product.price * 0.9
        back += offer.stock > 0 == before.stock
    assert (drops, back) == (8, 4)


def test_the_catalogue_is_written_as_the_codec_wants_it() -> None:
    codec = ProductCodec(load(read_config(Path(__file__).parents[2] / "config")).plan)
    for offer in offers(7):
        name, product = codec.decode(offer.product.id.encode(), encode_product(offer.record()))
        assert product is not None
        assert (name, product.updated_ms, product.stock) == (offer.product.id, offer.at_ms, offer.stock)
        assert product.price_minor == round(offer.product.price * 100)


def test_nobody_buys_what_is_sold_out_and_all_pay_the_price_of_the_day(calls: list[Call]) -> None:
    told = offers(7)
    for call in calls:
        if call.event == "Product Added":
            assert isinstance(call.timestamp, int)
            now = [
                one for one in told if one.at_ms <= call.timestamp and one.product.id == call.properties["product_id"]
            ]
            assert (now[-1].product.price, now[-1].stock > 0) == (call.properties["price"], True)


def test_a_shop_of_a_day_has_its_products_too() -> None:
    assert {offer.at_ms for offer in offers(7, days=1)} == {OPENS_MS}
