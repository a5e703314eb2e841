"""The types of what operators make of events: of some their own, and others where it is kept by key or fades."""

from collections.abc import Mapping
from typing import Final

from stream.definitions.expressions import ValueType
from stream.definitions.shapes import Aggregation

OF_EVENTS: Final[Mapping[Aggregation, ValueType]] = {
    "count": "number",
    "gap": "duration",
    "open": "number",
    "rate": "number",
    "streak": "number",
}
"""The operators that take an event as a whole, and the type of their value."""

OWN_TYPES: Final[Mapping[Aggregation, ValueType]] = {"distinct": "number", "set": "set"}
"""The operators that take a property and whose value has a type of its own."""

FADES_AS: Final[Mapping[ValueType, ValueType]] = {
    "number": "fading number",
    "money": "fading money",
    "duration": "fading duration",
}
BY_KEY: Final[Mapping[ValueType, ValueType]] = {
    "number": "number by key",
    "money": "money by key",
    "duration": "duration by key",
    "fading number": "fading number by key",
    "fading money": "fading money by key",
    "fading duration": "fading duration by key",
}
BY_SESSION: Final[tuple[Aggregation, ...]] = (
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "first",
    "last",
    "rate",
    "sequence",
    "sequence_rate",
)
"""The operators that keep one value a session."""
