"""Cells of text files as values: times and numbers in the spellings that files have."""

import re
from typing import Final

from stream.model.times import parse_rfc3339

_NUMBER: Final = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?", re.ASCII)
_PLAIN_DATE: Final = re.compile(r"((?:19|20|21)\d\d)-?(\d\d)-?(\d\d)", re.ASCII)
_PLAIN_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(?: ?UTC)?", re.ASCII)

_MILLISECONDS_FROM: Final = 100_000_000_000
"""Epoch numbers from here on are milliseconds (1973), below it seconds (until the year 5138)."""


def written_time(cell: str) -> int | str:
    """Return a written time in milliseconds; the cell itself where it is none, for the codec to reject.

    Reads RFC 3339, `YYYY-MM-DD HH:MM:SS` with or without ` UTC`, dates (midnight UTC; `YYYYMMDD` too), and epoch
    seconds or milliseconds. A time without an offset is taken as UTC.
    """
    time_ms = parse_rfc3339(cell)
    if time_ms is None and (match := _PLAIN_TIME.fullmatch(cell)):
        time_ms = parse_rfc3339(f"{match[1]}T{match[2]}Z")
    if time_ms is None and (match := _PLAIN_DATE.fullmatch(cell)):
        time_ms = parse_rfc3339(f"{match[1]}-{match[2]}-{match[3]}T00:00:00Z")
    if time_ms is None and _NUMBER.fullmatch(cell):
        number = written_number(cell)
        if isinstance(number, int | float):
            time_ms = int(number if number >= _MILLISECONDS_FROM else number * 1_000)
    return cell if time_ms is None else time_ms


def written_number(cell: str) -> int | float | str:
    """Return a plain decimal number; the cell itself where it is none, for the codec to reject."""
    if _NUMBER.fullmatch(cell) is None:
        return cell
    return float(cell) if "." in cell else int(cell)


def written_boolean(cell: str) -> bool | str:
    """Return `true`, `yes`, `1` and their opposites as a boolean; the cell itself where it is none of them."""
    return _BOOLEANS.get(cell.lower(), cell)


_BOOLEANS: Final[dict[str, bool]] = {
    "true": True,
    "yes": True,
    "1": True,
    "false": False,
    "no": False,
    "0": False,
}
