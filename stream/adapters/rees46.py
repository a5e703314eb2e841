"""REES46's shop events: CSV with event_time, event_type, product_id, category_code, brand, price, user_id and more."""

from collections.abc import Iterable, Iterator
from typing import Final

from stream.adapters.csv_records import CsvFile, Record
from stream.adapters.rows import InputRefused, Row
from stream.adapters.written import written_time
from stream.model.calls import Call
from stream.model.errors import Rejected

_EVENT_OF: Final = {
    "view": "Product Viewed",
    "cart": "Product Added",
    "remove_from_cart": "Product Removed",
    "purchase": "Order Completed",
}
_COPIED: Final = {
    "product_id": "product_id",
    "category_code": "category",
    "brand": "brand",
    "user_session": "session_id",
}
_REQUIRED: Final = ("event_time", "event_type", "product_id", "price", "user_id")


def read_rees46(lines: Iterable[bytes], source: str) -> Iterator[Row]:
    """Yield a call for each row. Prices are US dollars, of one piece; a purchase is an order of it."""
    file = CsvFile(lines)
    missing = [column for column in _REQUIRED if column not in file.columns]
    if missing:
        raise InputRefused(f"not a rees46 file: its header has no {', '.join(missing)}")
    for record in file.records():
        yield Row(record.number, record.original, _call(record, file.columns, f"{source}-{record.number}"))


def _call(record: Record, columns: list[str], message_id: str) -> Call | Rejected:
    if isinstance(record.cells, Rejected):
        return record.cells
    cell = {column: text for column, text in zip(columns, record.cells, strict=True) if text}
    kind = cell.get("event_type", "")
    properties: dict[str, object] = {name: cell[column] for column, name in _COPIED.items() if column in cell}
    if "price" in cell:
        properties |= {"price": cell["price"], "currency": "USD"}
        if kind == "purchase":
            properties["total"] = cell["price"]
    if kind == "purchase":
        properties["products"] = [{**properties, "quantity": 1}]
    if kind in ("cart", "remove_from_cart"):
        properties["quantity"] = 1
    return Call(
        type="track",
        user_id=cell.get("user_id"),
        event=_EVENT_OF.get(kind),
        timestamp=written_time(cell["event_time"]) if "event_time" in cell else None,
        properties=properties,
        message_id=message_id,
    )
