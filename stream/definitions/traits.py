"""`traits.yaml`: named values computed from events, or from other traits."""

from collections.abc import Mapping
from typing import Final

import msgspec

from stream.definitions.aggregates import OPERATORS, OPTIONS, AggregateReading
from stream.definitions.expressions import FADING, Expr, Since, ValueType
from stream.definitions.hashes import definition_hash
from stream.definitions.ordering import cycle_text, in_order
from stream.definitions.parsing import identifiers
from stream.definitions.plan import Events
from stream.definitions.reading import Reader, Vocabulary
from stream.definitions.sequences import SEQUENCES, SequenceReading
from stream.definitions.shapes import Aggregate, Derived, Trait
from stream.definitions.source import YamlMap, YamlNode, YamlText

_OPERATOR_AS_OPTION: Final = {"gap": "last", "rate": "min", "sequence_rate": "min"}
"""Operators beside which the name of another one is an option: `{gap: order_completed, last: 10}`."""

_FIELDS: Final = (*OPERATORS, *OPTIONS, "value")


class Traits(msgspec.Struct, frozen=True):
    """The traits in order of reading, and the words that conditions may use of them."""

    traits: dict[str, Trait]
    types: dict[str, ValueType]
    doubtful: frozenset[str]


def read_traits(reader: Reader, node: YamlNode | None, events: Events, words: Vocabulary) -> Traits:
    """Read all traits; `words` says the currency, the seasons, and which segments there are, which no trait reads."""
    root = reader.map(node, "traits.yaml")
    if root is None:
        return Traits({}, {}, frozenset())
    traits: dict[str, Trait] = {}
    derived: dict[str, YamlText] = {}
    for name, item in root.items.items():
        if reader.name(name, root.key_spots[name], "a trait") and name in words.identity:
            reader.wrong(root.key_spots[name], f"identify has a property {name!r} already")
        found = _trait(reader, name, item, events, words)
        if isinstance(found, YamlText):
            derived[name] = found
        elif found is not None:
            traits[name] = found
    _add_derived(reader, traits, derived, words, root)
    types = {name: _type_of(trait) for name, trait in traits.items()}
    return Traits(traits, types, frozenset(root.items.keys() - types.keys()))


def _type_of(trait: Trait) -> ValueType:
    return trait.type if isinstance(trait, Aggregate) else trait.value.type


def _trait(reader: Reader, name: str, node: YamlNode, events: Events, words: Vocabulary) -> Aggregate | YamlText | None:
    """Return the aggregate, or the expression of a derived trait; None where it is wrong."""
    if not isinstance(node, YamlMap):
        reader.map(node, f"the trait {name}")
        return None
    fields = reader.fields(node, "a trait", (), _FIELDS)
    further = {_OPERATOR_AS_OPTION.get(field) for field in fields}
    heads = [field for field in fields if field not in OPTIONS and field not in further]
    if len(heads) != 1:
        ways = (*OPERATORS, "value")
        if heads or not reader.is_misspelt(node, ways, _FIELDS):
            reader.wrong(node.spot, f"a trait needs {'only ' if heads else ''}one of {', '.join(ways)}")
        return None
    if heads == ["value"]:
        for option in fields.keys() & set(OPTIONS):
            reader.wrong(node.key_spots[option], f"{option!r} has no meaning beside 'value'")
        value = fields["value"]
        return value if reader.text(value, "the value") and isinstance(value, YamlText) else None
    op = next(op for op in OPERATORS if op == heads[0])
    reading = SequenceReading if op in SEQUENCES else AggregateReading
    return reading(reader, op, events, words).read(name, node, fields)


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
        types = {**words.traits, **{known: _type_of(trait) for known, trait in traits.items()}}
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
    if isinstance(value, Since) or (value is not None and value.type in FADING):
        other = "a duration" if isinstance(value, Since) else "a number"
        reader.wrong(node.spot, f"{value.text} changes all the time: compare it with {other}, where it is needed")
        return None
    return value
