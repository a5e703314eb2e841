"""Bytes to events: each record is accepted, not of the plan, or rejected with a reason."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from stream.model.calls import Call
from stream.model.errors import Reason, Rejected
from stream.model.events import Event
from stream.model.naming import NAME_OF_TYPE, event_name
from stream.model.plan import Plan, PlannedEvent
from stream.model.properties import EventChecks, is_unicode
from stream.model.times import parse_time
from stream.model.zones import zone_named

MAX_EVENT_BYTES: Final = 65_536
USER_BYTES_MAX: Final = 256
MESSAGE_ID_MAX: Final = 256

_SPELLINGS_MAX: Final = 10_000
_SPELLING_LENGTH_MAX: Final = 200
_ZONES_KEPT: Final = 4_096
_ZONE_LENGTH_MAX: Final = 64
_NULL: Final = msgspec.Raw(b"null")


class _Context(msgspec.Struct, gc=False):
    """What is read of a call's context."""

    timezone: msgspec.Raw = _NULL


class _Wire(
    msgspec.Struct,
    gc=False,
    rename={
        "message_id": "messageId",
        "message_id_snake": "message_id",
        "user_id": "userId",
        "user_id_snake": "user_id",
        "anonymous_id": "anonymousId",
        "anonymous_id_snake": "anonymous_id",
    },
):
    """A call as it arrives: any type anywhere, so that each mistake gets its own reason; properties not yet read."""

    type: object = None
    event: object = None
    timestamp: object = None
    user_id: object = None
    anonymous_id: object = None
    message_id: object = None
    properties: msgspec.Raw = _NULL
    traits: msgspec.Raw = _NULL
    context: "_Context | list[object] | str | float | bool | None" = None
    user_id_snake: object = None
    anonymous_id_snake: object = None
    message_id_snake: object = None


_REASON_OF_FIELD: Final[dict[str, Reason]] = {
    "type": "no_event_name",
    "event": "no_event_name",
    "timestamp": "bad_time",
}

_decode_text: Final = msgspec.json.Decoder(str).decode
_decode_wire: Final = msgspec.json.Decoder(_Wire).decode
_tuple_of: Final = msgspec.structs.astuple


class _Shape:
    """How one planned event is read: only its own properties are decoded, the rest of the JSON is skipped."""

    def __init__(self, planned: PlannedEvent, plan: Plan) -> None:
        self.name: Final = planned.name
        self.is_identify: Final = planned.name == "identify"
        self.checks: Final = EventChecks(planned, plan)
        # Of a list, too, only the properties that are planned of its elements are decoded.
        kinds = {name: list[_struct(its.keys, {})] | None for name, its in self.checks.lists.items()}  # type: ignore[misc]  # a type made here
        self.decode: Final = msgspec.json.Decoder(_struct(self.checks.keys, kinds) | None).decode
        self.nothing: Final = (None,) * len(self.checks.keys)


def _struct(keys: tuple[str, ...], kinds: Mapping[str, object]) -> type[msgspec.Struct]:
    """Return a struct that decodes these properties, of any type where `kinds` names none."""
    # Fields are numbered, since a property may have a name that no Python attribute can have.
    fields = [(f"p{index}", kinds.get(key, object), None) for index, key in enumerate(keys)]
    rename = {f"p{index}": key for index, key in enumerate(keys)}
    return msgspec.defstruct("Properties", fields, rename=rename, gc=False)


class Codec:
    """Reads records against a tracking plan; an event it does not name is None, a wrong record raises `Rejected`."""

    def __init__(self, plan: Plan, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._shapes = {name: _Shape(planned, plan) for name, planned in plan.events.items()}
        self._spellings: dict[str, _Shape | None] = {}

    def decode(self, value: bytes | None, record_id: str, latest_ms: int | None = None) -> Event | None:
        """Read one record. `record_id` is the event's id where it brings none; none may be later than `latest_ms`."""
        if not value:
            raise Rejected("empty_value")
        if len(value) > self._max_event_bytes:
            raise Rejected("too_large", f"{len(value)} bytes, at most {self._max_event_bytes}")
        try:
            wire = _decode_wire(value)
            shape = self._shape(wire.type, wire.event)
            if shape is None:
                return None
            values = _values_of(shape, wire)
        except RecursionError:
            raise Rejected("too_deep") from None
        except msgspec.ValidationError as error:
            raise _envelope_rejection(str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Rejected("not_json") from None
        return _event_of(shape, wire, values, record_id, latest_ms)

    def accept(self, call: Call, record_id: str, latest_ms: int | None = None) -> Event | None:
        """Check a call that is decoded already, with the same fates as `decode`."""
        shape = self._shape(call.type, call.event)
        if shape is None:
            return None
        wire = _Wire(
            timestamp=call.timestamp,
            user_id=call.user_id,
            anonymous_id=call.anonymous_id,
            message_id=call.message_id,
        )
        if call.context is not None:
            wire.context = _Context(msgspec.Raw(msgspec.json.encode(call.context.get("timezone"))))
        given = call.traits if shape.is_identify and call.traits is not None else call.properties
        values = shape.nothing if given is None else tuple(map(given.get, shape.checks.keys))
        return _event_of(shape, wire, values, record_id, latest_ms)

    def _shape(self, call_type: object, event: object) -> _Shape | None:
        """Find how the event is read, None where the plan does not name it. A call without a type is a `track`."""
        if call_type == "track" or call_type is None:
            spelling = event
        elif type(call_type) is str:
            spelling = NAME_OF_TYPE.get(call_type, call_type)
        else:
            spelling = None
        if type(spelling) is not str or not spelling:
            raise Rejected("no_event_name")
        try:
            return self._spellings[spelling]
        except KeyError:
            return self._learnt(spelling)

    def _learnt(self, spelling: str) -> _Shape | None:
        """Find a spelling met for the first time, and remember it, in bounded space."""
        if len(spelling) > _SPELLING_LENGTH_MAX:
            return None
        shape = self._shapes.get(event_name(spelling))
        if len(self._spellings) >= _SPELLINGS_MAX:
            self._spellings.clear()
        self._spellings[spelling] = shape
        return shape


def _values_of(shape: _Shape, wire: _Wire) -> tuple[object, ...]:
    """Read the planned properties; `identify` has them in its traits."""
    raw = wire.traits if shape.is_identify and bytes(wire.traits) != b"null" else wire.properties
    if raw is _NULL:
        return shape.nothing
    try:
        properties = shape.decode(raw)
    except msgspec.ValidationError as error:
        raise _property_rejection(shape, str(error)) from None
    return shape.nothing if properties is None else _tuple_of(properties)


def _event_of(shape: _Shape, wire: _Wire, values: tuple[object, ...], record_id: str, latest_ms: int | None) -> Event:
    user = _user_of(wire)
    time_ms = parse_time(wire.timestamp)
    if time_ms is None:
        raise Rejected("no_time" if wire.timestamp is None else "bad_time")
    if latest_ms is not None and time_ms > latest_ms:
        raise Rejected("future_time")
    message_id = _message_id_of(wire)
    props, amounts = shape.checks.check(values)
    if message_id:
        event = Event(user, shape.name, time_ms, message_id, props)
    else:
        event = Event(user, shape.name, time_ms, record_id, props, repeatable=False)
    if amounts is not None:
        event.amounts = amounts
    if shape.checks.lists:
        event.lists = shape.checks.elements(values)
    if isinstance(wire.context, _Context):
        written = bytes(wire.context.timezone)
        event.zone = _zone_in(written) if len(written) <= _ZONE_LENGTH_MAX else ""
    return event


@lru_cache(_ZONES_KEPT)
def _zone_in(written: bytes) -> str:
    """Return the name of a time zone from its JSON, nothing where it is none that is known."""
    try:
        name = _decode_text(written)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return name if zone_named(name) is not None else ""


def _user_of(wire: _Wire) -> str:
    """Return the first id that is given: the known user's, else the anonymous one's."""
    user = wire.user_id
    if user is None:
        user = wire.user_id_snake
    if user is None:
        user = wire.anonymous_id if wire.anonymous_id is not None else wire.anonymous_id_snake
    if type(user) is not str:
        raise Rejected("no_user") if user is None else Rejected("bad_user", "not text")
    if not user:
        raise Rejected("bad_user", "empty")
    if not is_unicode(user):
        raise Rejected("bad_user", "not Unicode")
    if len(user) > USER_BYTES_MAX or (not user.isascii() and len(user.encode()) > USER_BYTES_MAX):
        raise Rejected("bad_user", f"longer than {USER_BYTES_MAX} bytes")
    return user


def _message_id_of(wire: _Wire) -> str:
    """Return the producer's message id; nothing where there is none."""
    message_id = wire.message_id if wire.message_id is not None else wire.message_id_snake
    if message_id is None:
        return ""
    if type(message_id) is not str or not is_unicode(message_id):
        raise Rejected("wrong_type", "messageId: expected text")
    if len(message_id) > MESSAGE_ID_MAX or (not message_id.isascii() and len(message_id.encode()) > MESSAGE_ID_MAX):
        raise Rejected("out_of_range", f"messageId: longer than {MESSAGE_ID_MAX} bytes")
    return message_id


def _envelope_rejection(message: str) -> Rejected:
    """Name what is wrong with the call itself: it is no object, or a field holds a number beyond all bounds."""
    _, _, path = message.partition("`$.")
    if not path:
        return Rejected("not_an_object")
    field = path.partition("`")[0].partition(".")[0].partition("[")[0]
    if field in ("message_id", "messageId"):
        return Rejected("wrong_type", "messageId: expected text")
    if field == "context":
        return Rejected("wrong_type", "context")
    return Rejected(_REASON_OF_FIELD.get(field, "bad_user"))


def _property_rejection(shape: _Shape, message: str) -> Rejected:
    """Name the property that holds a number beyond all bounds, or say that the properties are no object.

    msgspec says `Number out of range` of a float not finite, `Integer value out of range` of an integer too long.
    """
    _, _, path = message.partition("`$.")
    if not path:
        return Rejected("wrong_type", "traits" if shape.is_identify else "properties")
    name = next((key for key in shape.checks.keys if path.startswith(key)), "")
    if message.startswith("Expected"):
        return Rejected("wrong_type", f"{name}: expected a list of objects")
    return Rejected("out_of_range" if message.startswith("Integer") else "not_finite", name)
