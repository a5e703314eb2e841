"""Every kind of bad input has its reason, and says nothing personal."""

import json

import pytest

from stream.model.codec import Codec
from stream.model.errors import Rejected
from stream.model.plan import Plan, PlannedEvent, Property

PLAN = Plan(
    currency="USD",
    rates={"EUR": 1.08, "ZWL": 1e9},
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
                "wanted_at": Property("wanted_at", "timestamp"),
            },
        ),
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


def raw(name: str, literal: str) -> bytes:
    """Return a call in which one field or property is this literal JSON."""
    return track(**{name: "?"}).replace(b'"?"', literal.encode())


def raw_property(name: str, literal: str) -> bytes:
    return track(properties={"product_id": "p1", name: "?"}).replace(b'"?"', literal.encode())


def rejection(codec: Codec, value: bytes | None, latest_ms: int | None = None) -> tuple[str, str]:
    with pytest.raises(Rejected) as caught:
        codec.decode(value, "cart/0/7", latest_ms)
    return caught.value.reason, caught.value.detail


@pytest.mark.parametrize("value", [None, b""])
def test_a_tombstone_or_an_empty_value_is_told_apart(codec: Codec, value: bytes | None) -> None:
    assert rejection(codec, value) == ("empty_value", "")


@pytest.mark.parametrize(
    "value",
    [
        b"hello",
        b"{",
        b'{"userId": NaN}',
        b'{"userId": -Infinity}',
        b"\xff",
        b'{"userId": "\xff"}',
        b'{"userId": "\\ud800"}',
        b"{} {}",
        b"\x00",
        b"\xef\xbb\xbf{}",
        b"'",
        b'{"userId": "a',
        raw_property("price", "NaN"),
        raw_property("price", "01"),
    ],
)
def test_what_is_not_json_says_so(codec: Codec, value: bytes) -> None:
    assert rejection(codec, value)[0] == "not_json"


@pytest.mark.parametrize("value", [b"[]", b"1", b"null", b'"text"', b"true", b"1e999", b"[{}]"])
def test_json_that_is_no_object_says_so(codec: Codec, value: bytes) -> None:
    assert rejection(codec, value)[0] == "not_an_object"


@pytest.mark.parametrize(
    "bomb",
    [b"[" * 65_000, b'{"a":' * 13_000, b'{"properties":' * 4_000, b'{"properties":{"product_id":' + b"[" * 60_000],
)
def test_a_nesting_bomb_is_rejected_and_harms_nobody(codec: Codec, bomb: bytes) -> None:
    assert rejection(codec, bomb)[0] in {"too_deep", "not_an_object", "no_event_name"}
    whole = track()[:-1] + b', "properties": {"product_id": ' + b"[" * 30_000 + b"]" * 30_000 + b"}}"
    assert rejection(codec, whole) == ("too_deep", "")


def test_64_kib_are_accepted_and_one_byte_more_is_not(codec: Codec) -> None:
    value = track()
    assert codec.decode(value + b" " * (65_536 - len(value)), "r") is not None
    assert rejection(codec, value + b" " * (65_537 - len(value)))[0] == "too_large"


@pytest.mark.parametrize(("fields", "reason"), [({"userId": None}, "no_user"), ({"userId": 17}, "bad_user")])
def test_no_user_and_a_user_that_is_no_text(codec: Codec, fields: dict[str, object], reason: str) -> None:
    assert rejection(codec, track(**fields))[0] == reason


@pytest.mark.parametrize("user", ["", "u" * 257, "é" * 129, "👩" * 65])
def test_a_user_id_is_neither_empty_nor_longer_than_256_bytes(codec: Codec, user: str) -> None:
    reason, detail = rejection(codec, track(userId=user))
    assert reason == "bad_user"
    assert not user or user not in detail


@pytest.mark.parametrize("literal", ["1e999", "1" * 5_000, "true", "[1]", "{}"])
def test_a_user_id_of_any_other_type_is_bad(codec: Codec, literal: str) -> None:
    assert rejection(codec, raw("userId", literal))[0] == "bad_user"


@pytest.mark.parametrize("event", [None, "", 5, ["Product Added"]])
def test_a_track_without_an_event_name(codec: Codec, event: object) -> None:
    assert rejection(codec, track(event=event))[0] == "no_event_name"


def test_a_type_that_is_no_text(codec: Codec) -> None:
    assert rejection(codec, track(type=5))[0] == "no_event_name"


def test_no_time(codec: Codec) -> None:
    assert rejection(codec, track(timestamp=None)) == ("no_time", "")


@pytest.mark.parametrize(
    "time",
    [
        "yesterday",
        "",
        "2017-11-25",
        "2017-11-25T01:21:10",
        "2017-13-25T01:21:10Z",
        "2017-W01-1T00:00:00Z",
        "1511572870000",
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        -1,
        7258118400000,
        True,
        [1],
        {},
        1e300,
        -0.5,
    ],
)
def test_an_unreadable_time_and_one_outside_1970_to_2200(codec: Codec, time: object) -> None:
    assert rejection(codec, track(timestamp=time))[0] == "bad_time"


@pytest.mark.parametrize("literal", ["1e999", "-1e999", "9" * 5_000])
def test_a_time_beyond_all_numbers(codec: Codec, literal: str) -> None:
    assert rejection(codec, raw("timestamp", literal))[0] == "bad_time"


def test_a_time_beyond_the_latest_acceptable_is_in_the_future_one_at_it_is_not(codec: Codec) -> None:
    assert codec.decode(track(), "r", TIME_MS) is not None
    assert rejection(codec, track(), TIME_MS - 1)[0] == "future_time"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("product_id", 5),
        ("product_id", ["p1"]),
        ("price", "cheap"),
        ("price", "1e5"),
        ("price", ""),
        ("price", True),
        ("price", {"amount": 5}),
        ("quantity", "2"),
        ("quantity", 1.5),
        ("quantity", True),
        ("weight", "2.5"),
        ("weight", False),
        ("gift", 1),
        ("gift", "true"),
        ("wanted_at", "soon"),
        ("wanted_at", True),
    ],
)
def test_a_property_of_the_wrong_type_is_named_but_not_quoted(codec: Codec, name: str, value: object) -> None:
    reason, detail = rejection(codec, track(properties={"product_id": "p1", name: value}))
    assert reason == "wrong_type"
    assert detail.startswith(f"{name}: expected ")


@pytest.mark.parametrize("literal", ["[]", '"text"', "5", "1e999"])
def test_properties_that_are_no_object(codec: Codec, literal: str) -> None:
    assert rejection(codec, raw("properties", literal)) == ("wrong_type", "properties")
    identify = raw("traits", literal).replace(b'"track"', b'"identify"')
    assert rejection(codec, identify) == ("wrong_type", "traits")


@pytest.mark.parametrize("name", ["price", "weight", "quantity", "product_id"])
def test_a_number_that_is_not_finite(codec: Codec, name: str) -> None:
    assert rejection(codec, raw_property(name, "1e999"))[0] == "not_finite"


@pytest.mark.parametrize("literal", ["9007199254740993", "-9007199254740993", "9223372036854775808", "1" * 30])
def test_numbers_beyond_what_a_double_holds_exactly(codec: Codec, literal: str) -> None:
    assert rejection(codec, raw_property("weight", literal))[0] == "out_of_range"


def test_an_integer_of_thousands_of_digits(codec: Codec) -> None:
    assert rejection(codec, raw_property("weight", "1" * 5_000))[0] in {"out_of_range", "not_finite"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("price", -0.01), ("price", "-1"), ("quantity", 0), ("quantity", -1), ("price", 1e16), ("price", 10**30)],
)
def test_values_below_their_minimum_or_beyond_all_money(codec: Codec, name: str, value: object) -> None:
    assert rejection(codec, track(properties={"product_id": "p1", name: value}))[0] == "out_of_range"


def test_money_that_a_rate_blows_up(codec: Codec) -> None:
    value = track(properties={"product_id": "p1", "price": 1e15, "currency": "ZWL"})
    assert rejection(codec, value) == ("out_of_range", "price")


def test_text_longer_than_1024_characters(codec: Codec) -> None:
    assert rejection(codec, track(properties={"product_id": "p" * 1_025}))[0] == "out_of_range"


@pytest.mark.parametrize("properties", [None, {}, {"product_id": None}])
def test_a_required_property_is_missing(codec: Codec, properties: object) -> None:
    assert rejection(codec, track(properties=properties)) == ("missing_property", "product_id")


@pytest.mark.parametrize(
    ("currency", "detail"), [("GBP", "price: GBP"), ("", "price"), ("my name is Bond", "price"), ("💶", "price")]
)
def test_money_without_a_rate(codec: Codec, currency: str, detail: str) -> None:
    assert rejection(codec, track(properties={"product_id": "p1", "price": 1, "currency": currency})) == (
        "no_rate",
        detail,
    )


def test_a_currency_that_is_no_text(codec: Codec) -> None:
    value = track(properties={"product_id": "p1", "price": 1, "currency": 840})
    assert rejection(codec, value)[0] == "wrong_type"


@pytest.mark.parametrize(("message_id", "reason"), [(5, "wrong_type"), ("m" * 257, "out_of_range")])
def test_a_message_id_is_text_of_at_most_256_characters(codec: Codec, message_id: object, reason: str) -> None:
    assert codec.decode(track(messageId="m" * 256), "r") is not None
    assert rejection(codec, track(messageId=message_id))[0] == reason


def test_a_message_id_beyond_all_numbers(codec: Codec) -> None:
    assert rejection(codec, raw("messageId", "1e999"))[0] == "wrong_type"
