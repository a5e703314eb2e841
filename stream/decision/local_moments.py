"""When it will be a time of day, a weekday or a date where a user is.

Every local date has each time of the day once: the first moment at which the clock shows that time or a later one.
- Where the clock is set forward over it, that is the first moment after the gap: 02:30 is 03:00 on that day.
- Where the clock is set back and shows it twice, it is the first of the two. Who comes between them waits for the next
  day, so that nothing happens twice a day.
- A date that a zone left out altogether (Samoa, 30 December 2011) comes neither as a day nor as a weekday. Asked for by
  its name, it is the first moment of the day after.
"""

from collections.abc import Collection
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from stream.decision.offsets import stretches_of
from stream.definitions.expressions import WEEKDAYS
from stream.model.zones import day_number, local_date, numbered_day

_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 86_400_000


def local_moment_ms(on: date, zone: ZoneInfo, minute_of_day: int) -> int:
    """Return when the clock of a zone first shows a time of a date (0 to 1439, in minutes) or, if skipped, a later."""
    day = day_number(on)
    shown_ms = day * _DAY_MS + minute_of_day * _MINUTE_MS
    for near in (day - 1, day, day + 1):  # no zone is a day or more away from UTC
        for starts_ms, ends_ms, ahead_ms in stretches_of(near, zone):
            if shown_ms < ends_ms + ahead_ms:
                return max(starts_ms, shown_ms - ahead_ms)
    raise AssertionError(f"{zone} is a day or more behind UTC on {on}")


def next_time_of_day_ms(now_ms: int, zone: ZoneInfo, minute_of_day: int) -> int:
    """Return the first moment, at or after now, at which it is a time of day (0 to 1439, in minutes) in a zone."""
    return next_weekday_ms(now_ms, zone, WEEKDAYS, minute_of_day)


def next_weekday_ms(now_ms: int, zone: ZoneInfo, weekdays: Collection[str], minute_of_day: int) -> int:
    """Return the first moment, at or after now, of a time of day on one of some weekdays (`WEEKDAYS`) in a zone.

    A weekday is that of the date asked for, also where its time was skipped up to the end of the day. Raises ValueError
    where no weekday is given.
    """
    today = day_number(local_date(now_ms, zone))
    for number in range(today - 1, today + _DAYS_LOOKED_AT):  # yesterday's, if skipped, may be only now
        on = numbered_day(number)
        if WEEKDAYS[on.weekday()] in weekdays:
            moment_ms = local_moment_ms(on, zone, minute_of_day)
            if moment_ms >= now_ms and not _is_left_out(on, zone, moment_ms):
                return moment_ms
    raise ValueError(f"no weekday among {sorted(weekdays)}")


_DAYS_LOOKED_AT: Final = 16
"""A week may go by since today's time is past, and another because the date is left out."""


def _is_left_out(on: date, zone: ZoneInfo, moment_ms: int) -> bool:
    """Say whether a date has no time at all, given when the clock first shows one of its times or a later one."""
    return local_date(moment_ms, zone) > on and local_moment_ms(on, zone, 0) == moment_ms
