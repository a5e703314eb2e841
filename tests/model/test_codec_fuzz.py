"""What must always hold: the codec accepts, drops or rejects, and does nothing else."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from stream.model.calls import Call, encode_call
from stream.model.codec import Codec
from stream.model.errors import Rejected
from stream.model.events import Event
from stream.model.naming import event_name
from stream.model.plan import Plan, PlannedEvent, Property

PLAN = Plan(
    currency="USD",
    rates={"EUR": 1.08},
    events={
        "product_added": PlannedEvent(
            "product_added",
            "cart",
            {
                "product_id": Property("product_id", "string"),
                "price": Property("price", "money", currency="currency", minimum=0.0),
                "quantity": Property("quantity", "integer", minimum=1),
                "weight": Property("weight", "number"),
                "gift": Property("gift", "boolean"),
                "at_time": Property("at_time", "timestamp"),
            },
        ),
        "identify": PlannedEvent("identify", "people", {"email": Property("email", "string")}),
    },
)
CODEC = Codec(PLAN)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
names = st.sampled_from(["Product Added", "identify", "product_added", "Other"])
times = st.integers(-1, 7_258_118_400_001) | st.datetimes().map(lambda moment: moment.isoformat() + "Z") | anything
properties = st.dictionaries(
    st.sampled_from(["product_id", "price", "currency", "quantity", "weight", "gift", "at_time", "email"]),
    anything | st.sampled_from(["EUR", "12.50", 1e15, 10**18, 2**63]),
)
calls = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page"]) | anything, "event": names | anything, "timestamp": times},
    optional={
        "userId": st.text() | anything,
        "anonymous_id": st.text() | anything,
        "messageId": st.text() | anything,
        "properties": properties | anything,
        "traits": properties | anything,
        "context": anything,
    },
)


def fate(value: bytes) -> Event | str | None:
    try:
        event = CODEC.decode(value, "cart/0/7", 7_000_000_000_000)
    except Rejected as rejected:
        return rejected.reason
    assert event is None or isinstance(event, Event)
    return event


@given(st.binary(max_size=200))
def test_any_bytes_are_accepted_dropped_or_rejected(value: bytes) -> None:
    fate(value)


@given(calls)
@settings(max_examples=400, deadline=None)
def test_any_call_is_accepted_dropped_or_rejected_and_what_is_accepted_can_be_written(call: dict[str, object]) -> None:
    event = fate(json.dumps(call).encode())
    if isinstance(event, Event):
        event.user.encode()
        event.id.encode()
        assert 0 <= event.time_ms <= 7_000_000_000_000
        assert all(isinstance(value, str | int | float) for value in event.props.values())


@given(calls, st.integers(0, 300), st.binary(max_size=3))
@settings(deadline=None)
def test_any_damage_to_a_call_is_survived(call: dict[str, object], at: int, damage: bytes) -> None:
    value = json.dumps(call).encode()
    fate(value[:at] + damage + value[at + 1 :])


@given(
    st.builds(
        Call,
        st.sampled_from(["track", "identify"]),
        user_id=st.none() | st.text(st.characters(codec="utf-8"), max_size=90),
        event=st.sampled_from(["Product Added", "Other"]),
        timestamp=st.integers(-5, 7_258_118_400_001) | st.text(st.characters(codec="utf-8")),
        properties=st.dictionaries(
            st.sampled_from(["product_id", "price", "currency", "quantity", "weight", "gift", "at_time", "email"]),
            st.text(st.characters(codec="utf-8"))
            | st.integers(-(2**63), 2**64 - 1)
            | st.booleans()
            | st.none()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.sampled_from(["EUR", "12.50"]),
        ),
        message_id=st.none() | st.text(st.characters(codec="utf-8")),
    )
)
@settings(max_examples=300, deadline=None)
def test_a_call_and_its_bytes_have_the_same_fate(call: Call) -> None:
    def accepted() -> Event | str | None:
        try:
            return CODEC.accept(call, "cart/0/7", 7_000_000_000_000)
        except Rejected as rejected:
            return rejected.reason

    assert accepted() == fate(encode_call(call))


@given(st.text())
def test_naming_an_event_twice_changes_nothing_more(spelling: str) -> None:
    name = event_name(spelling)
    assert event_name(name) == name
