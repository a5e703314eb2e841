"""The types that an event's properties have in expressions."""

from collections.abc import Mapping
from typing import Final, Literal

from stream.definitions.expressions import ValueType
from stream.definitions.plan import Events, FieldType
from stream.definitions.reading import RESERVED
from stream.model.plan import ScalarType

VALUE_TYPES: Final[Mapping[ScalarType | Literal["duration"], ValueType]] = {
    "integer": "number",
    "number": "number",
    "money": "money",
    "string": "string",
    "boolean": "boolean",
    "timestamp": "timestamp",
    "duration": "duration",
}


def identity_types(events: Events) -> dict[str, ValueType]:
    """Return the types of what users say of themselves: the properties of `identify`, by name."""
    properties = events.types.get("identify") or {}
    return {name: kind for name, kind in value_types(properties, "").items() if name not in RESERVED}


def value_types(properties: Mapping[str, FieldType | None], of: str) -> dict[str, ValueType]:
    """Return the types of an event's properties in expressions; of a list's elements, those of the list `of` alone."""
    return {
        name: VALUE_TYPES[kind]
        for name, kind in properties.items()
        if kind is not None and kind != "list" and ("[]" not in name or name.partition("[]")[0] == of)
    }


def doubtful_identity(events: Events) -> frozenset[str]:
    """Return the properties of `identify` whose own definition is wrong."""
    return frozenset(name for name, kind in (events.types.get("identify") or {}).items() if kind is None)
