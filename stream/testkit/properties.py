"""From the text of a scenario's event to the event that the codec accepts."""

from collections.abc import Mapping
from typing import Final

from stream.definitions.problems import Problem, nearest
from stream.definitions.source import YamlList, YamlMap, YamlNode, YamlText
from stream.model.calls import Call
from stream.model.codec import Codec
from stream.model.errors import Rejected
from stream.model.events import Event
from stream.model.plan import PlannedEvent, Property, PropertyType
from stream.model.zones import zone_named
from stream.testkit.offsets import START_MS, parse_offset
from stream.testkit.scenarios import Given

_BOOLEANS: Final = {"true": True, "false": False}


def event_of(given: Given, planned: PlannedEvent, codec: Codec, problems: list[Problem]) -> Event | None:
    """Return the event as the codec accepts it; what it, or the plan, refuses is noted and answered with None."""
    if given.timezone is not None and zone_named(given.timezone) is None:
        problems.append(Problem(given.spot, f"there is no time zone {given.timezone!r}"))
    properties = _properties(given.properties, planned.properties, given.event, problems)
    if properties is None:
        return None
    call = Call(
        type="identify" if given.event == "identify" else "track",
        message_id=given.id,
        user_id=given.user,
        event=given.event,
        timestamp=START_MS + given.at_ms,
        context={"timezone": given.timezone} if given.timezone is not None else None,
    )
    if call.type == "identify":
        call.traits = properties
    else:
        call.properties = properties
    try:
        return codec.accept(call, record_id=given.id)
    except Rejected as rejection:
        problems.append(Problem(given.spot, f"the event is refused: {rejection}"))
        return None


def _properties(
    node: YamlMap | None, specs: Mapping[str, Property], of: str, problems: list[Problem]
) -> dict[str, object] | None:
    if node is None:
        return {}
    before = len(problems)
    values: dict[str, object] = {}
    for name, value in node.items.items():
        spec = specs.get(name)
        if spec is None:
            message = f"events.yaml gives {of!r} no property {name!r}"
            problems.append(Problem(node.key_spots[name], message, nearest(name, specs)))
        elif spec.of is not None:
            values[name] = _elements(value, spec.name, spec.of, problems)
        else:
            values[name] = _value(value, spec.type, problems)
    return values if len(problems) == before else None


def _elements(node: YamlNode, name: str, of: Mapping[str, Property], problems: list[Problem]) -> list[object]:
    items = node.items if isinstance(node, YamlList) else [node]
    maps = [item for item in items if isinstance(item, YamlMap)]
    if not isinstance(node, YamlList) or len(maps) < len(items):
        problems.append(Problem(node.spot, f"{name!r} is a list: write [{{PROPERTY: VALUE, ...}}, ...]"))
    return [_properties(item, of, f"{name}[]", problems) for item in maps]


def _value(node: YamlNode, kind: PropertyType, problems: list[Problem]) -> object:
    """Return text as the JSON value of its type; text that is no such value is left to the codec to refuse."""
    if not isinstance(node, YamlText):
        problems.append(Problem(node.spot, "a property's value is a plain word, number or text"))
        return None
    match kind:
        case "string" | "list":
            return node.text
        case "boolean":
            return _BOOLEANS.get(node.text, node.text)
        case "timestamp":
            offset_ms = parse_offset(node.text)
            return node.text if offset_ms is None else START_MS + offset_ms
        case "integer" | "number" | "money":
            return _number(node.text)


def _number(text: str) -> object:
    for parse in (int, float):
        try:
            return parse(text)
        except ValueError:
            continue
    return text
