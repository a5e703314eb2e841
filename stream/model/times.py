"""Times as people and machines write them, and as we keep them: UTC integer milliseconds since 1970."""

import re
from datetime import UTC, datetime
from typing import Final

END_OF_TIME_MS: Final = 7_258_118_400_000
"""2200-01-01. Event times lie from 1970 to before this; another is a slip of a unit or a broken clock."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LEAP_SECOND: Final = re.compile(r"(?<=:\d\d:)60")


def parse_rfc3339(text: str) -> int | None:
    """Return RFC 3339 text as milliseconds, fractions of them cut off; None where it is none, or names no offset.

    A leap second counts as the first of the next minute, as POSIX time has it.
    """
    if _RFC3339.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _parse_unusual(text.upper())
    return _milliseconds(moment)


def _parse_unusual(text: str) -> int | None:
    """Parse what `fromisoformat` does not: lower case letters and leap seconds."""
    ordinary, leaps = _LEAP_SECOND.subn("59", text)
    try:
        moment = datetime.fromisoformat(ordinary)
    except ValueError:
        return None
    return _milliseconds(moment) + (1_000 if leaps else 0)


def _milliseconds(moment: datetime) -> int:
    since = moment - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000


def parse_time(value: object) -> int | None:
    """Return a time given as RFC 3339 text or epoch milliseconds; None where it is neither, or not in 1970 to 2200."""
    if type(value) is str:
        parsed = parse_rfc3339(value)
    elif type(value) is int:
        parsed = value
    elif type(value) is float and 0 <= value < END_OF_TIME_MS:
        parsed = int(value)
    else:
        return None
    return parsed if parsed is not None and 0 <= parsed < END_OF_TIME_MS else None


def shown_time(time_ms: int) -> str:
    """Return milliseconds as RFC 3339 text in UTC, `2017-11-25T01:21:10Z`, with a fraction only where there is one."""
    whole, fraction = divmod(time_ms, 1_000)
    moment = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{fraction:03d}Z" if fraction else f"{moment}Z"
