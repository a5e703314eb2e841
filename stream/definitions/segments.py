"""`segments/NAME.yaml`: named groups, each by a condition over traits, the cart and other segments; or by tiers."""

from collections.abc import Mapping
from typing import Final

from stream.definitions.expressions import Constant, Expr
from stream.definitions.hashes import definition_hash
from stream.definitions.implication import implies
from stream.definitions.ordering import cycle_text, in_order
from stream.definitions.parsing import identifiers
from stream.definitions.reading import Reader, Vocabulary
from stream.definitions.shapes import Segment
from stream.definitions.source import YamlMap, YamlNode, YamlText
from stream.definitions.tiers import OTHERWISE, read_tiers, tier_texts

_CONDITIONS: Final = ("when", "exit")
_STAY: Final = "stay_at_least"
_FIELDS: Final = ("describe", *_CONDITIONS, _STAY, "tiers")


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
    return [text for field in _CONDITIONS if isinstance(text := fields.get(field), YamlText)] + tier_texts(node)


def _segment(reader: Reader, name: str, node: YamlNode, words: Vocabulary) -> Segment | None:
    if isinstance(node, YamlMap) and ("tiers" in node.items or reader.is_misspelt(node, ("tiers",), _FIELDS)):
        return _tiered(reader, name, node, words)
    fields = reader.fields(node, "a segment", ("when",), ("describe", "exit", _STAY))
    describe = reader.text(fields.get("describe"), "describe")
    when = reader.condition(fields.get("when"), "the condition of a segment", words)
    until = reader.condition(fields.get("exit"), "the condition of leaving", words)
    if when is None:
        return None
    if isinstance(when, Constant):
        reader.wrong(fields["when"].spot, "this condition never changes")
    elif until is not None:
        _refuse_empty(reader, fields["exit"], when, until)
    stay_ms = reader.duration(fields.get(_STAY), _STAY)
    return Segment(name, describe, when, until, definition_hash("segment", name, node), stay_ms=stay_ms)


def _refuse_empty(reader: Reader, node: YamlNode, when: Expr, until: Expr) -> None:
    """Note an exit that is true for all who could enter; an exit that is `false` keeps them for ever."""
    if (isinstance(until, Constant) and until.value is True) or implies(when, until):
        reader.wrong(node.spot, f"nobody could enter: whoever meets {when.text!r} meets {until.text!r} too")


def _tiered(reader: Reader, name: str, node: YamlMap, words: Vocabulary) -> Segment | None:
    for field in _CONDITIONS:
        if field in node.items:
            reader.wrong(node.key_spots[field], f"{field!r} has no meaning beside 'tiers'")
    fields = reader.fields(node, "a segment", ("tiers",), ("describe", *_CONDITIONS, _STAY))
    describe = reader.text(fields.get("describe"), "describe")
    tiers = read_tiers(reader, fields["tiers"], words) if "tiers" in fields else ()
    stay_ms = reader.duration(fields.get(_STAY), _STAY)
    if not tiers:
        return None
    everyone = Constant(type="boolean", text=OTHERWISE, value=True)
    return Segment(name, describe, everyone, None, definition_hash("segment", name, node), tiers, stay_ms)
