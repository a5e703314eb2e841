"""The user's time zone, and local days, weeks, months, quarters and years by number.

A local day begins at its first midnight, where the clock skips that at the first time there is, and lasts until the
next one begins. So days never overlap, also where a clock set back leads once more through the end of the day before.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from stream.definitions.expressions import MONTHS, WEEKDAYS, ZONE
from stream.definitions.seasons import Season
from stream.definitions.shapes import Period
from stream.model.profile import Profile
from stream.model.zones import day_begins_ms, numbered_day, zone_named

ZoneOf = Callable[[Profile], ZoneInfo]
"""Which time zone a user is in."""

_UTC: Final = ZoneInfo("UTC")
_DAY_MS: Final = 86_400_000
_MONDAY: Final = 3
"""The first of 1970 was a Thursday, the fourth day of its week."""

_MONTHS_OF: Final = {"month": 1, "quarter": 3, "year": 12}
_PERIODS_KEPT: Final = 65_536

LAG_MS: Final = 600_000
"""Ten minutes: so long after midnight the last user changes by time alone."""


def zone_reader(setting: str) -> ZoneOf:
    """Return what finds a user's zone: the one they told, else the last that a call brought, else the setting's."""
    otherwise = zone_named(setting) or _UTC

    def zone_of(profile: Profile) -> ZoneInfo:
        return known_zone(profile) or otherwise

    return zone_of


def known_zone(profile: Profile) -> ZoneInfo | None:
    """Return the zone a user told, else the last that a call brought; None where there is neither."""
    told = profile.identity.get(ZONE)
    zone = zone_named(told) if isinstance(told, str) else None
    if zone is None and profile.zone:
        zone = zone_named(profile.zone)
    return zone


def lag_ms(profile: Profile) -> int:
    """Return how long after a period's end time alone changes what counts for a user."""
    return profile.spread % LAG_MS


def period_number(time_ms: int, zone: ZoneInfo, every: Period) -> int:
    """Return the number of the local period of a time; consecutive ones have consecutive numbers."""
    number = _number_of_day(time_ms // _DAY_MS, every)  # no zone is a day or more away from UTC
    if time_ms < period_begins_ms(number, zone, every):
        return number - 1
    return number + 1 if time_ms >= period_begins_ms(number + 1, zone, every) else number


@lru_cache(_PERIODS_KEPT)
def period_begins_ms(number: int, zone: ZoneInfo, every: Period) -> int:
    """Return the first time of a local period; weeks begin on Monday."""
    return day_begins_ms(_first_day(number, every), zone)


@lru_cache(_PERIODS_KEPT)
def _number_of_day(day: int, every: Period) -> int:
    if every == "day":
        return day
    if every == "week":
        return (day + _MONDAY) // 7
    on = numbered_day(day)
    return ((on.year - 1970) * 12 + on.month - 1) // _MONTHS_OF[every]


def _first_day(number: int, every: Period) -> date:
    if every == "day":
        return numbered_day(number)
    if every == "week":
        return numbered_day(number * 7 - _MONDAY)
    year, month = divmod(number * _MONTHS_OF[every], 12)
    return date(1970 + year, month + 1, 1)


def weekday(time_ms: float, zone: ZoneInfo) -> str:
    """Return the name of the local weekday of a time."""
    return WEEKDAYS[(period_number(int(time_ms), zone, "day") + _MONDAY) % 7]


def month(time_ms: float, zone: ZoneInfo) -> str:
    """Return the name of the local month of a time."""
    return MONTHS[period_number(int(time_ms), zone, "month") % 12]


def hour(time_ms: float, zone: ZoneInfo) -> int:
    """Return the hour that the local clock shows at a time, 0 to 23."""
    return datetime.fromtimestamp(time_ms // 1_000, UTC).astimezone(zone).hour


def is_during(time_ms: float, zone: ZoneInfo, season: Season) -> bool:
    """Return whether the local day of a time lies in a season."""
    return season.holds(numbered_day(period_number(int(time_ms), zone, "day")))


def local_day(time_ms: int, zone: ZoneInfo) -> date:
    """Return the local day of a time."""
    return numbered_day(period_number(time_ms, zone, "day"))


PARTS: Final = {"weekday": weekday, "month": month, "hour": hour}
"""What reads each part of local time."""
