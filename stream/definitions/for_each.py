"""`for_each` and `within` of `enter`: which users an event of a product starts a journey for."""

from collections.abc import Mapping
from typing import Final

from stream.definitions.journey_shapes import ForEach
from stream.definitions.problems import nearest
from stream.definitions.reading import Reader
from stream.definitions.shapes import ITEM_EVENTS
from stream.definitions.source import YamlMap, YamlNode
from stream.model.items import Concerned

_WHOM: Final[tuple[Concerned, ...]] = ("seen", "carted", "bought")
_MEANT: Final = {
    "product_viewed": "seen",
    "product_added": "carted",
    "order_completed": "bought",
    "viewed": "seen",
    "saw": "seen",
    "views": "seen",
    "cart": "carted",
    "added": "carted",
    "ordered": "bought",
    "purchased": "bought",
}
"""What is probably meant by other words."""


def read_for_each(reader: Reader, fields: Mapping[str, YamlNode], enter: YamlNode | None, event: str) -> ForEach | None:
    """Return whom an event of a product concerns; None for all other events, which are of one user already."""
    node, within = fields.get("for_each"), fields.get("within")
    if not isinstance(enter, YamlMap):
        return None
    if node is None:
        if within is not None:
            wrong = "'within' is how long ago the user saw, carted or bought the product: it needs `for_each`"
            reader.wrong(enter.key_spots["within"], wrong)
        if event in ITEM_EVENTS:
            why = f"{event} happens to a product, not to a user: say for whom, with for_each: {_listed()}"
            reader.wrong(fields["event"].spot, why)
        return None
    whom = _whom(reader, node)
    if event not in ITEM_EVENTS:
        _refuse(reader, fields, enter, event)
        return None
    within_ms = None if within is None else reader.duration(within, "within")
    return ForEach(whom, within_ms)


def _whom(reader: Reader, node: YamlNode) -> Concerned:
    text = reader.text(node, "for_each")
    found = next((whom for whom in _WHOM if whom == text), None)
    if found is None and text:
        message = f"for_each can be {_listed()}, not {text!r}"
        reader.wrong(node.spot, message, _MEANT.get(text) or nearest(text, _WHOM))
    return found or "seen"


def _refuse(reader: Reader, fields: Mapping[str, YamlNode], enter: YamlMap, event: str) -> None:
    """Say that other ways to enter are of one user, so that there is nobody to look for."""
    products = " and ".join(sorted(ITEM_EVENTS))
    if "event" not in fields:
        what = "a segment is entered by one user" if "segment" in fields else "it finds the users of an event"
        reader.wrong(enter.key_spots["for_each"], f"{what}: `for_each` goes with the events of products, {products}")
    elif event:  # else there is no such event, which is said already
        message = f"{event} is of one user already: `for_each` goes with the events of products, {products}"
        reader.wrong(enter.key_spots["for_each"], message, nearest(event, ITEM_EVENTS))


def _listed() -> str:
    return f"{', '.join(_WHOM[:-1])} or {_WHOM[-1]}"
