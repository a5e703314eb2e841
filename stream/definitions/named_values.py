"""Values: constants, parts of local time, and what of both and of tiers may be compared."""

from collections.abc import Sequence
from typing import Final

from stream.definitions.expressions import (
    MONTHS,
    WEEKDAYS,
    Constant,
    During,
    Expr,
    LocalPart,
    LocalTime,
    ValueType,
)
from stream.definitions.memberships import Wrong, no_such_tier
from stream.definitions.problems import nearest
from stream.definitions.scopes import Scope
from stream.definitions.seasons import Season

TYPES: Final[dict[LocalPart, ValueType]] = {"weekday": "string", "month": "string", "hour": "number"}
_NAMES: Final[dict[LocalPart, Sequence[str]]] = {"weekday": WEEKDAYS, "month": MONTHS}


def never_met(part: Expr, other: Expr, scope: Scope) -> Wrong | None:
    """Return why a value never equals a constant, and what was probably meant; else nothing."""
    if not isinstance(part, LocalTime) or not isinstance(other, Constant):
        return no_such_tier(part, other, scope)
    if part.part == "hour":
        return None if other.value in range(24) else Wrong(f"there is no hour {other.text}: they go from 0 to 23")
    names, word = _NAMES[part.part], str(other.value)
    if word in names:
        return None
    return Wrong(f"there is no {part.part} {word!r}: they are {', '.join(names)}", nearest(word.lower(), names))


def timely(name: str, text: str, moment: Expr, season: Season | None) -> Expr | Wrong:
    """Type `weekday(at)` and the like, or `during(at, SEASON)`; or return what is wrong with the time."""
    if moment.type != "timestamp":
        return Wrong(f"{name}(...) needs a time; {moment.text} is a {moment.type}")
    if season is not None:
        return During(type="boolean", text=text, moment=moment, season=season)
    part = next(part for part in TYPES if part == name)
    return LocalTime(type=TYPES[part], text=text, part=part, moment=moment)


def constant(text: str, value: object) -> Expr | Wrong:
    """Type a literal; or return why it has no meaning."""
    if isinstance(value, bool):
        return Constant(type="boolean", text=text, value=value)
    if isinstance(value, int | float):
        if not text.replace(".", "", 1).isdigit() or len(text) > 15:  # 15 digits: what a double holds exactly
            plain = text.replace("_", "") if "_" in text else "plain digits"
            return Wrong(f"write {plain} instead of {text!r}")
        return Constant(type="number", text=text, value=value)
    if isinstance(value, str) and text[:1] in "'\"" and text[0] not in text[1:-1] and "\\" not in text:
        return Constant(type="string", text=text, value=text[1:-1])
    return Wrong(f"{text!r} has no meaning in a condition")
