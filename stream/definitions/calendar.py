"""`calendar.yaml`: named seasons, each some local days of one year or of every year.

    black_friday: {from: 2026-11-26, to: 2026-11-30}      # both days belong to it
    christmas: {from: 12-01, to: 12-24}                   # every year
    between_years: {from: 12-27, to: 01-06}
    easter: [{from: 2026-04-03, to: 2026-04-06}, {from: 2027-03-26, to: 2027-03-29}]

A condition asks `during(at, christmas)`. What a trait has counted stays counted when the calendar changes.
"""

import re
from datetime import date
from typing import Final

from stream.definitions.reading import Reader
from stream.definitions.seasons import DATED, Days, Season, Seasons
from stream.definitions.source import YamlList, YamlNode

FILE: Final = "calendar.yaml"

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARLY: Final = re.compile(r"\d\d-\d\d", re.ASCII)
_LEAP_YEAR: Final = "2024-"


def read_seasons(reader: Reader, node: YamlNode | None, *, is_there: bool) -> Seasons:
    """Read the calendar; without a file there are no seasons."""
    root = reader.map(node, FILE)
    if root is None:
        return Seasons(complete=not is_there)
    before, named = reader.count, {}
    for name, item in root.items.items():
        reader.name(name, root.key_spots[name], "a season")
        items = reader.items(item, f"the season {name}") if isinstance(item, YamlList) else [item]
        named[name] = Season(name, tuple(days for one in items if (days := _days(reader, one)) is not None))
    return Seasons(named, reader.count == before)


def _days(reader: Reader, node: YamlNode) -> Days | None:
    fields = reader.fields(node, "a season", ("from", "to"))
    first, last = (_day(reader, fields.get(field), field) for field in ("from", "to"))
    if first is None or last is None:
        return None
    if (first >= DATED) != (last >= DATED):
        reader.wrong(fields["to"].spot, "'from' and 'to' are both of one year (2026-11-26), or both of every year")
    elif last >= DATED and last < first:
        reader.wrong(fields["to"].spot, "this season ends before it begins")
    return Days(first, last)


def _day(reader: Reader, node: YamlNode | None, field: str) -> int | None:
    text = reader.text(node, f"{field!r}")
    if node is None or not text:
        return None
    written = text if _DATE.fullmatch(text) else f"{_LEAP_YEAR}{text}" if _YEARLY.fullmatch(text) else ""
    try:
        date.fromisoformat(written)
    except ValueError:
        reader.wrong(node.spot, f"{text!r} is no day: write 2026-11-26, or 11-26 for every year")
        return None
    return int(text.replace("-", ""))
