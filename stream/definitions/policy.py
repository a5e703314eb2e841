"""`policy.yaml`: what disposes of the triggers that journeys propose."""

from typing import Final

from stream.definitions.reading import Known, Reader
from stream.definitions.shapes import Cap, Policy
from stream.definitions.source import YamlNode

_MAX_TRIGGER_AGE_MS: Final = 4 * 3_600_000
"""Four hours: who is told later than that has long moved on."""


def read_policy(reader: Reader, node: YamlNode | None, channels: Known) -> Policy:
    """Read the policy; without a file there are no caps."""
    fields = reader.fields(node, "the policy", (), ("caps", "max_trigger_age"))
    caps = tuple(_cap(reader, item, channels) for item in reader.items(fields.get("caps"), "caps"))
    age_ms = reader.duration(fields.get("max_trigger_age"), "max_trigger_age", default_ms=_MAX_TRIGGER_AGE_MS)
    return Policy(caps, age_ms)


def _cap(reader: Reader, node: YamlNode, channels: Known) -> Cap:
    fields = reader.fields(node, "a cap", ("channel", "at_most", "within"))
    return Cap(
        reader.reference(fields.get("channel"), channels),
        reader.whole(fields.get("at_most"), "at_most", least=1),
        reader.duration(fields.get("within"), "within"),
    )
