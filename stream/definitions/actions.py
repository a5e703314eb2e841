"""`actions.yaml`: what journeys can do, over which channel, for which purpose, with what payload."""

from typing import Final

from stream.definitions.picks import Payload
from stream.definitions.reading import Known, Reader, Vocabulary
from stream.definitions.shapes import Action
from stream.definitions.source import YamlMap, YamlNode

_VALID_FOR_MS: Final = 24 * 3_600_000


def known_actions(node: YamlNode | None, *, complete: bool) -> Known:
    """Return the names of all actions, those among them with mistakes too."""
    readable = node is None or isinstance(node, YamlMap)
    return Known("an action", tuple(node.items) if isinstance(node, YamlMap) else (), complete and readable)


def read_actions(reader: Reader, node: YamlNode | None, words: Vocabulary) -> dict[str, Action]:
    """Read all actions."""
    root = reader.map(node, "actions.yaml")
    if root is None:
        return {}
    for name in root.items:
        reader.name(name, root.key_spots[name], "an action")
    return {name: _action(reader, name, item, words) for name, item in root.items.items()}


def _action(reader: Reader, name: str, node: YamlNode, words: Vocabulary) -> Action:
    fields = reader.fields(node, "an action", ("channel", "purpose", "template"), ("valid_for", "payload"))
    return Action(
        name=name,
        channel=reader.text(fields.get("channel"), "the channel"),
        purpose=reader.text(fields.get("purpose"), "the purpose"),
        template=reader.text(fields.get("template"), "the template"),
        valid_for_ms=reader.duration(fields.get("valid_for"), "valid_for", default_ms=_VALID_FOR_MS),
        payload=_payload(reader, fields.get("payload"), words),
    )


def _payload(reader: Reader, node: YamlNode | None, words: Vocabulary) -> Payload:
    root = reader.map(node, "a payload")
    if root is None:
        return {}
    found = {name: reader.payload_value(item, f"{name!r}", words) for name, item in root.items.items()}
    return {name: value for name, value in found.items() if value is not None}
