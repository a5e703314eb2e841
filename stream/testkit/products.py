"""Products in scenarios: from what a line says of one to what the catalogue's codec accepts."""

from collections.abc import Iterable
from typing import Final

import msgspec

from stream.definitions.problems import Problem, nearest
from stream.definitions.source import YamlMap, YamlText
from stream.model.errors import Rejected
from stream.model.plan import Plan
from stream.model.products import Product, ProductCodec, ProductRecord
from stream.testkit.offsets import START_MS
from stream.testkit.scenarios import GivenProduct

_FIELDS: Final = tuple(name for name in ProductRecord.__struct_fields__ if name not in ("id", "updated_at"))
_NUMBERS: Final = ("price", "rating", "stock")
_BOOLEANS: Final = {"true": True, "false": False}


def products_of(
    given: Iterable[GivenProduct], plan: Plan, problems: list[Problem]
) -> tuple[tuple[int, str, Product], ...]:
    """Return what products are, each from its time on, in order of time; what is not told anew stays as it was."""
    codec, known = ProductCodec(plan), dict[str, dict[str, object]]()
    found: list[tuple[int, str, Product]] = []
    for each in sorted(given, key=lambda one: one.at_ms):
        told = known.setdefault(each.product, {})
        told.update(_fields(each.fields, problems))
        try:
            name, product = codec.decode(each.product.encode(), msgspec.json.encode(told))
        except Rejected as rejection:
            problems.append(Problem(each.spot, f"the product is refused: {rejection}"))
            continue
        if product is not None:
            found.append((START_MS + each.at_ms, name, product))
    return tuple(found)


def _fields(node: YamlMap | None, problems: list[Problem]) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, value in node.items.items() if node is not None else ():
        spot = value.spot if node is None else node.key_spots[name]
        if name not in _FIELDS:
            problems.append(Problem(spot, f"a product has no {name!r}", nearest(name, _FIELDS)))
        elif not isinstance(value, YamlText):
            problems.append(Problem(value.spot, f"{name!r} is a plain word, number or text"))
        else:
            values[name] = _value(name, value.text)
    return values


def _value(name: str, text: str) -> object:
    """Return text as the JSON value of its field; text that is no such value is left to the codec to refuse."""
    if name == "in_stock":
        return _BOOLEANS.get(text, text)
    if name not in _NUMBERS:
        return text
    try:
        return int(text) if name == "stock" else float(text)
    except ValueError:
        return text
