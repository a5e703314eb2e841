"""`events.yaml`: the tracking plan, and the events and properties that other definitions may name."""

import re
from collections.abc import Mapping
from typing import Final, Literal, get_args
from zoneinfo import available_timezones

import msgspec

from stream.definitions.nodes import is_blank
from stream.definitions.problems import nearest
from stream.definitions.reading import Known, Reader
from stream.definitions.sessions import read_sessions
from stream.definitions.shapes import DERIVED_EVENTS
from stream.definitions.source import YamlList, YamlMap, YamlNode, YamlText
from stream.model.events import TOPICS
from stream.model.plan import Plan, PlannedEvent, Property, PropertyType, ScalarType
from stream.model.zones import zone_named

FILE: Final = "events.yaml"

FieldType = PropertyType | Literal["duration"]
"""The type of a property that conditions may read; no event comes in with a duration, but some derived ones have."""

Types = Mapping[str, FieldType | None]
"""Types by property, those of a list's elements as `products[].price`; None where the own definition is wrong."""

_TYPES: Final[tuple[ScalarType, ...]] = get_args(ScalarType)
_CODE: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_PROPERTY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_DERIVED: Final[Mapping[str, Types]] = {
    "cart_changed": {"cart_id": "string"},
    "cart_emptied": {"cart_id": "string"},
    "segment_entered": {"segment": "string", "tier": "string"},
    "segment_exited": {"segment": "string", "tier": "string"},
    "trigger_sent": {"action": "string", "channel": "string", "journey": "string"},
    "consent_withdrawn": {"purpose": "string"},
    "session_started": {},
    "session_ended": {
        "pages": "integer",
        "events": "integer",
        "duration": "duration",
        "last_event": "string",
        "entry_page": "string",
        "exit_page": "string",
    },
    "page_left": {"page": "string", "dwell": "duration"},
    "price_dropped": {"product_id": "string", "old_price": "money", "new_price": "money"},
    "back_in_stock": {"product_id": "string"},
}
_CART: Final[Types] = {
    "product_id": "string",
    "sku": "string",
    "cart_id": "string",
    "quantity": "integer",
    "price": "money",
}
_BUILT_IN: Final[Mapping[str, Types]] = {
    "product_added": _CART,
    "product_removed": _CART,
    "order_completed": {"order_id": "string", "cart_id": "string"},
    "consent_changed": {"purpose": "string", "granted": "boolean"},
    "email_bounced": {"bounce_type": "string"},
}
"""Properties that the cart, consent and suppression read themselves: where they are planned, this is their type."""


class Events(msgspec.Struct, frozen=True):
    """The events that definitions may name, with the types of their properties.

    An event maps to None where its properties cannot be read; not `complete` where the plan itself cannot.
    `gap_ms` without activity ends a session.
    """

    types: Mapping[str, Types | None]
    complete: bool
    gap_ms: int = 0

    def known(self) -> Known:
        """Return the names of the events."""
        return Known("an event", self.types, self.complete)

    def property_type(self, reader: Reader, event: str, node: YamlText, name: str) -> FieldType | None:
        """Return the type of an event's property, noting one that does not exist; `at` is the event's time."""
        properties = self.types.get(event)
        if name == "at":
            return "timestamp"
        if properties is None:
            return None
        if name not in properties:
            reader.wrong(node.spot, f"{event} has no property {name!r}", nearest(name, (*properties, "at")))
        return properties.get(name)


def read_plan(reader: Reader, node: YamlNode | None) -> tuple[Plan, Events]:
    """Read the tracking plan; without a node nothing is known, and nothing that names an event can be wrong."""
    fields = reader.fields(node, "events.yaml", ("currency", "topics"), ("rates", "timezone", "sessions"))
    currency = _currency_code(reader, fields.get("currency"))
    rates = _rates(reader, fields.get("rates"), currency)
    topics = reader.map(fields.get("topics"), "topics")
    events: dict[str, PlannedEvent] = {}
    types: dict[str, Types | None] = dict(_DERIVED)
    for topic, listed in topics.items.items() if topics is not None else ():
        if topic not in TOPICS and topics is not None:
            message = f"there is no topic {topic!r}; the topics are {', '.join(sorted(TOPICS))}"
            reader.wrong(topics.key_spots[topic], message, nearest(topic, TOPICS))
        _topic(reader, topic, listed, events, types)
    sessions, timezone = (
        read_sessions(reader, fields.get("sessions"), events),
        _timezone(reader, fields.get("timezone")),
    )
    return Plan(currency, rates, events, sessions, timezone), Events(types, topics is not None, sessions.gap_ms)


def _currency_code(reader: Reader, node: YamlNode | None) -> str:
    code = reader.text(node, "the currency")
    if node is not None and code and _CODE.fullmatch(code) is None:
        reader.wrong(node.spot, f"{code!r} is no currency: write its three capital letters, as in USD")
    return code if _CODE.fullmatch(code) else "USD"


def _timezone(reader: Reader, node: YamlNode | None) -> str:
    """Return the time zone of users of whom none is known."""
    name = reader.text(node, "the time zone")
    if node is not None and name and zone_named(name) is None:
        near = nearest(name, available_timezones())
        reader.wrong(node.spot, f"there is no time zone {name!r}: write one as in Europe/Berlin", near)
    return name or "UTC"


def _rates(reader: Reader, node: YamlNode | None, shop: str) -> dict[str, float]:
    root = reader.map(node, "rates")
    rates: dict[str, float] = {}
    for code, item in root.items.items() if root is not None else ():
        spot = root.key_spots[code] if root is not None else item.spot
        if _CODE.fullmatch(code) is None:
            reader.wrong(spot, f"{code!r} is no currency: write its three capital letters, as in EUR")
        if code == shop:
            reader.wrong(spot, f"{code} is the shop's own currency: it needs no rate")
        rate = reader.number(item, f"the rate of {code}")
        if rate is not None and rate <= 0:
            reader.wrong(item.spot, f"the rate of {code} must be more than 0")
        rates[code] = rate or 1.0
    return rates


def _topic(
    reader: Reader, topic: str, node: YamlNode, events: dict[str, PlannedEvent], types: dict[str, Types | None]
) -> None:
    root = reader.map(node, f"the topic {topic}") if not is_blank(node) else None
    for name, item in root.items.items() if root is not None else ():
        spot = root.key_spots[name] if root is not None else item.spot
        if name in DERIVED_EVENTS:
            reader.wrong(spot, f"{name!r} is made by the decisions themselves: it can be named, but not planned")
        elif name in events:
            reader.wrong(spot, f"the event {name!r} stands in the topic {events[name].topic} already")
            types[name] = None
        elif reader.name(name, spot, "an event"):
            properties, types[name] = _properties(reader, name, item)
            events[name] = PlannedEvent(name, topic, properties)


def _properties(reader: Reader, event: str, node: YamlNode) -> tuple[dict[str, Property], Types | None]:
    if is_blank(node):
        return {}, {}
    root = reader.map(node, f"the event {event}")
    if root is None:
        return {}, None
    types: dict[str, PropertyType | None] = {}
    properties: dict[str, Property] = {}
    for name, item in root.items.items():
        found = _property(reader, name, item, root)
        types[name] = found.type if found is not None else None
        if found is not None:
            properties[name] = found
            _refuse_other_type(reader, event, found, item)
            types.update({its.name: its.type for its in (found.of or {}).values()})
        if isinstance(item, YamlList) and event == "identify":
            reader.wrong(item.spot, "identify has no lists: of what users say of themselves, each is one value")
    for name, found in properties.items():
        _check_currency(reader, found, root.items[name], types)
        _check_currencies_within(reader, found, root.items[name], types)
    return properties, types


def _property(reader: Reader, name: str, node: YamlNode, event: YamlMap) -> Property | None:
    if _PROPERTY.fullmatch(name) is None or name == "at":
        why = "it names the event's time" if name == "at" else "use letters, digits and _"
        reader.wrong(event.key_spots[name], f"{name!r} cannot name a property: {why}")
    if isinstance(node, YamlList):
        return _list(reader, name, node)
    if not isinstance(node, YamlMap):
        kind = _type(reader, node)
        return None if kind is None else Property(name, kind, minimum=_default_minimum(kind))
    fields = reader.fields(node, "a property", ("type",), ("required", "min", "currency"))
    kind = _type(reader, fields.get("type"))
    required = reader.flag(fields.get("required"), "required")
    minimum = reader.number(fields.get("min"), "min")
    currency = reader.text(fields.get("currency"), "currency") or None
    if kind is None:
        return None
    for field, kinds in (("min", ("integer", "number", "money")), ("currency", ("money",))):
        if field in fields and kind not in kinds:
            reader.wrong(node.key_spots[field], f"{field!r} has no meaning for a {kind}")
    return Property(name, kind, currency, required, _default_minimum(kind) if minimum is None else minimum)


def _list(reader: Reader, name: str, node: YamlList) -> Property | None:
    """Read a list of things with properties of their own, `[{product_id: string, price: money}]`."""
    things = node.items[0] if len(node.items) == 1 else None
    if not isinstance(things, YamlMap) or not things.items:
        reader.wrong(node.spot, "a list is written with what each element has, as in [{product_id: string}]")
        return None
    before, of = reader.count, dict[str, Property]()
    for inner, item in things.items.items():
        if isinstance(item, YamlList):
            reader.wrong(item.spot, "an element of a list has no lists")
            continue
        found = _property(reader, inner, item, things)
        if found is not None:
            of[inner] = msgspec.structs.replace(found, name=f"{name}[].{inner}")
    return Property(name, "list", of=of) if reader.count == before else None


def _check_currencies_within(reader: Reader, found: Property, node: YamlNode, types: Types) -> None:
    """Check the currencies of a list's elements: a property of the element, or one of the event."""
    things = node.items[0] if found.of and isinstance(node, YamlList) else None
    own = {inner: its.type for inner, its in (found.of or {}).items()}
    for inner, its in (found.of or {}).items():
        if isinstance(things, YamlMap):
            _check_currency(reader, its, things.items[inner], {**types, **own})


def _type(reader: Reader, node: YamlNode | None) -> ScalarType | None:
    text = reader.text(node, "the type of a property")
    if node is None or not text:
        return None
    found = next((kind for kind in _TYPES if kind == text), None)
    if found is None:
        reader.wrong(node.spot, f"there is no type {text!r}; the types are {', '.join(_TYPES)}", nearest(text, _TYPES))
    return found


def _default_minimum(kind: PropertyType) -> float | None:
    return 0.0 if kind == "money" else None


def _check_currency(reader: Reader, found: Property, node: YamlNode, types: Types) -> None:
    if found.currency is None or not isinstance(node, YamlMap) or found.type != "money":
        return
    spot = node.items["currency"].spot
    if found.currency not in types:
        reader.wrong(spot, f"there is no property {found.currency!r} in this event", nearest(found.currency, types))
    elif types[found.currency] not in ("string", None):
        reader.wrong(spot, f"{found.currency!r} must be a string, since it holds the code of a currency")


def _refuse_other_type(reader: Reader, event: str, found: Property, node: YamlNode) -> None:
    needed = _BUILT_IN.get(event, {}).get(found.name)
    if needed is not None and found.type != needed:
        spot = node.items["type"].spot if isinstance(node, YamlMap) else node.spot
        reader.wrong(spot, f"{event}.{found.name} must be of type {needed}, since it is read as such")
