"""Times of the day, hours, weekdays and dates as people write them: `09:00`, `20:00-09:00`, `monday`, `2026-11-27`.

All are where the user is, so none has a time zone.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from stream.definitions.expressions import WEEKDAYS
from stream.definitions.problems import nearest

_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199
"""A date of another year is a slip of the pen."""


def parse_time_of_day(text: str) -> int | None:
    """Return the minutes since midnight of `09:00`, or None where the text is no time of day; 23:59 is the last."""
    match = _TIME.fullmatch(text)
    return None if match is None else int(match[1]) * 60 + int(match[2])


def time_of_day_text(minute_of_day: int) -> str:
    """Write minutes since midnight as people read them, `09:00`."""
    return f"{minute_of_day // 60:02}:{minute_of_day % 60:02}"


def parse_hours(text: str) -> tuple[int, int] | None:
    """Return the minutes since midnight at which `20:00-09:00` starts and ends, or None where the text is no such.

    The end does not belong to it; where it is the lesser, it is that of the next day. None too where both are the same.
    """
    starts, _, ends = text.partition("-")
    both = parse_time_of_day(starts), parse_time_of_day(ends)
    if both[0] is None or both[1] is None or both[0] == both[1]:
        return None
    return both[0], both[1]


def hours_text(starts: int, ends: int) -> str:
    """Write when hours start and end, in minutes since midnight, as people read them, `20:00-09:00`."""
    return f"{time_of_day_text(starts)}-{time_of_day_text(ends)}"


def parse_weekday(text: str) -> str | None:
    """Return the weekday of that name, one of `WEEKDAYS`, or None where there is none."""
    return text if text in WEEKDAYS else None


def parse_date(text: str) -> date | None:
    """Return the date of `2026-11-27`, or None where the text is none or its year not `FIRST_YEAR` to `LAST_YEAR`."""
    if _DATE.fullmatch(text) is None:
        return None
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return None
    return on if FIRST_YEAR <= on.year <= LAST_YEAR else None


_WRITTEN: Final = re.compile(
    r"(\d{1,2})(?:\s*[:.h]\s*(\d\d))?(?::00)?\s*(?:h|uhr|o'clock)?\s*(?:([ap])\.?m\.?)?", re.ASCII | re.IGNORECASE
)
_DIGITS: Final = re.compile(r"(\d\d)(\d\d)", re.ASCII)
_ZONED: Final = re.compile(r"(\d\d:\d\d)(?::\d\d)?\s*(Z|UTC|GMT|[A-Z]{3,4}|[+-]\d\d:?\d\d|[A-Z]\w+/\w+)", re.ASCII)
_NAMED: Final[Mapping[str, str]] = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}


def meant_time_of_day(text: str) -> str:
    """Return how `9:00`, `9pm` or `24:00` is written here (`09:00`, `21:00`, `00:00`); "" where it means no time."""
    text = text.strip()
    match = _DIGITS.fullmatch(text) or _WRITTEN.fullmatch(text)
    if match is None:
        return _NAMED.get(text.lower(), "")
    hour, minute = int(match[1]), int(match[2] or 0)
    half = (match[3] or "").lower() if match.re is _WRITTEN else ""
    if half:
        if not 1 <= hour <= 12:
            return ""
        hour = hour % 12 + (12 if half == "p" else 0)
    if (hour, minute) == (24, 0):
        hour = 0
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else ""


def time_of_day_slip(text: str) -> str:
    """Say why a text is no time of day, and what was probably meant."""
    if (match := _ZONED.fullmatch(text.strip())) is not None and parse_time_of_day(match[1]) is not None:
        return f"{text!r} names a time zone, and times of day are those where the user is: write {match[1]}"
    if (meant := meant_time_of_day(text)) != "":
        return f"{text!r} is no time of day: write {meant}"
    if re.fullmatch(r"\d+:\d+", text, re.ASCII):
        return f"{text!r} is no time of day: they go from 00:00 to 23:59"
    return f"{text!r} is no time of day: write hours and minutes, as in 09:00"


_TO: Final = re.compile(r"\s*(?:[-−‐‑‒–—]|\.\.+|\bto\b|\buntil\b|\btill\b|\band\b)\s*", re.IGNORECASE)
_BEFORE: Final = re.compile(r"\A\s*(?:from|between)\s+", re.IGNORECASE)


def hours_slip(text: str) -> str:
    """Say why a text is no hours from one time of day to another, and what was probably meant."""
    parts = _TO.split(_BEFORE.sub("", text, count=1))
    if len(parts) != 2:
        return f"{text!r} is no hours of the day: write when they start and end, as in 20:00-09:00"
    meant = [meant_time_of_day(part) for part in parts]
    if "" in meant:
        return time_of_day_slip(parts[meant.index("")].strip())
    if meant[0] == meant[1]:
        return f"{text!r} ends where it starts: write two times that differ, as in 20:00-09:00"
    return f"{text!r} is no hours of the day: write {'-'.join(meant)}"


_SHORT: Final[Mapping[str, str]] = {
    **{name[:3]: name for name in WEEKDAYS},
    **{name[:2]: name for name in WEEKDAYS},
    **{f"{name}s": name for name in WEEKDAYS},
    "tues": "tuesday",
    "weds": "wednesday",
    "thur": "thursday",
    "thurs": "thursday",
    **{str(number): name for number, name in enumerate(WEEKDAYS, 1)},
    **dict.fromkeys(("weekend", "weekends"), "[saturday, sunday]"),
    **dict.fromkeys(("weekday", "weekdays", "workday", "workdays", "working_days"), f"[{', '.join(WEEKDAYS[:5])}]"),
}


def weekday_slip(text: str) -> str:
    """Say why a text is no weekday, and what was probably meant."""
    word = text.strip().strip(".").lower().replace(" ", "_")
    meant = word if word in WEEKDAYS else _SHORT.get(word) or nearest(word, WEEKDAYS)
    if meant:
        return f"{text!r} is no weekday: write {meant}"
    return f"{text!r} is no weekday: write its name, as in monday"


_PARTED: Final = re.compile(r"(\d{1,4})([-./])(\d{1,2})\2(\d{1,4})", re.ASCII)
_TIMED: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ].+", re.ASCII)


def date_slip(text: str) -> str:
    """Say why a text is no date, and what was probably meant."""
    if (timed := _TIMED.fullmatch(text)) is not None and parse_date(timed[1]) is not None:
        return f"{text!r} is more than a date: write {timed[1]}"
    if _DATE.fullmatch(text) is not None:
        if not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
            return f"{text!r} is no year of ours: dates go from {FIRST_YEAR} to {LAST_YEAR}"
        return f"{text!r} is no date: there is no such day"
    if (meant := _meant_date(text.strip())) != "":
        return f"{text!r} is no date: write {meant}"
    return f"{text!r} is no date: write year, month and day, as in 2026-11-27"


def _meant_date(text: str) -> str:
    """Return how a date with its parts in another order is written here; "" where that is in doubt."""
    if re.fullmatch(r"\d{8}", text, re.ASCII):
        orders = [(text[:4], text[4:6], text[6:])]
    elif (match := _PARTED.fullmatch(text)) is None:
        return ""
    elif len(match[1]) == 4:
        orders = [(match[1], match[3], match[4])]
    elif match[2] == "/":
        orders = [(match[4], match[1], match[3]), (match[4], match[3], match[1])]
    else:
        orders = [(match[4], match[3], match[1])]
    written = {f"{year}-{month.zfill(2)}-{day.zfill(2)}" for year, month, day in orders}
    found = [one for one in written if parse_date(one) is not None]
    return found[0] if len(found) == 1 else ""
