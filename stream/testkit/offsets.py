"""Times in a scenario: offsets from a fixed start, so that a test reads as a story and not as a calendar."""

import re
from typing import Final

from stream.definitions.durations import parse_duration

START_MS: Final = 19_710 * 86_400_000
"""2023-12-19T00:00:00Z, a whole multiple of the bucket widths of windows of 1, 7, 14, 28, 30, 90, 180 and 365 days."""

_UNITS_MS: Final = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_PIECES: Final = re.compile(r"(?:\d+[smhdw])+", re.ASCII)
_PIECE: Final = re.compile(r"\d+[smhdw]", re.ASCII)


def parse_offset(text: str) -> int | None:
    """Return the milliseconds of `90m`, `1d2h` or `0`, or None where the text is no offset."""
    if text == "0":
        return 0
    if _PIECES.fullmatch(text) is None:
        return None
    total_ms = 0
    for piece in _PIECE.findall(text):
        size_ms = parse_duration(piece)
        if size_ms is None:
            return None
        total_ms += size_ms
    return total_ms


def parse_offsets(text: str) -> tuple[int, int] | None:
    """Return first and last millisecond of `7d..7d1h`, both included; a single offset is its own first and last."""
    first, dots, last = text.partition("..")
    from_ms, to_ms = parse_offset(first), parse_offset(last if dots else first)
    if from_ms is None or to_ms is None or to_ms < from_ms:
        return None
    return from_ms, to_ms


def offset_text(offset_ms: int) -> str:
    """Write an offset as people do: 93,600,000 is `1d2h`; a remainder below a second is in `ms`."""
    pieces, rest = [], offset_ms
    for unit in "dhms":
        count, rest = divmod(rest, _UNITS_MS[unit])
        if count:
            pieces.append(f"{count}{unit}")
    if rest:
        pieces.append(f"{rest}ms")
    return "".join(pieces) or "0m"
