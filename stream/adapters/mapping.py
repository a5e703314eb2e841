"""Mappings: which column of someone's CSV is what, as `user=customer,time=ts,event=kind,price=amount`."""

import difflib
from collections.abc import Iterable
from typing import Final

import msgspec

from stream.adapters.rows import InputRefused
from stream.model.naming import event_name
from stream.model.plan import Plan

_ENVELOPE: Final = ("user", "time", "event", "id")
_REQUIRED: Final = ("user", "time", "event")
_CONSTANT: Final = "const:"
_RENAMING: Final = "event."

SPELLING: Final = (
    "user=COLUMN,time=COLUMN,event=COLUMN and, where wanted, id=COLUMN and PROPERTY=COLUMN; "
    "const:VALUE in place of a column for a fixed value; event.VALUE=NAME to rename a value of the event column"
)


class Mapping(msgspec.Struct, frozen=True):
    """Columns and constants by what they are (`user`, `time`, `event`, `id`, a property), and events by their value."""

    columns: dict[str, str]
    constants: dict[str, str]
    events: dict[str, str]


def parse_mapping(texts: Iterable[str], plan: Plan) -> Mapping:
    """Read `KEY=COLUMN` pairs between commas; raises `InputRefused` where one is not of the plan, or one is missing."""
    mapping = Mapping({}, {}, {})
    for pair in (pair.strip() for text in texts for pair in text.split(",")):
        if pair:
            _add(mapping, pair, plan)
    for key in _REQUIRED:
        if key not in mapping.columns and key not in mapping.constants:
            raise InputRefused(f"the mapping has no {key}; it is spelt {SPELLING}")
    return mapping


def _add(mapping: Mapping, pair: str, plan: Plan) -> None:
    key, equals, value = (part.strip() for part in pair.partition("="))
    if not (key and equals and value):
        raise InputRefused(f"{pair!r} is no mapping; it is spelt {SPELLING}")
    if key in mapping.columns or key in mapping.constants:
        raise InputRefused(f"the mapping has {key} twice")
    if key.startswith(_RENAMING):
        mapping.events[key.removeprefix(_RENAMING)] = _known(event_name(value), plan.events, "event of the plan")
    elif value.startswith(_CONSTANT):
        constant = value.removeprefix(_CONSTANT)
        if key == "event":
            constant = _known(event_name(constant), plan.events, "event of the plan")
        mapping.constants[_known_key(key, plan)] = constant
    else:
        mapping.columns[_known_key(key, plan)] = value


def _known_key(key: str, plan: Plan) -> str:
    properties = {
        name
        for event in plan.events.values()
        for listed in event.properties.values()
        for planned in (listed, *(listed.of or {}).values())
        for name in (planned.name, planned.currency)
        if name and (planned.of is None or name != planned.name)
    }
    return _known(key, (*_ENVELOPE, *sorted(properties)), "property of the plan")


def _known(name: str, known: Iterable[str], kind: str) -> str:
    """Return the name if it is known; else refuse the mapping, with the nearest known name."""
    names = list(known)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1)
    raise InputRefused(f"{name} is no {kind}" + (f"; did you mean {near[0]}?" if near else ""))


def check_columns(mapping: Mapping, columns: Iterable[str]) -> None:
    """Refuse a mapping that names a column the file does not have."""
    present = list(columns)
    for column in mapping.columns.values():
        _known(column, present, f"column of the file (it has {', '.join(present)})")
