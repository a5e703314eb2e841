"""How far a zone's clock is ahead of UTC, in the stretches of time over which that stays the same."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

_DAY_S: Final = 86_400
_DAYS_KEPT: Final = 32_768


class Stretch(NamedTuple):
    """The time `[starts_ms, ends_ms)` in which a zone's clock shows UTC and `ahead_ms` more."""

    starts_ms: int
    ends_ms: int
    ahead_ms: int


@lru_cache(_DAYS_KEPT)
def stretches_of(day: int, zone: ZoneInfo) -> tuple[Stretch, ...]:
    """Return the stretches of a day of UTC, by its number (0 for the first of 1970): one, or two if the clock is set.

    No zone has set its clock twice within six days since 1970 (time zone database 2026), so a day has one change.
    """
    starts_s, ends_s = day * _DAY_S, (day + 1) * _DAY_S
    before_s, after_s = _ahead_s(starts_s, zone), _ahead_s(ends_s, zone)
    if before_s == after_s:
        return (Stretch(starts_s * 1_000, ends_s * 1_000, before_s * 1_000),)
    least_s, most_s = starts_s, ends_s  # the clock is set after the one, and at the other at the latest
    while most_s - least_s > 1:
        middle_s = (least_s + most_s) // 2
        if _ahead_s(middle_s, zone) == before_s:
            least_s = middle_s
        else:
            most_s = middle_s
    if most_s == ends_s:
        return (Stretch(starts_s * 1_000, ends_s * 1_000, before_s * 1_000),)
    return (
        Stretch(starts_s * 1_000, most_s * 1_000, before_s * 1_000),
        Stretch(most_s * 1_000, ends_s * 1_000, after_s * 1_000),
    )


def _ahead_s(time_s: int, zone: ZoneInfo) -> int:
    shown = datetime.fromtimestamp(time_s, UTC).astimezone(zone).replace(tzinfo=UTC)
    return int(shown.timestamp()) - time_s
