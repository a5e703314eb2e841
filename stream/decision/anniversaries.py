"""Days until a date comes round again, in the user's time zone."""

from calendar import isleap
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from stream.decision.local_time import local_day
from stream.decision.reading import Reading
from stream.definitions.comparators import HOLDS
from stream.model.events import Scalar
from stream.model.profile import NEVER
from stream.model.zones import day_begins_ms

_LONGEST_DAYS: Final = 366
_LAST_YEAR: Final = 9_998


def days_to(zone: ZoneInfo, now_ms: int, told: Scalar | None) -> Reading:
    """Return the days until an anniversary; they change at the next midnight."""
    day, today = _date(told, zone), local_day(now_ms, zone)
    if day is None:
        return None, NEVER
    return (_next(day, today) - today).days, day_begins_ms(today + timedelta(days=1), zone)


def days_compare(zone: ZoneInfo, now_ms: int, told: Scalar | None, op: str, limit: float) -> Reading:
    """Compare the days until an anniversary with a number; the comparison changes at the midnight when it turns."""
    holds = HOLDS[op]
    day, today = _date(told, zone), local_day(now_ms, zone)
    if day is None:
        return None, NEVER
    left = (_next(day, today) - today).days
    value = holds(left, limit)
    for later in range(1, left + 1):
        if holds(left - later, limit) != value:
            return value, day_begins_ms(today + timedelta(days=later), zone)
    after = today + timedelta(days=left + 1)
    left = (_next(day, after) - after).days
    for later in range(left + 1):
        if holds(left - later, limit) != value:
            return value, day_begins_ms(after + timedelta(days=later), zone)
    # A year in which nothing turns may be followed by a leap year: it is asked again then.
    return value, day_begins_ms(after, zone) if -1 <= limit <= _LONGEST_DAYS else NEVER


def _next(day: date, today: date) -> date:
    found = _in_year(day, today.year)
    return found if found >= today else _in_year(day, today.year + 1)


def _in_year(day: date, year: int) -> date:
    """Return a date in another year; the 29th of February is the 28th where there is none."""
    is_missing = (day.month, day.day) == (2, 29) and not isleap(year)
    return date(year, 2, 28) if is_missing else date(year, day.month, day.day)


def _date(told: Scalar | None, zone: ZoneInfo) -> date | None:
    """Return the date of a timestamp where the zone is, or of a text that begins with one, `1990-02-28`."""
    if isinstance(told, str):
        try:
            return date.fromisoformat(told[:10]) if len(told[:10]) == len("1990-02-28") else None
        except ValueError:
            return None
    return local_day(int(told), zone) if told is not None else None
