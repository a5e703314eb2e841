"""`tables/NAME.yaml`: frozen tables, written by `stream fit` and readable by people; NAME is the trait it is about.

    fitted: {by: stream fit rfm, from: orders.jsonl, until: 2024-06-30T23:59:59Z, users: 2357}
    unit: USD                           # days for durations and for times, nothing for plain numbers
    scores: [20.77, 37.96, 73.5, 161]   # 4 cut points: score(x) is 1 up to the first, 5 above the last
    percentiles: [...]                  # 99 cut points: percentile(x) is how many of them lie below

Of a time they part how long ago it was, and the latest rank highest. What customers are worth stands in a table of
its own kind, `tables/clv.yaml`.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from stream.definitions.cut_points import PERCENTILES, RANKED_TYPES, SCORES, CutPoints, Tables, unit_of
from stream.definitions.problems import Spot, nearest
from stream.definitions.purchase_model import NAME as MODEL
from stream.definitions.purchase_model import read_model
from stream.definitions.reading import Reader, Vocabulary, article
from stream.definitions.source import YamlNode

FOLDER: Final = "tables"
FITTED: Final = ("by", "from", "until", "users")
"""What a table says of its origin, each a text for people."""

_NUMBER: Final = re.compile(r"-?\d{1,18}(\.\d{1,27})?", re.ASCII)


def file_of(name: str) -> str:
    """Return where the table of a trait stands."""
    return f"{FOLDER}/{name}.yaml"


def read_tables(reader: Reader, nodes: Mapping[str, YamlNode | None], currency: str, *, fitting: bool) -> Tables:
    """Read all tables, by name; `fitting` says that some may be missing, since they are about to be written."""
    read = {name: _cut_points(reader, node) for name, node in nodes.items() if name != MODEL}
    cuts = {name: found for name, found in read.items() if found is not None}
    node = nodes.get(MODEL)
    model = read_model(reader, node, currency) if node is not None else None
    known = cuts.keys() | ({MODEL} if model is not None else set())
    return Tables(cuts, frozenset(nodes.keys() - known), not fitting, model)


def check_tables(reader: Reader, words: Vocabulary) -> None:
    """Note the tables that are of no trait, or in another unit than their trait is."""
    for name, cuts in words.tables.cuts.items():
        spot, kind = Spot(file_of(name), 1, 1), words.traits.get(name)
        if kind is None and words.complete and name not in words.doubtful:
            reader.wrong(spot, f"there is no trait {name!r}", nearest(name, words.traits))
        elif kind is not None and kind not in RANKED_TYPES:
            reader.wrong(spot, f"{name} is {article(kind)}, which has no order: there are no cut points of it")
        elif kind is not None and cuts.unit != unit_of(kind, words.currency):
            reader.wrong(spot, f"{name} is {article(kind)}, so that {_unit_needed(unit_of(kind, words.currency))}")


def _unit_needed(unit: str) -> str:
    return f"its table needs `unit: {unit}`" if unit else "its table has no 'unit'"


def _cut_points(reader: Reader, node: YamlNode | None) -> CutPoints | None:
    if node is None:
        return None
    before = reader.count
    fields = reader.fields(node, "a table", (), ("describe", "fitted", "unit", "scores", "percentiles"))
    reader.text(fields.get("describe"), "describe")
    origin = reader.fields(fields.get("fitted"), "'fitted'", (), FITTED)
    for word, told in origin.items():
        reader.text(told, f"{word!r}")
    if not fields.keys() & {"scores", "percentiles"} and reader.count == before:
        reader.wrong(node.spot, "a table needs 'scores' or 'percentiles'")
    found = CutPoints(
        reader.text(fields.get("unit"), "'unit'"),
        _ascending(reader, fields.get("scores"), "'scores'", SCORES),
        _ascending(reader, fields.get("percentiles"), "'percentiles'", PERCENTILES),
    )
    return found if reader.count == before else None


def _ascending(reader: Reader, node: YamlNode | None, of: str, count: int) -> tuple[Decimal, ...]:
    """Return so many numbers, none smaller than the one before."""
    items = reader.items(node, of)
    if node is not None and items and len(items) != count:
        reader.wrong(node.spot, f"{of} has {count} cut points, not {len(items)}")
    cuts: list[Decimal] = []
    for item in items:
        text = reader.text(item, "a cut point")
        if text and _NUMBER.fullmatch(text) is None:
            reader.wrong(item.spot, f"a cut point is a number in plain digits, not {text!r}")
        elif text:
            if cuts and Decimal(text) < cuts[-1]:
                reader.wrong(item.spot, f"{of} ascend: {text} cannot come after {cuts[-1]}")
            cuts.append(Decimal(text))
    return tuple(cuts)
