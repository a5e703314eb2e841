"""`segments/NAME.yaml`: named groups, each by a condition over traits, the cart and other segments."""

from collections.abc import Mapping

from stream.definitions.expressions import Constant
from stream.definitions.hashes import definition_hash
from stream.definitions.ordering import cycle_text, in_order
from stream.definitions.parsing import identifiers
from stream.definitions.reading import Reader, Vocabulary
from stream.definitions.shapes import Segment
from stream.definitions.source import YamlMap, YamlNode, YamlText

_CONDITIONS = ("when", "exit")


def read_segments(reader: Reader, nodes: Mapping[str, YamlNode], words: Vocabulary) -> dict[str, Segment]:
    """Read all segments by name; they come in an order in which each stands after those it reads."""
    reads = {name: _reads(node) for name, node in nodes.items()}
    order, cycles = in_order(reads)
    for cycle in cycles:
        reader.wrong(_texts(nodes[cycle[0]])[0].spot, cycle_text(cycle))
    read = {name: _segment(reader, name, node, words) for name, node in nodes.items()}
    return {name: segment for name in order if (segment := read[name]) is not None}


def _reads(node: YamlNode) -> list[str]:
    names: set[str] = set()
    return sorted(names.union(*(identifiers(text.text) for text in _texts(node))))


def _texts(node: YamlNode) -> list[YamlText]:
    fields = node.items if isinstance(node, YamlMap) else {}
    return [text for field in _CONDITIONS if isinstance(text := fields.get(field), YamlText)]


def _segment(reader: Reader, name: str, node: YamlNode, words: Vocabulary) -> Segment | None:
    fields = reader.fields(node, "a segment", ("when",), ("describe", "exit"))
    describe = reader.text(fields.get("describe"), "describe")
    when = reader.condition(fields.get("when"), "the condition of a segment", words)
    until = reader.condition(fields.get("exit"), "the condition of leaving", words)
    if when is None:
        return None
    if isinstance(when, Constant):
        reader.wrong(fields["when"].spot, "this condition never changes")
    return Segment(name, describe, when, until, definition_hash("segment", name, node))
