"""What the codec accepts, and what it makes of it."""

import json

import pytest

from stream.model.calls import Call, encode_call
from stream.model.codec import Codec
from stream.model.errors import Rejected
from stream.model.events import Event
from stream.model.money import Money
from stream.model.plan import Plan, PlannedEvent, Property

PLAN = Plan(
    currency="USD",
    rates={"EUR": 1.08, "JPY": 0.0067},
    events={
        "product_added": PlannedEvent(
            "product_added",
            "cart",
            {
                "product_id": Property("product_id", "string", required=True),
                "price": Property("price", "money", currency="currency", minimum=0.0),
                "quantity": Property("quantity", "integer", minimum=1),
                "weight": Property("weight", "number"),
                "gift": Property("gift", "boolean"),
                "wanted at": Property("wanted at", "timestamp"),
            },
        ),
        "page_viewed": PlannedEvent("page_viewed", "clickstream", {"path": Property("path", "string")}),
        "screen_viewed": PlannedEvent("screen_viewed", "clickstream", {}),
        "identify": PlannedEvent("identify", "people", {"email": Property("email", "string")}),
    },
)
TIME_MS = 1_511_572_870_000


@pytest.fixture
def codec() -> Codec:
    return Codec(PLAN)


def track(**fields: object) -> bytes:
    call = {"type": "track", "userId": "u1", "event": "Product Added", "timestamp": TIME_MS, "messageId": "m1"}
    return json.dumps({**call, "properties": {"product_id": "p1"}, **fields}).encode()


def adding(**properties: object) -> bytes:
    return track(properties={"product_id": "p1", **properties})


def accepted(codec: Codec, value: bytes) -> Event:
    event = codec.decode(value, "cart/0/7")
    assert event is not None
    return event


def test_a_track_call_becomes_an_event_of_the_plan(codec: Codec) -> None:
    assert accepted(codec, track()) == Event("u1", "product_added", TIME_MS, "m1", {"product_id": "p1"})


def test_a_call_in_snake_case_is_the_same_event(codec: Codec) -> None:
    call = {"type": "track", "user_id": "u1", "event": "product_added", "timestamp": TIME_MS, "message_id": "m1"}
    value = json.dumps({**call, "properties": {"product_id": "p1"}}).encode()
    assert accepted(codec, value) == accepted(codec, track())


def test_a_call_without_a_type_is_a_track(codec: Codec) -> None:
    assert accepted(codec, track(type=None)) == accepted(codec, track())


@pytest.mark.parametrize(
    "spelling", ["Product Added", "product_added", "productAdded", "PRODUCT ADDED", "product-added "]
)
def test_every_spelling_of_an_event_is_one_event(codec: Codec, spelling: str) -> None:
    assert accepted(codec, track(event=spelling)).name == "product_added"


def test_an_event_that_the_plan_does_not_name_is_dropped_whatever_else_is_wrong(codec: Codec) -> None:
    assert codec.decode(track(event="Mouse Moved", userId=None, timestamp="yesterday"), "r") is None
    assert codec.decode(track(type="group"), "r") is None


def test_many_spellings_of_unknown_events_do_not_stop_known_ones(codec: Codec) -> None:
    for number in range(10_050):
        assert codec.decode(track(event=f"Unknown {number}"), "r") is None
    assert accepted(codec, track()).name == "product_added"


def test_page_and_screen_calls_are_events_of_their_own(codec: Codec) -> None:
    assert accepted(codec, track(type="page", event=None, properties={"path": "/"})).props == {"path": "/"}
    assert accepted(codec, track(type="screen", event=None)).name == "screen_viewed"


def test_identify_reads_its_traits_and_without_them_its_properties(codec: Codec) -> None:
    both = track(type="identify", traits={"email": "a@b.c"}, properties={"email": "old@b.c"})
    assert accepted(codec, both).props == {"email": "a@b.c"}
    assert accepted(codec, track(type="identify", properties={"email": "p@b.c"})).props == {"email": "p@b.c"}
    assert accepted(codec, track(type="identify", traits=None, properties={"email": "p@b.c"})).props == {
        "email": "p@b.c"
    }


def test_the_known_user_goes_before_the_anonymous_one(codec: Codec) -> None:
    assert accepted(codec, track(anonymousId="a1")).user == "u1"
    assert accepted(codec, track(userId=None, anonymousId="a1")).user == "a1"


def test_without_a_message_id_the_event_has_its_place_in_the_log_as_id_and_cannot_be_a_duplicate(codec: Codec) -> None:
    for missing in (None, ""):
        event = accepted(codec, track(messageId=missing))
        assert (event.id, event.repeatable) == ("cart/0/7", False)
    assert accepted(codec, track()).repeatable


def test_properties_the_plan_does_not_name_are_not_read(codec: Codec) -> None:
    value = track().replace(b'"p1"}', b'"p1", "note": 1e999, "list": [{"a": "\\u00e9"}]}')
    assert accepted(codec, value).props == {"product_id": "p1"}


def test_null_is_absent(codec: Codec) -> None:
    assert accepted(codec, adding(price=None, quantity=None)).props == {"product_id": "p1"}
    assert accepted(codec, track(type="page", properties=None)).props == {}


def test_every_property_type_is_kept_as_its_own(codec: Codec) -> None:
    event = accepted(codec, adding(quantity=2, weight=1.5, gift=True, **{"wanted at": "1970-01-01T00:00:01Z"}))
    assert event.props == {"product_id": "p1", "quantity": 2, "weight": 1.5, "gift": True, "wanted at": 1_000}


def test_a_whole_number_written_with_a_fraction_is_an_integer(codec: Codec) -> None:
    quantity = accepted(codec, adding(quantity=2.0)).props["quantity"]
    assert (quantity, type(quantity)) == (2, int)


@pytest.mark.parametrize(
    ("price", "minor"), [(29.33, 2933), (29, 2900), ("29.33", 2933), ("29", 2900), (0, 0), (0.1 + 0.2, 30)]
)
def test_money_is_kept_in_minor_units_from_numbers_and_from_text(codec: Codec, price: object, minor: int) -> None:
    event = accepted(codec, adding(price=price))
    assert (event.props["price"], event.amounts) == (minor, None)


def test_money_in_the_shops_currency_has_no_other_original(codec: Codec) -> None:
    for currency in ("USD", "usd", None):
        event = accepted(codec, adding(price=10, currency=currency))
        assert (event.props["price"], event.amounts) == (1_000, None)


def test_money_in_another_currency_is_converted_and_its_original_kept(codec: Codec) -> None:
    euros = accepted(codec, adding(price="12.50", currency="EUR"))
    assert (euros.props["price"], euros.amounts) == (1_350, {"price": Money(1_250, "EUR")})
    yen = accepted(codec, adding(price=1_000, currency="JPY"))
    assert (yen.props["price"], yen.amounts) == (670, {"price": Money(1_000, "JPY")})


def test_a_user_id_may_be_256_bytes_of_any_unicode(codec: Codec) -> None:
    for user in ("u" * 256, "é" * 128, "👩🏽‍🚀", "\x00", " ", "\u202e"):
        assert accepted(codec, track(userId=user)).user == user


def test_a_text_property_may_be_1024_characters_long(codec: Codec) -> None:
    assert len(str(accepted(codec, adding(product_id="é" * 1_024)).props["product_id"])) == 1_024


def test_numbers_go_as_far_as_a_double_is_exact(codec: Codec) -> None:
    assert accepted(codec, adding(weight=2**53)).props["weight"] == 2**53
    assert accepted(codec, adding(weight=-(2**53))).props["weight"] == -(2**53)


def test_a_call_that_is_decoded_already_has_the_fate_of_its_bytes(codec: Codec) -> None:
    call = Call(
        "track", "u1", "Product Added", "2017-11-25T01:21:10Z", {"product_id": "p1", "price": "1.50"}, message_id="m"
    )
    assert codec.accept(call, "r") == codec.decode(encode_call(call), "r")
    assert codec.accept(Call("track", "u1", "Mouse Moved"), "r") is None
    identify = Call("identify", "u1", timestamp=TIME_MS, traits={"email": "a@b.c"})
    assert codec.accept(identify, "r") == codec.decode(encode_call(identify), "r")


def test_a_decoded_call_may_not_hold_half_a_character(codec: Codec) -> None:
    with pytest.raises(Rejected, match="bad_user"):
        codec.accept(Call("track", "\udcff", "Product Added", TIME_MS, {"product_id": "p1"}), "r")
    with pytest.raises(Rejected, match="wrong_type: product_id"):
        codec.accept(Call("track", "u1", "Product Added", TIME_MS, {"product_id": "\udcff"}), "r")


def test_a_decoded_call_may_not_hold_nan(codec: Codec) -> None:
    for price in (float("nan"), float("inf"), float("-inf")):
        with pytest.raises(Rejected, match="not_finite: price"):
            codec.accept(Call("track", "u1", "Product Added", TIME_MS, {"product_id": "p1", "price": price}), "r")


@pytest.mark.parametrize(
    ("context", "zone"),
    [
        ({"timezone": "Europe/Berlin", "locale": "de"}, "Europe/Berlin"),
        ({"timezone": "Mars/Olympus"}, ""),
        ({"timezone": "x" * 900}, ""),
        ({"timezone": 1}, ""),
        ({"timezone": None}, ""),
        ({"locale": "de"}, ""),
        ({}, ""),
        (None, ""),
        ([{"timezone": "Europe/Berlin"}], ""),
        ("Europe/Berlin", ""),
        (7, ""),
    ],
)
def test_the_time_zone_of_a_calls_context_is_read_where_there_is_one_that_is_known(
    codec: Codec, context: object, zone: str
) -> None:
    assert accepted(codec, track(context=context)).zone == zone


def test_a_call_that_is_decoded_already_brings_its_time_zone_too(codec: Codec) -> None:
    call = Call("track", "u1", "Screen Viewed", TIME_MS, context={"timezone": "Asia/Tokyo"})
    event = codec.accept(call, "x/0/1")
    assert event is not None
    assert event.zone == "Asia/Tokyo"
    assert event == codec.decode(encode_call(call), "x/0/1")
