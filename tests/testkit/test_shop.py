from collections import Counter
from pathlib import Path

import pytest

from stream.definitions import load
from stream.model.calls import Call, encode_call
from stream.model.codec import Codec
from stream.testkit.files import read_config
from stream.testkit.shop import OPENS_MS, simulate

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
