"""The user's time zone, and the local days and weeks by number."""

from typing import Final
from zoneinfo import ZoneInfo

from stream.definitions.expressions import ZONE
from stream.definitions.shapes import Period
from stream.model.profile import Profile
from stream.model.zones import day_begins_ms, day_number, local_date, numbered_day, zone_named

_UTC: Final = ZoneInfo("UTC")
_MONDAY: Final = 3
"""The first of 1970 was a Thursday, the fourth day of its week."""


def zone_of(profile: Profile) -> ZoneInfo:
    """Return the time zone that the user has told; UTC where none, or none that is known."""
    name = profile.identity.get(ZONE)
    return (zone_named(name) if isinstance(name, str) else None) or _UTC


def period_number(time_ms: int, zone: ZoneInfo, every: Period) -> int:
    """Return the number of the local day or week of a time; consecutive ones have consecutive numbers."""
    day = day_number(local_date(time_ms, zone))
    return day if every == "day" else (day + _MONDAY) // 7


def period_begins_ms(number: int, zone: ZoneInfo, every: Period) -> int:
    """Return the first time of a local day or week."""
    return day_begins_ms(numbered_day(number if every == "day" else number * 7 - _MONDAY), zone)
