"""`traits.yaml`: named values computed from events, or from other traits."""

from collections.abc import Mapping, Sequence
from typing import Final, get_args

import msgspec

from stream.definitions.expressions import Expr, Since, ValueType
from stream.definitions.hashes import definition_hash
from stream.definitions.ordering import cycle_text, in_order
from stream.definitions.parsing import identifiers
from stream.definitions.plan import Events
from stream.definitions.problems import nearest
from stream.definitions.reading import Reader, Vocabulary, article
from stream.definitions.shapes import Aggregate, Aggregation, Derived, Trait
from stream.definitions.source import YamlMap, YamlNode, YamlText
from stream.model.plan import PropertyType

OPERATORS: Final[tuple[Aggregation, ...]] = get_args(Aggregation)
_FIELDS: Final = (*OPERATORS, "within", "value")

_ACCEPTED: Final[Mapping[Aggregation, tuple[PropertyType, ...]]] = {
    "sum": ("integer", "number", "money"),
    "avg": ("integer", "number", "money"),
    "min": ("integer", "number", "money", "timestamp"),
    "max": ("integer", "number", "money", "timestamp"),
    "top": ("string",),
}
"""The types of property an operator works on; one that is not listed works on all."""

_VALUE_TYPES: Final[Mapping[PropertyType, ValueType]] = {
    "integer": "number",
    "number": "number",
    "money": "money",
    "string": "string",
    "boolean": "boolean",
    "timestamp": "timestamp",
}


class Traits(msgspec.Struct, frozen=True):
    """The traits in order of reading, and the words that conditions may use of them."""

    traits: dict[str, Trait]
    types: dict[str, ValueType]
    doubtful: frozenset[str]


def read_traits(reader: Reader, node: YamlNode | None, events: Events, words: Vocabulary) -> Traits:
    """Read all traits; `words` says the currency, and which segments there are (a trait cannot read them)."""
    root = reader.map(node, "traits.yaml")
    if root is None:
        return Traits({}, {}, frozenset())
    traits: dict[str, Trait] = {}
    derived: dict[str, YamlText] = {}
    for name, item in root.items.items():
        reader.name(name, root.key_spots[name], "a trait")
        found = _trait(reader, name, item, events)
        if isinstance(found, YamlText):
            derived[name] = found
        elif found is not None:
            traits[name] = found
    _add_derived(reader, traits, derived, words, root)
    types = {name: _type_of(trait) for name, trait in traits.items()}
    return Traits(traits, types, frozenset(root.items.keys() - types.keys()))


def _type_of(trait: Trait) -> ValueType:
    return trait.type if isinstance(trait, Aggregate) else trait.value.type


def _trait(reader: Reader, name: str, node: YamlNode, events: Events) -> Aggregate | YamlText | None:
    """Return the aggregate, or the expression of a derived trait; None where it is wrong."""
    if not isinstance(node, YamlMap):
        reader.map(node, f"the trait {name}")
        return None
    fields = reader.fields(node, "a trait", (), _FIELDS)
    heads = [field for field in fields if field != "within"]
    if len(heads) != 1:
        ways = (*OPERATORS, "value")
        if heads or not reader.is_misspelt(node, ways, _FIELDS):
            reader.wrong(node.spot, f"a trait needs {'only ' if heads else ''}one of {', '.join(ways)}")
        return None
    if heads == ["value"]:
        if "within" in fields:
            reader.wrong(node.key_spots["within"], "'within' has no meaning beside 'value'")
        value = fields["value"]
        return value if reader.text(value, "the value") and isinstance(value, YamlText) else None
    op = next(op for op in OPERATORS if op in fields)
    return _Aggregation(reader, op, events).read(name, node, fields)


class _Aggregation(msgspec.Struct, frozen=True):
    reader: Reader
    op: Aggregation
    events: Events

    def read(self, name: str, node: YamlMap, fields: Mapping[str, YamlNode]) -> Aggregate | None:
        within = fields.get("within")
        within_ms = self.reader.duration(within, "within") if within is not None else None
        source = fields[self.op]
        text = self.reader.text(source, f"{self.op!r}")
        if not text or not isinstance(source, YamlText):
            return None
        event, dot, prop = text.partition(".")
        if not self._known(source, event):
            return None
        if self.op == "count":
            if dot:
                self.reader.wrong(source.spot, f"'count' takes an event, not a property: write {event!r}")
            kind: ValueType | None = "number"
        else:
            kind = self._type(source, event, prop)
        if kind is None:
            return None
        return Aggregate(name, self.op, event, prop or None, within_ms, kind, definition_hash("trait", name, node))

    def _known(self, source: YamlText, event: str) -> bool:
        known = not self.events.complete or event in self.events.types
        if not known:
            self.reader.wrong(source.spot, f"there is no event {event!r}", nearest(event, self.events.types))
        return known

    def _type(self, source: YamlText, event: str, prop: str) -> ValueType | None:
        """Return the type of the trait's value, noting a property that is missing, unknown or of another type."""
        if not prop:
            self.reader.wrong(source.spot, f"{self.op!r} takes a property of an event, as in {event}.PROPERTY")
            return None
        kind = self.events.property_type(self.reader, event, source, prop)
        if kind is None:
            return None
        accepted = _ACCEPTED.get(self.op, (kind,))
        if kind not in accepted:
            self.reader.wrong(source.spot, f"{self.op!r} needs {_listed(accepted)}; {source.text} is {article(kind)}")
            return None
        return "number" if self.op == "distinct" else _VALUE_TYPES[kind]


def _listed(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _add_derived(
    reader: Reader, traits: dict[str, Trait], derived: Mapping[str, YamlText], words: Vocabulary, root: YamlMap
) -> None:
    """Type the derived traits, each after those it reads, and add them to `traits`."""
    reads = {name: sorted(identifiers(value.text)) for name, value in derived.items()}
    order, cycles = in_order(reads)
    for cycle in cycles:
        reader.wrong(derived[cycle[0]].spot, cycle_text(cycle))
    doubtful = root.items.keys() - traits.keys() - derived.keys()
    doubtful |= {name for cycle in cycles for name in cycle}
    for name in order:
        types = {known: _type_of(trait) for known, trait in traits.items()}
        told = msgspec.structs.replace(words, traits=types, doubtful=frozenset(doubtful - types.keys()))
        value = _derived_value(reader, derived[name], told)
        if value is None:
            doubtful.add(name)
        elif name not in doubtful:
            traits[name] = Derived(name, value, definition_hash("trait", name, root.items[name]))


def _derived_value(reader: Reader, node: YamlText, words: Vocabulary) -> Expr | None:
    segments = sorted(identifiers(node.text) & words.segments - words.traits.keys())
    if segments:
        reader.wrong(node.spot, f"a trait cannot read a segment ({segments[0]}): segments read traits")
        return None
    value = reader.expression(node, "the value", words)
    if isinstance(value, Since):
        reader.wrong(node.spot, f"{value.text} changes all the time: compare it with a duration, where it is needed")
        return None
    return value
