"""Numbers as people read them."""

from stream.definitions.durations import duration_text
from stream.model.money import major_text
from stream.model.times import shown_time
from stream.replay.review.shapes import Contrast

_SECOND_MS, _MINUTE_MS, _HOUR_MS, _DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000


def count(number: int) -> str:
    """Return a count with its thousands apart."""
    return f"{number:,}"


def several(number: int, word: str) -> str:
    """Return a count with what is counted."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """Return a share as a percentage; what is neither none nor all is never written as such."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{share * 100:.0f} %" if share in (0, 1) or 0.0995 <= share < 0.995 else f"{share * 100:.1f} %"


def number(value: float) -> str:
    """Return a number with what matters of its fraction."""
    if value == round(value):
        return f"{value:,.0f}"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:,.3g}"


def length(size_ms: float) -> str:
    """Return a duration to about two figures."""
    for unit_ms, from_ms in ((_DAY_MS, 10 * _DAY_MS), (_HOUR_MS, 10 * _HOUR_MS), (_MINUTE_MS, 10 * _MINUTE_MS)):
        if abs(size_ms) >= from_ms:
            return duration_text(round(size_ms / unit_ms) * unit_ms)
    return duration_text(round(size_ms / _SECOND_MS) * _SECOND_MS) if abs(size_ms) >= _SECOND_MS else f"{size_ms:.0f}ms"


def measured(value: float, kind: str, currency: str) -> str:
    """Return the value of a trait by its kind."""
    if kind == "money":
        return f"{major_text(round(value), currency)} {currency}"
    if kind in ("duration", "age"):
        return length(value) + (" ago" if kind == "age" else "")
    return percent(value) if kind in ("known", "true", "value") else number(value)


def moment(time_ms: int | None) -> str:
    """Return a time to the minute, in UTC."""
    return "never" if time_ms is None else shown_time(time_ms - time_ms % _MINUTE_MS).replace("T", " ")[:16]


def shown(value: object) -> str:
    """Return a value that a comparison found; nothing where it was unknown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return number(value) if isinstance(value, int | float) else str(value)


def compared(one: Contrast) -> str:
    """Return what of a trait is compared."""
    if one.kind == "known":
        return f"{one.trait} is known"
    return f"{one.trait} is {one.value}" if one.kind == "value" else one.trait
