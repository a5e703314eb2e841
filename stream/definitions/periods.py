"""Calendar periods in definitions: `this: month`, `previous: 3 months`, `every: week`."""

import re
from collections.abc import Mapping
from typing import Final, get_args

from stream.definitions.problems import nearest
from stream.definitions.reading import Reader
from stream.definitions.shapes import CalendarSpan, Period
from stream.definitions.source import YamlMap, YamlNode

PERIODS: Final[tuple[Period, ...]] = get_args(Period)
PERIODS_MOST: Final = 100
"""How many periods back a trait can count: all of them are kept."""

_SEVERAL: Final = re.compile(r"(?:(\d{1,9}) +)?([a-z]+?)s?", re.ASCII)


def read_period(reader: Reader, node: YamlNode | None, field: str) -> Period | None:
    """Return a period by its name."""
    text = reader.text(node, f"{field!r}")
    found = next((period for period in PERIODS if period == text), None)
    if found is None and node is not None and text:
        names = f"{', '.join(PERIODS[:-1])} or {PERIODS[-1]}"
        reader.wrong(node.spot, f"{field!r} is {names}, not {text!r}", nearest(text, PERIODS))
    return found


def read_span(reader: Reader, fields: Mapping[str, YamlNode], node: YamlMap) -> CalendarSpan | None:
    """Return the periods that a trait counts; None where it counts a rolling window, or all time."""
    windows = [field for field in ("within", "this", "previous") if field in fields]
    for further in windows[1:]:
        reader.wrong(node.key_spots[further], f"{further!r} has no meaning beside {windows[0]!r}")
    if "previous" in fields:
        return _previous(reader, fields["previous"])
    this = read_period(reader, fields.get("this"), "this")
    return CalendarSpan(this) if this is not None else None


def _previous(reader: Reader, node: YamlNode) -> CalendarSpan | None:
    text = reader.text(node, "'previous'")
    match = _SEVERAL.fullmatch(text)
    every = next((period for period in PERIODS if match is not None and period == match[2]), None)
    if match is None or every is None:
        if text:
            near = nearest(match[2] if match else text, PERIODS)
            reader.wrong(node.spot, f"'previous' is a period or some of them, as in 3 months, not {text!r}", near)
        return None
    count = int(match[1] or 1)
    if not 0 < count <= PERIODS_MOST:
        reader.wrong(node.spot, f"'previous' can be 1 to {PERIODS_MOST} periods, since all of them are kept")
    return CalendarSpan(every, count)
