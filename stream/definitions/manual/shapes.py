"""JSON Schema of what each kind of field holds, after YAML has been read.

Editors read YAML 1.2: a plain `7d` is a text, `1` a number and `true` a boolean, so an expression may be any of these.
"""

from collections.abc import Mapping
from typing import Any, Final, get_args

from stream.definitions.expressions import WEEKDAYS
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

_TIME: Final = r"^([01]\d|2[0-3]):[0-5]\d$"
_WEEKDAY: Final = {"enum": list(WEEKDAYS)}
_NAME_OF: Final = {"type": "string", "pattern": NAME}

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
    "share": {"type": "string", "pattern": r"^\d{1,3}(\.\d{1,2})?%$"},
    "time": {"type": "string", "pattern": _TIME},
    "hours": {"type": "string", "pattern": f"{_TIME[:-1]}-{_TIME[1:]}"},
    "weekdays": {"anyOf": [_WEEKDAY, {"type": "array", "items": _WEEKDAY, "minItems": 1, "uniqueItems": True}]},
    "date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
    "best": {"type": "string", "pattern": rf"^best_time within {DURATION[1:]}"},
    "texts": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
    "places": {"type": "object", "additionalProperties": _TEXT},
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
        case "groups":
            shape = {"type": "object", "propertyNames": {"pattern": NAME}, "additionalProperties": part}
        case "listed":
            shape = _listed(part)
        case "one or listed":
            shape = {"anyOf": [_NAME_OF, part, _listed(part)]}
        case "until":
            shape = {"anyOf": [_SHAPES["time"], _WEEKDAY, part]}
        case "choice":
            shape = {"enum": entry.of.split()}
        case _:
            shape = _SHAPES[entry.takes]
    return {**shape, "description": hover(entry)}


def _listed(part: Json) -> Json:
    return {"type": "array", "items": {"anyOf": [_NAME_OF, part]}, "minItems": 1}


def def_name(section: str) -> str:
    """Return how a section is called within a schema: `a goal` is `goal`."""
    return section.strip("'").removeprefix("a ").removeprefix("an ").removeprefix("the ").replace(" ", "_")


def hover(entry: Entry) -> str:
    """Return what an editor shows of a field."""
    return " ".join(filter(None, (entry.meaning, entry.without and f"Without it: {entry.without}.", entry.bound)))
