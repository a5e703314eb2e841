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
