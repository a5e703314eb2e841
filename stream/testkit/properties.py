"""From the text of a scenario's event to the event that the codec accepts."""

from typing import Final

from stream.definitions.problems import Problem, nearest
from stream.definitions.source import YamlMap, YamlNode, YamlText
from stream.model.calls import Call
from stream.model.codec import Codec
from stream.model.errors import Rejected
from stream.model.events import Event
from stream.model.plan import PlannedEvent, PropertyType
from stream.testkit.offsets import START_MS, parse_offset
from stream.testkit.scenarios import Given

_BOOLEANS: Final = {"true": True, "false": False}


def event_of(given: Given, planned: PlannedEvent, codec: Codec, problems: list[Problem]) -> Event | None:
    """Return the event as the codec accepts it; what it, or the plan, refuses is noted and answered with None."""
    properties = _properties(given.properties, planned, problems)
    if properties is None:
        return None
    call = Call(
        type="identify" if given.event == "identify" else "track",
        message_id=given.id,
        user_id=given.user,
        event=given.event,
        timestamp=START_MS + given.at_ms,
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


def _properties(node: YamlMap | None, planned: PlannedEvent, problems: list[Problem]) -> dict[str, object] | None:
    if node is None:
        return {}
    before = len(problems)
    values: dict[str, object] = {}
    for name, value in node.items.items():
        spec = planned.properties.get(name)
        if spec is not None:
            values[name] = _value(value, spec.type, problems)
        else:
            message = f"events.yaml gives {planned.name!r} no property {name!r}"
            problems.append(Problem(node.key_spots[name], message, nearest(name, planned.properties)))
    return values if len(problems) == before else None


def _value(node: YamlNode, kind: PropertyType, problems: list[Problem]) -> object:
    """Return text as the JSON value of its type; text that is no such value is left to the codec to refuse."""
    if not isinstance(node, YamlText):
        problems.append(Problem(node.spot, "a property's value is a plain word, number or text"))
        return None
    match kind:
        case "string":
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
