"""JSON Schemas of the config's files, made from the manual: for completion, hovering and checking in an editor.

They say what a field may hold, not whether the names in it exist: `stream check` says that.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from stream.definitions.aggregates import NEEDED, OPTIONS_OF
from stream.definitions.kinds import OF_EVENTS
from stream.definitions.manual.entries import Entry
from stream.definitions.manual.operators import OPERATORS
from stream.definitions.manual.options import OPTIONS
from stream.definitions.manual.sections import BY_NAME
from stream.definitions.manual.shapes import NAME, PROPERTY, Json, def_name, hover, shape_of
from stream.model.events import TOPICS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_PROPERTY: Final = rf"^[a-z][a-z0-9_]*\.{PROPERTY}$"
_COUNTED: Final = r"^[a-z][a-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*\[\])?$"
_STEPS: Final = (
    *("a trigger", "a wait", "a wait until a time", "a wait for an event"),
    *("a branch", "a split", "a choice", "a set", "a goto", "an end"),
)
_JOURNEY_PARTS: Final = (
    *("enter", "an event", "an action on exit", "a goal", "journey step", *_STEPS),
    *("wait_until", "an arm", "an arm of a split"),
)
_POLICY_PARTS: Final = ("a cap", "quiet hours", "a group", "an entry", "holdout")

_ONE_OF: Final[Mapping[str, Sequence[Sequence[str]]]] = {
    "a segment": (("when", "tiers"),),
    "enter": (("segment", "event"),),
    "an arm": (("when", "otherwise"), ("trigger", "end", "goto", "steps")),
    "an arm of a split": (("trigger", "end", "goto", "steps"),),
    "a cap": (("channel", "tag", "journey", "action"), ("within", "per")),
    "an entry": (("channel", "tag", "journey", "action"),),
    "given": (("event", "identify", "product"),),
    "expect": (("entered", "exited", "moved", "triggered", "withdrawn", "refused", "goal", "ended"),),
}
"""Fields of which exactly one is needed."""


_BESIDE_A_KIND: Final = {"goto": ["at_most"], "at_most": ["goto"], "at": ["trigger"], "with": ["trigger"]}
_NEEDED_BESIDE: Final[Mapping[str, Mapping[str, list[str]]]] = {
    "an arm": _BESIDE_A_KIND,
    "an arm of a split": _BESIDE_A_KIND,
    "enter": {"where": ["event"], "for_each": ["event"], "within": ["for_each"], "max_concurrent": ["key"]},
    "an action": {"counts": ["transactional"]},
}
"""Fields that need others beside them."""


def config_schemas() -> dict[str, Json]:
    """Return the schema of each kind of definition file, by its name: `segment` for `segments/*.yaml`."""
    return {
        "events": _file("events", _map_of("events.yaml"), ("a property", "sessions")),
        "traits": _file("traits", _named(_trait())),
        "segment": _file("segment", _map_of("a segment")),
        "journey": _file("journey", _map_of("a journey"), _JOURNEY_PARTS),
        "actions": _file("actions", _named(_map_of("an action"))),
        "table": _file("table", {"anyOf": [_map_of(name) for name in _TABLES]}, _TABLE_PARTS),
        "calendar": _file("calendar", _named({"$ref": "#/$defs/days"}), ("days", "a season")),
        "policy": _file("policy", _map_of("the policy"), _POLICY_PARTS),
        "test": _file("test", {"type": "array", "items": _map_of("a scenario")}, ("given", "expect")),
    }


_TABLES: Final = ("a table", "this table")
_TABLE_PARTS: Final = ("'fitted'", "'reads'", "'purchases'", "'order_value'")


def _file(name: str, root: Json, parts: Sequence[str] = ()) -> Json:
    schema: Json = {"$schema": DIALECT, "title": name, **root}
    if parts:
        schema["$defs"] = {def_name(part): _part(part) for part in parts}
    return schema


def _part(name: str) -> Json:
    if name == "journey step":
        return {"oneOf": [{"$ref": f"#/$defs/{def_name(step)}"} for step in _STEPS]}
    if name == "days":
        season = {"$ref": "#/$defs/season"}
        return {"anyOf": [season, {"type": "array", "items": season, "minItems": 1}]}
    if name == "a property":
        kinds = _field(BY_NAME[name].entries[0])
        element: Json = {"type": "object", "additionalProperties": {"$ref": "#/$defs/property"}, "minProperties": 1}
        return {"anyOf": [kinds, _map_of(name), {"type": "array", "items": element, "minItems": 1, "maxItems": 1}]}
    return _map_of(name)


def _named(item: Json) -> Json:
    return {"type": "object", "propertyNames": {"pattern": NAME}, "additionalProperties": item}


def _map_of(name: str) -> Json:
    section = BY_NAME[name]
    schema: Json = {
        "type": "object",
        "description": section.intro or section.title,
        "properties": {entry.name: _field(entry) for entry in section.entries},
        "additionalProperties": False,
    }
    if required := [entry.name for entry in section.entries if entry.required]:
        schema["required"] = required
    if beside := _NEEDED_BESIDE.get(name):
        schema["dependentRequired"] = dict(beside)
    if choices := _ONE_OF.get(name):
        schema["allOf"] = [{"oneOf": [{"required": [field]} for field in fields]} for fields in choices]
    return schema


def _field(entry: Entry) -> Json:
    if entry.takes == "topics":
        properties = {
            "type": ["object", "null"],
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
            "additionalProperties": {"$ref": "#/$defs/property"},
        }
        events = {"type": ["object", "null"], "propertyNames": {"pattern": NAME}, "additionalProperties": properties}
        topics = dict.fromkeys(sorted(TOPICS), events)
        return {"type": "object", "properties": topics, "additionalProperties": False, "description": hover(entry)}
    return shape_of(entry)


def _trait() -> Json:
    """Return what a line of `traits.yaml` may hold; which options it may have follows from its operator."""
    options = {entry.name: shape_of(entry) for entry in OPTIONS.entries}
    operators = {entry.name: _operator(entry) for entry in OPERATORS.entries}
    both = {name: {"anyOf": [operators[name], options[name]]} for name in operators.keys() & options.keys()}
    return {
        "type": "object",
        "description": OPERATORS.intro,
        "properties": {**options, **operators, **both},
        "additionalProperties": False,
        "anyOf": [{"required": [name]} for name in operators],
        "allOf": [_allowed(name) for name in operators],
    }


def _operator(entry: Entry) -> Json:
    if entry.name == "value" or entry.takes == "steps":
        return shape_of(entry)
    pattern = NAME if entry.name in OF_EVENTS else _PROPERTY
    if entry.name == "count":
        pattern = _COUNTED
    return {"type": "string", "pattern": pattern, "description": hover(entry)}


def _allowed(name: str) -> Json:
    """Say what may stand beside an operator, and what must. `gap` has an option `last`: there it is no operator."""
    options = next((options for op, options in OPTIONS_OF.items() if op == name), ())
    needed = next((fields for op, fields in NEEDED.items() if op == name), ())
    owners = [op for op, fields in OPTIONS_OF.items() if name in fields]
    condition: Json = {"required": [name]}
    if owners:
        condition = {"required": [name], "not": {"anyOf": [{"required": [op]} for op in owners]}}
    then: Json = {"propertyNames": {"enum": [name, *options]}}
    if needed:
        then["required"] = list(needed)
    return {"if": condition, "then": then}
