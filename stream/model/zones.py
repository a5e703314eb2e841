"""Local days: which one a time falls on in a time zone, and when one begins.

The zones are those of the time zone database that comes with Python or the system, read once each: a table, like the
decimals of currencies.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

_EPOCH: Final = date(1970, 1, 1)
_ZONES_KEPT: Final = 1_024


@lru_cache(maxsize=_ZONES_KEPT)
def zone_named(name: str) -> ZoneInfo | None:
    """Return a time zone by its name, `Europe/Berlin`, or None where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # an unknown name, one with strange characters, or one of a folder
        return None


@lru_cache(maxsize=1)
def zones_by_country() -> Mapping[str, tuple[str, ...]]:
    """Return the names of each country's zones, by its ISO 3166 code of two capitals, as in `zone.tab`."""
    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")  # the system's has no one place
    named: dict[str, list[str]] = {}
    for row in table.splitlines():
        if row and not row.startswith("#"):
            country, _, zone = row.split("\t")[:3]
            named.setdefault(country, []).append(zone)
    return {country: tuple(zones) for country, zones in named.items()}


def local_date(time_ms: int, zone: ZoneInfo) -> date:
    """Return the date at a time, where the zone is."""
    return datetime.fromtimestamp(time_ms // 1_000, UTC).astimezone(zone).date()


def day_begins_ms(day: date, zone: ZoneInfo) -> int:
    """Return the first time of a date, where the zone is; where the clock skips midnight, the first there is."""
    begins = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    if begins.astimezone(zone).date() < day:
        begins += timedelta(hours=1)
    return int(begins.timestamp()) * 1_000


def day_number(day: date) -> int:
    """Return the number of a date, 0 for the first of 1970."""
    return (day - _EPOCH).days


def numbered_day(number: int) -> date:
    """Return the date of a number."""
    return _EPOCH + timedelta(days=number)
