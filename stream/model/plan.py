"""The tracking plan: which events and which of their properties are used, with types."""

from typing import Literal

import msgspec

ScalarType = Literal["string", "integer", "number", "boolean", "timestamp", "money"]
PropertyType = ScalarType | Literal["list"]


class Property(msgspec.Struct, frozen=True):
    """One property the plan names.

    `currency` (money only) names the property that holds its ISO 4217 code; absent there, the shop's currency is meant.
    `minimum` is inclusive; money is never negative unless the plan says so. A list has the properties of its elements
    in `of`, each named as definitions name it, `products[].price`, by its own name; an element's money may have its
    currency in a property of the element or, where that is absent, of the event.
    """

    name: str
    type: PropertyType
    currency: str | None = None
    required: bool = False
    minimum: float | None = None
    of: "dict[str, Property] | None" = None


class PlannedEvent(msgspec.Struct, frozen=True):
    """One event the plan names, and the input topic it belongs on."""

    name: str
    topic: str
    properties: dict[str, Property]


class SessionRules(msgspec.Struct, frozen=True):
    """When a session ends: `gap_ms` after the last event of `activity`.

    A page is viewed by a `page_event`, whose `page_property` names the page; both may be "".
    """

    gap_ms: int = 30 * 60_000
    activity: frozenset[str] = frozenset()
    page_event: str = ""
    page_property: str = ""


class Plan(msgspec.Struct, frozen=True):
    """The whole tracking plan. `rates` give how much of the shop's currency one unit of another buys.

    `timezone` is that of users of whom none is known.
    """

    currency: str
    rates: dict[str, float]
    events: dict[str, PlannedEvent]
    sessions: SessionRules = SessionRules()
    timezone: str = "UTC"
