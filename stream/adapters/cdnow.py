"""CDNOW's purchases (Fader and Hardie): no header; master id, sample id, date, quantity, value, between blanks."""

from collections.abc import Iterable, Iterator
from typing import Final

from stream.adapters.rows import Row, text_of
from stream.adapters.written import written_number, written_time
from stream.model.calls import Call
from stream.model.errors import Rejected

_SAMPLE_COLUMNS: Final = 5
_MASTER_COLUMNS: Final = 4


def read_cdnow(lines: Iterable[bytes], source: str) -> Iterator[Row]:
    """Yield an order for each row, at midnight UTC of its date; the user is the master id (both files have it)."""
    for number, line in enumerate(lines, 1):
        original = line.strip()
        if original:
            yield Row(number, original, _call(text_of(original).split(), f"{source}-{number}"))


def _call(cells: list[str], message_id: str) -> Call | Rejected:
    if len(cells) not in (_MASTER_COLUMNS, _SAMPLE_COLUMNS):
        return Rejected("missing_property", f"{len(cells)} columns, expected {_MASTER_COLUMNS} or {_SAMPLE_COLUMNS}")
    user, (date, quantity, value) = cells[0], cells[-3:]
    return Call(
        type="track",
        user_id=user,
        event="Order Completed",
        timestamp=written_time(date),
        properties={"total": value, "currency": "USD", "products": [{"quantity": written_number(quantity)}]},
        message_id=message_id,
    )
