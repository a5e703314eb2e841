"""Durations as people write them: `30m`, `1h`, `7d`, `4w`."""

import re
from typing import Final

_UNIT_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION: Final = re.compile(r"(\d+)([smhdw])", re.ASCII)

LONGEST_MS: Final = 3_660 * _UNIT_MS["d"]
"""Ten years: a longer duration is a slip of the pen."""


def parse_duration(text: str) -> int | None:
    """Return the milliseconds of `7d`, or None where the text is no duration or a longer one than ten years."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    size_ms = int(match[1]) * _UNIT_MS[match[2]]
    return size_ms if size_ms <= LONGEST_MS else None


def duration_text(size_ms: int) -> str:
    """Write milliseconds as people read them, `1h`, `8d1h`, `20h58m`; exactly, so the rest, if any, is in `ms`."""
    if size_ms < 0:
        return f"-{duration_text(-size_ms)}"
    parts = []
    for unit in "dhms":
        count, size_ms = divmod(size_ms, _UNIT_MS[unit])
        if count:
            parts.append(f"{count}{unit}")
    if size_ms:
        parts.append(f"{size_ms}ms")
    return "".join(parts) or "0s"


_WRITTEN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)", re.ASCII)
_WORDS: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), "w"),
}
_DAYS: Final = {
    **dict.fromkeys(("mo", "mon", "month", "months"), 30),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 365),
}


def meant_duration(text: str) -> str:
    """Return how `7 days`, `1.5h` or `3 months` is written here (`7d`, `90m`, `90d`); "" where it means no duration."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        return ""
    number, word = float(match[1]), match[2].lower()
    if word in _DAYS:
        return f"{round(number * _DAYS[word])}d"
    unit = _WORDS.get(word, "")
    if not unit or number.is_integer():
        return f"{int(number)}{unit}" if unit else ""
    seconds = round(number * _UNIT_MS[unit] / 1_000)
    smaller = next(small for small in "wdhms" if seconds % (_UNIT_MS[small] // 1_000) == 0)
    return f"{seconds * 1_000 // _UNIT_MS[smaller]}{smaller}"


def duration_slip(text: str) -> str:
    """Say why a text is no duration, and what was probably meant."""
    if _DURATION.fullmatch(text) is not None:
        return f"{text!r} is longer than ten years"
    if text.isdecimal():
        return f"{text!r} has no unit: write {text}d or {text}h"
    if (meant := meant_duration(text)) != "":
        return f"{text!r} is no duration: write {meant}"
    if text.startswith("-"):
        return f"{text!r} is less than nothing: write a number and a unit, as in 7d"
    return f"{text!r} is no duration: write a number and a unit, as in 7d"
