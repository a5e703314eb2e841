"""Taobao's user behaviour (Alibaba Tianchi): no header; user, item, category, behaviour, unix seconds."""

from collections.abc import Iterable, Iterator
from typing import Final

from stream.adapters.rows import Row, text_of
from stream.model.calls import Call
from stream.model.errors import Rejected

_EVENT_OF: Final = {
    "pv": "Product Viewed",
    "cart": "Product Added",
    "fav": "Product Added to Wishlist",
    "buy": "Order Completed",
}
_COLUMNS: Final = 5


def read_taobao(lines: Iterable[bytes], source: str) -> Iterator[Row]:
    """Yield a call for each row; a cart row adds one piece."""
    for number, line in enumerate(lines, 1):
        original = line.rstrip(b"\r\n")
        if original:
            yield Row(number, original, _call(text_of(original).split(","), f"{source}-{number}"))


def _call(cells: list[str], message_id: str) -> Call | Rejected:
    if len(cells) != _COLUMNS:
        return Rejected("missing_property", f"{len(cells)} columns, expected {_COLUMNS}")
    user, item, category, behaviour, seconds = cells
    properties: dict[str, object] = {"product_id": item, "category": category}
    if behaviour == "cart":
        properties["quantity"] = 1
    if behaviour == "buy":
        properties["products"] = [{"product_id": item, "category": category, "quantity": 1}]
    return Call(
        type="track",
        user_id=user or None,
        event=_EVENT_OF.get(behaviour),
        timestamp=int(seconds) * 1_000 if seconds.isdecimal() and len(seconds) < 16 else seconds or None,
        properties=properties,
        message_id=message_id,
    )
