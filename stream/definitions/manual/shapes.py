"""JSON Schema of what each kind of field holds, after YAML has been read.

Editors read YAML 1.2: a plain `7d` is a text, `1` a number and `true` a boolean, so an expression may be any of these.
"""

from collections.abc import Mapping
from typing import Any, Final, get_args

from stream.definitions.manual.entries import Entry, Takes
from stream.definitions.periods import PERIODS
from stream.definitions.tiers import TIERS_MOST
from stream.model.plan import ScalarType

Json = dict[str, Any]

DURATION: Final = r"^\d+[smhdw]$"
NAME: Final = r"^[a-z][a-z0-9_]*$"
PROPERTY: Final = r"[A-Za-z_][A-Za-z0-9_]*(\[\](\.[A-Za-z_][A-Za-z0-9_]*)?)?"
_OFFSET: Final = r"(\d+[smhdw])+|0"
_TEXT: Final = {"type": ["string", "number", "boolean"]}

_SHAPES: Final[Mapping[Takes, Json]] = {
    "expression": _TEXT,
    "condition": {"type": "string"},
    "duration": {"type": "string", "pattern": DURATION},
    "text": _TEXT,
    "name": {"type": "string", "pattern": NAME},
    "names": {"type": "array", "items": {"type": "string", "pattern": NAME}, "minItems": 1, "uniqueItems": True},
    "window": {"type": "string", "pattern": r"^(\d+[smhdw]|session|last_session|last_\d+_sessions)$"},
    "steps": {
        "type": ["array", "string"],
        "pattern": NAME,
        "items": {
            "oneOf": [
                {"type": "string", "pattern": NAME},
                {
                    "type": "object",
                    "properties": {"event": {"type": "string", "pattern": NAME}, "where": {"type": "string"}},
                    "required": ["event"],
                    "additionalProperties": False,
                },
            ]
        },
        "minItems": 1,
    },
    "segment": {"type": "string", "pattern": r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$"},
    "tiers": {
        "type": "object",
        "propertyNames": {"pattern": NAME},
        "additionalProperties": {"type": "string"},
        "minProperties": 2,
        "maxProperties": TIERS_MOST,
    },
    "whole": {"type": "integer", "minimum": 1},
    "number": {"type": "number"},
    "numbers": {"type": "array", "items": {"type": "number"}},
    "flag": {"type": "boolean"},
    "true": {"const": True},
    "all": {"const": "all"},
    "words": {"type": ["string", "array"], "items": {"type": "string"}},
    "offset": {"type": ["string", "integer"], "pattern": f"^({_OFFSET})$", "maximum": 0},
    "offsets": {"type": ["string", "integer"], "pattern": rf"^({_OFFSET})(\.\.({_OFFSET}))?$", "maximum": 0},
    "source": {"type": "string", "pattern": rf"^[a-z][a-z0-9_]*(\.{PROPERTY})?$"},
    "property": {"type": "string", "pattern": f"^{PROPERTY}$"},
    "period": {"enum": list(PERIODS)},
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    "type": {"enum": list(get_args(ScalarType))},
    "rates": {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Z]{3}$"},
        "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
    },
    "payload": {"type": "object", "additionalProperties": _TEXT},
    "values": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "array"]}},
}


def shape_of(entry: Entry) -> Json:
    """Return the schema of a field's value, with its description for hovering; parts are defined in `$defs`."""
    part = {"$ref": f"#/$defs/{def_name(entry.of)}"}
    match entry.takes:
        case "section":
            shape: Json = part
        case "sections":
            shape = {"type": "array", "items": part}
        case _:
            shape = _SHAPES[entry.takes]
    return {**shape, "description": hover(entry)}


def def_name(section: str) -> str:
    """Return how a section is called within a schema: `a goal` is `goal`."""
    return section.strip("'").removeprefix("a ").removeprefix("an ").removeprefix("the ").replace(" ", "_")


def hover(entry: Entry) -> str:
    """Return what an editor shows of a field."""
    return " ".join(filter(None, (entry.meaning, entry.without and f"Without it: {entry.without}.", entry.bound)))
