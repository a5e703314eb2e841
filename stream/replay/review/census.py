"""The census: which events and properties a history holds, whether or not the tracking plan names them.

It reads what the codec skips, so it looks at every row whole. Only names are kept, never values, and not without end:
somebody's property names may be made of ids.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from stream.adapters.rows import Row
from stream.model.calls import Call
from stream.model.naming import NAME_OF_TYPE, event_name
from stream.model.plan import Plan
from stream.model.times import parse_rfc3339
from stream.replay.review.census_shapes import EventFill, PropertyFill

EVENTS_MAX: Final = 500
PROPERTIES_MAX: Final = 300
NAME_MAX: Final = 120
"""Different events, different properties of one event, and characters of a name, that are kept apart."""

REST: Final = "(other names)"
"""Where what is beyond these bounds is counted."""

_ENVELOPE: Final = ("type", "event", "traits", "properties")


class _Seen(msgspec.Struct):
    """The rows of one event, and of each property the rows that have a value for it, by what it looks like."""

    rows: int = 0
    kinds: dict[str, Counter[str]] = {}


class Census:
    """Counts events and their properties, row by row."""

    def __init__(self) -> None:
        self._events: dict[str, _Seen] = {}
        self._names: dict[str, str] = {}

    def add(self, row: Row) -> None:
        """Count one row; what is no call is not counted."""
        found = _call_of(row.content)
        if found is None:
            return
        spelling, properties = found
        seen = self._seen(self._name(spelling))
        seen.rows += 1
        for name, value in properties.items():
            if value is not None and value != "":
                for full, kind in _kinds(name, value):
                    kept = full if full in seen.kinds or len(seen.kinds) < PROPERTIES_MAX else REST
                    seen.kinds.setdefault(kept, Counter())[kind] += 1

    def fills(self, plan: Plan) -> list[EventFill]:
        """Return all events of the plan, then those only the data has, the most frequent first."""
        named = [_fill(name, self._events.get(name) or _Seen(), plan) for name in plan.events]
        unnamed = [_fill(name, seen, plan) for name, seen in self._events.items() if name not in plan.events]
        return [*named, *sorted(unnamed, key=lambda fill: (-fill.rows, fill.name))]

    def _name(self, spelling: str) -> str:
        name = self._names.get(spelling)
        if name is None:
            name = event_name(spelling)[:NAME_MAX] or spelling[:NAME_MAX]
            if len(self._names) < 10 * EVENTS_MAX:
                self._names[spelling] = name
        return name

    def _seen(self, name: str) -> _Seen:
        if name not in self._events and len(self._events) >= EVENTS_MAX:
            name = REST
        return self._events.setdefault(name, _Seen(kinds={}))


def _call_of(content: object) -> tuple[str, Mapping[str, object]] | None:
    """Return how a call names its event, and its properties; None where it is no call."""
    if isinstance(content, Call):
        return _named(content.type, content.event, content.traits, content.properties)
    if not isinstance(content, bytes):
        return None
    try:
        call = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return _named(*map(call.get, _ENVELOPE)) if isinstance(call, dict) else None


def _named(kind: object, event: object, traits: object, properties: object) -> tuple[str, Mapping[str, object]] | None:
    spelling = event
    if kind != "track" and kind is not None:
        spelling = NAME_OF_TYPE.get(kind, kind) if isinstance(kind, str) else None
    if not isinstance(spelling, str) or not spelling:
        return None
    given = traits if spelling == "identify" and traits is not None else properties
    return spelling, given if isinstance(given, dict) else {}


def _kinds(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield a property with the type it looks like; of a list of objects, each of their fields as `products[].sku`."""
    name = name[:NAME_MAX]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        fields = {
            field: inner
            for item in value
            if isinstance(item, dict)
            for field, inner in item.items()
            if inner is not None
        }
        for field, inner in fields.items():
            yield f"{name}[].{field}"[:NAME_MAX], _kind(inner)
    else:
        yield name, _kind(value)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "timestamp" if parse_rfc3339(value) is not None else "string"
    return "list" if isinstance(value, list) else "object"


def _fill(name: str, seen: _Seen, plan: Plan) -> EventFill:
    planned = plan.events.get(name)
    types = {} if planned is None else {key: its.type for key, its in planned.properties.items()}
    rest = sorted(seen.kinds.keys() - types.keys(), key=lambda key: (-seen.kinds[key].total(), key))
    return EventFill(
        name=name,
        topic=planned.topic if planned else None,
        rows=seen.rows,
        properties=[_property(key, types.get(key), seen) for key in (*types, *rest)],
    )


def _property(name: str, planned: str | None, seen: _Seen) -> PropertyFill:
    kinds = seen.kinds.get(name, Counter())
    rows = kinds.total()
    return PropertyFill(
        name=name, planned=planned, seen_as=_looks_like(kinds), rows=rows, share=rows / seen.rows if seen.rows else 0.0
    )


def _looks_like(kinds: Counter[str]) -> str | None:
    """Return the one type that all values could have; text where they differ."""
    if not kinds:
        return None
    if kinds.keys() == {"integer", "number"}:
        return "number"
    return next(iter(kinds)) if len(kinds) == 1 else "string"
