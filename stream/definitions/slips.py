"""Slips of the pen in expressions: what people write who know spreadsheets, SQL or prose, and what they meant by it.

Looked for only where an expression has no meaning as it stands, so nothing that is right is ever taken for a slip.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, get_args

import msgspec

from stream.definitions.durations import meant_duration
from stream.definitions.expressions import Constant, Expr
from stream.definitions.picks import PICKS
from stream.definitions.shapes import Aggregation


class Slip(msgspec.Struct, frozen=True):
    """What was probably meant, and where in the expression the slip begins."""

    message: str
    offset: int


_STRING: Final = re.compile(r"""'[^']*'|"[^"]*\"""")
_ENDS_OPEN: Final = re.compile(r"(\b(?:and|or|not|in)|[-+*/<>=,(\[]=?|!=)\s*$")

_PICKS: Final = re.compile(rf"\b(?:{'|'.join(PICKS)})\s*\(")
_NAMED: Final = re.compile(r"([(,]\s*\w+\s*)=(?!=)")
"""A named argument, where functions have some: its `=` compares nothing."""

_CHARACTERS: Final[Mapping[str, str]] = {
    **dict.fromkeys("“”„«»‘’‚‹›", "a typographic quote: write ' or \""),
    **dict.fromkeys("≥≧", "no comparison here: write >="),
    **dict.fromkeys("≤≦", "no comparison here: write <="),
    "≠": "no comparison here: write !=",
    **dict.fromkeys("−–—", "a dash: write the minus of the keyboard, -"),
    "×": "no operator here: write *",
    "÷": "no operator here: write /",
    **dict.fromkeys("\u00a0\u202f\u2007\u3000", "a blank of another kind: write a plain one"),
    **dict.fromkeys(
        "€£¥₹", "the sign of a currency: write the number alone, an amount beside money is in the shop's currency"
    ),
    "#": "the beginning of a comment, which has no place within an expression",
}

_NO_VALUE: Final = frozenset({"null", "none", "None", "nil", "undefined", "empty", "missing", "NULL"})
_BOOLEANS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON", "TRUE"), "true"),
    **dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF", "FALSE"), "false"),
}


def _instead(meant: str) -> Callable[[re.Match[str]], str]:
    return lambda match: f"write {meant!r} instead of {match[0]!r}"


def _percent(match: re.Match[str]) -> str:
    if "percentile(" in match.string[: match.start()]:
        return f"write {match[1]} instead of {match[0]!r}: a percentile goes from 0 to 99"
    return f"write {float(match[1]) / 100:.10g} instead of {match[0]!r}: shares and rates go from 0 to 1"


def _duration(match: re.Match[str]) -> str:
    return f"write {meant_duration(match[0])} instead of {match[0]!r}"


def _number_alone(match: re.Match[str]) -> str:
    return f"write {match[1]} instead of {match[0]!r}: an amount beside money is in the shop's currency"


def _between(match: re.Match[str]) -> str:
    name, least, most = match.groups()
    return f"write {least} <= {name} <= {most} instead of 'between'"


_COUNTED: Final = r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?)"
_SLIPS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"&&|\b(?:AND|And)\b"), _instead("and")),
    (re.compile(r"\|\||\b(?:OR|Or)\b"), _instead("or")),
    (re.compile(r"\b(?:NOT|Not)\b|!(?!=)"), _instead("not")),
    (re.compile(r"!==|<>"), _instead("!=")),
    (re.compile(r"==="), _instead("==")),
    (re.compile(r"=>"), _instead(">=")),
    (re.compile(r"=<"), _instead("<=")),
    (re.compile(r"(\d+(?:\.\d+)?)\s*%"), _percent),
    (re.compile(r"\$\s*(\d[\d.]*)"), _number_alone),
    (re.compile(rf"\b\d+\s+{_COUNTED}\b", re.IGNORECASE), _duration),
    (re.compile(r"\b\d+\.\d+[smhdw]\b"), _duration),
    (re.compile(r"([\w.]+)\s+between\s+([\w.]+)\s+and\s+([\w.]+)", re.IGNORECASE), _between),
    (
        re.compile(r"\b(?:contains|includes|has)\b", re.IGNORECASE),
        lambda match: f"there is no {match[0]!r}: write 'VALUE' in TRAIT, where the trait is a set",
    ),
    (
        re.compile(r"\b(?:like|matches|startswith|starts|endswith)\b", re.IGNORECASE),
        lambda match: f"there is no {match[0]!r}: texts are compared as a whole, with == or !=",
    ),
    (re.compile(r";"), lambda _: "write 'and' or 'or' between conditions, instead of ';'"),
    (re.compile(r"[{}]"), lambda match: f"{match[0]!r} has no meaning here: names stand alone, without brackets"),
    (re.compile(r"(?<![=<>!])=(?!=)"), lambda _: "write '==' to compare; a single '=' has no meaning here"),
)


def character_slip(character: str) -> str:
    """Say what is wrong with a character that may only stand within quotes."""
    return f"{character!r} is {_CHARACTERS.get(character, 'not allowed outside quotes')}"


def name_slip(name: str) -> str:
    """Return what was meant by a name that is a word of another language for something; "" where it is none."""
    if name in _NO_VALUE:
        return (
            f"there is no {name!r}: known(TRAIT) asks whether there is a value, not known(TRAIT) whether there is none"
        )
    if name in _BOOLEANS:
        return f"write {_BOOLEANS[name]} instead of {name}"
    return ""


def function_slip(name: str) -> str:
    """Say that there is no such function; an operator of traits is one elsewhere, and so is what picks products."""
    if name in PICKS:
        return f"{name}(...) picks products: it stands alone, as the value of a field of a payload in actions.yaml"
    if name in get_args(Aggregation):
        return f"{name!r} makes a trait: write it in traits.yaml, and name that trait here"
    return f"there is no function {name!r}"


def syntax_slip(source: str, said: str, offset: int) -> Slip:
    """Return why a text is no expression, given what Python `said` of it and where."""
    masked = _STRING.sub(lambda match: f"'{'x' * (len(match[0]) - 2)}'", source)
    if _PICKS.search(masked):
        masked = _NAMED.sub(lambda match: f"{match[1]} ", masked)
    if "unterminated string" in said:
        return Slip("this quote is never closed", offset)
    for pattern, message in _SLIPS:
        if (match := pattern.search(masked)) is not None:
            return Slip(message(match), match.start())
    bracket = source[offset : offset + 1]
    if "never closed" in said:
        return Slip(f"this {bracket!r} is never closed", offset)
    if said.startswith("unmatched"):
        return Slip(f"this {bracket!r} closes nothing", offset)
    if (end := _ENDS_OPEN.search(masked)) is not None:
        return Slip(f"the expression breaks off after {end[1]!r}", end.start())
    word = re.match(r"[\w.]+|\S", source[offset:])
    if word is None or not said.startswith("invalid syntax"):
        return Slip(f"this is no expression: {said}", offset)
    return Slip(f"{word[0]!r} does not fit here: something is missing before it", offset)


def described(part: Expr) -> str:
    """Return the type of a part, with its article."""
    return part.type if part.type in ("money", "items") else f"a {part.type}"


def type_slip(left: Expr, right: Expr) -> tuple[str, Expr] | None:
    """Return what was meant by a literal of another type than the value beside it."""
    literal, value = (left, right) if isinstance(left, Constant) else (right, left)
    if not isinstance(literal, Constant) or isinstance(value, Constant):
        return None
    text = literal.text
    match (value.type, literal.type):
        case ("duration", "number"):
            return f"a duration needs a unit: write {text}d or {text}h instead of {text}", literal
        case ("number", "duration"):
            return f"{value.text} is a number: write {text[:-1]} instead of {text}", literal
        case ("boolean", "string"):
            return f"{value.text} is true or false: write {value.text} or not {value.text}, without {text}", literal
        case ("number" | "money", "string"):
            return f"{value.text} is {described(value)}: write it without quotes", literal
        case ("string", "number"):
            return f"{value.text} is a string: write '{text}', in quotes", literal
        case ("timestamp", "duration"):
            return f"{value.text} is a time: write since({value.text}) or until({value.text})", value
    return None
