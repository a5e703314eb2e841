"""`tables/clv.yaml`: what is expected of customers, as `stream fit clv` learnt it from history.

    fitted: {by: stream fit clv, from: orders.jsonl, until: 2024-06-30T23:59:59Z, users: 2357}
    reads: {count: orders, first: first_order_at, last: last_order_at, sum: spend}
    purchases: {r: 0.243, alpha: 30.9, a: 0.793, b: 2.426}    # BG/NBD; alpha in days
    order_value: {p: 6.25, q: 3.74, v: 15.44}                 # Gamma-Gamma; v in the unit; may be left out
    unit: USD

`reads` names the traits that hold a customer's history: how many orders, the first, the last, what they came to.
"""

from collections.abc import Mapping
from typing import Final

from stream.definitions.expressions import OrderValue, PurchaseModel, ValueType
from stream.definitions.problems import nearest
from stream.definitions.reading import Reader, Vocabulary, article
from stream.definitions.shapes import Aggregate, Trait
from stream.definitions.source import YamlMap, YamlNode, YamlText
from stream.model.money import exponent

NAME: Final = "clv"
READS: Final[Mapping[str, ValueType]] = {"count": "number", "first": "timestamp", "last": "timestamp", "sum": "money"}
MOST: Final[Mapping[str, float]] = {"r": 30, "alpha": 36_600, "a": 100, "b": 10_000, "p": 1e6, "q": 1e6, "v": 1e12}
"""Parameters beyond these are no fit but a failure to fit; up to here the closed forms are tested."""


def read_model(reader: Reader, node: YamlNode, currency: str) -> PurchaseModel | None:
    """Return the model, or None where something is wrong with its table."""
    before = reader.count
    allowed = ("describe", "fitted", "order_value", "unit")
    fields = reader.fields(node, "this table", ("reads", "purchases"), allowed)
    origin = reader.fields(fields.get("fitted"), "'fitted'", (), ("by", "from", "until", "users"))
    for word, told in {**origin, **{word: fields[word] for word in ("describe",) if word in fields}}.items():
        reader.text(told, f"{word!r}")
    named = reader.fields(fields.get("reads"), "'reads'", [word for word in READS if word != "sum"], ("sum",))
    reads = {word: reader.text(trait, f"{word!r}") for word, trait in named.items()}
    if "order_value" in fields and "reads" in fields and "sum" not in named and reader.count == before:
        reader.wrong(fields["reads"].spot, "beside 'order_value' this needs the field 'sum'")
    purchases = _parameters(reader, fields, "purchases", ("r", "alpha", "a", "b"))
    value = _parameters(reader, fields, "order_value", ("p", "q", "v"))
    if value and value["q"] <= 1:
        reader.wrong(fields["order_value"].spot, "'q' must be more than 1: else there is no mean to expect")
    unit = reader.text(fields.get("unit"), "'unit'")
    if "order_value" in fields and unit != currency:
        reader.wrong(node.spot, f"orders are kept in the shop's currency: this table needs `unit: {currency}`")
    if reader.count > before:
        return None
    order_value = OrderValue(value["p"], value["q"], value["v"] * 10 ** exponent(currency)) if value else None
    return PurchaseModel(**purchases, reads=reads, order_value=order_value)


def check_model(reader: Reader, node: YamlNode | None, words: Vocabulary, traits: Mapping[str, Trait]) -> None:
    """Note the traits a model reads that there are not, or that are of another kind than it needs."""
    reads = node.items.get("reads") if isinstance(node, YamlMap) else None
    for word, named in reads.items.items() if isinstance(reads, YamlMap) else ():
        name = named.text.strip() if isinstance(named, YamlText) else ""
        kind, wanted = words.traits.get(name), READS.get(word)
        if wanted is None or not name or name in words.doubtful or not words.complete:
            continue
        if kind is None:
            reader.wrong(named.spot, f"there is no trait {name!r}", nearest(name, words.traits))
        elif kind != wanted:
            reader.wrong(named.spot, f"{word!r} is {article(wanted)}; {name} is {article(kind)}")
        elif not isinstance(traits.get(name), Aggregate):
            reader.wrong(named.spot, f"{word!r} is fed by events; {name} is not")


def _parameters(reader: Reader, fields: Mapping[str, YamlNode], name: str, names: tuple[str, ...]) -> dict[str, float]:
    """Return the parameters of a part of the model; none where one is wrong or missing."""
    found: dict[str, float] = {}
    for parameter, told in reader.fields(fields.get(name), f"{name!r}", names).items():
        value = reader.number(told, f"{parameter!r}")
        if value is not None and not 0 < value <= MOST[parameter]:
            reader.wrong(told.spot, f"{parameter!r} is more than 0 and at most {MOST[parameter]:g}, not {value:g}")
        elif value is not None:
            found[parameter] = value
    return found if len(found) == len(names) else {}
