"""Hours of the week, by the local clock: 0 is Monday from 00:00 to 01:00, 167 is Sunday from 23:00."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from stream.definitions.expressions import WEEKDAYS

HOURS: Final = 168

_HOUR_MS: Final = 3_600_000
_THURSDAY: Final = 72
"""The first of 1970 was a Thursday: so many hours into its week."""


def hour_of_week(time_ms: int, zone: ZoneInfo) -> int:
    """Return which hour of the week the local clock shows at a time."""
    return _hour_at(_local_ms(time_ms, zone))


def hours_between(after_ms: int, until_ms: int, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    """Yield when the local clock next comes to another hour, and which, in `(after, until]`, hour by hour.

    These are hours that pass, not hours that are written: what the clock skips does not come, and what it shows twice
    comes twice. A time between two whole hours to which the clock jumps is when that hour begins.
    """
    at_ms, local_ms = after_ms, _local_ms(after_ms, zone)
    while True:
        at_ms += _HOUR_MS - local_ms % _HOUR_MS
        if at_ms > until_ms:
            return
        local_ms = _local_ms(at_ms, zone)
        yield at_ms, _hour_at(local_ms)


def shown_hour(hour: int) -> str:
    """Return an hour of the week as people write it: `Tuesday 18:00-19:00`."""
    day, begins = divmod(hour, 24)
    return f"{WEEKDAYS[day].capitalize()} {begins:02d}:00-{begins + 1:02d}:00"


def _hour_at(local_ms: int) -> int:
    return (local_ms // _HOUR_MS + _THURSDAY) % HOURS


def _local_ms(time_ms: int, zone: ZoneInfo) -> int:
    """Return a time as its zone's clock shows it."""
    offset = datetime.fromtimestamp(time_ms // 1_000, UTC).astimezone(zone).utcoffset()
    assert offset is not None  # a zone of the database has one at any time
    return time_ms + int(offset.total_seconds()) * 1_000
