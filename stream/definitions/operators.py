"""Which types combine, and to what."""

from collections.abc import Mapping
from typing import Final

from stream.definitions.expressions import FADING, Comparator, Expr, Since, ValueType

_SUMS: Final[Mapping[tuple[ValueType, ValueType], ValueType]] = {
    ("number", "number"): "number",
    ("money", "money"): "money",
    ("duration", "duration"): "duration",
}
_RESULTS: Final[Mapping[str, Mapping[tuple[ValueType, ValueType], ValueType]]] = {
    "+": {**_SUMS, ("timestamp", "duration"): "timestamp"},
    "-": {**_SUMS, ("timestamp", "duration"): "timestamp", ("timestamp", "timestamp"): "duration"},
    "*": {
        ("number", "number"): "number",
        ("money", "number"): "money",
        ("number", "money"): "money",
        ("duration", "number"): "duration",
        ("number", "duration"): "duration",
    },
    "/": {
        ("number", "number"): "number",
        ("money", "number"): "money",
        ("money", "money"): "number",
        ("duration", "number"): "duration",
        ("duration", "duration"): "number",
    },
}
_STILL: Final[Mapping[ValueType, ValueType]] = {"fading number": "number", "fading money": "money"}
_ORDERED: Final = frozenset({"number", "money", "timestamp", "duration"})


def arithmetic_type(operator: str, left: ValueType, right: ValueType) -> ValueType | None:
    """Return the type of `left operator right`, or None where the two do not combine."""
    return _RESULTS[operator].get((left, right))


def comparable(operator: Comparator, left: Expr, right: Expr) -> str:
    """Return what is wrong with comparing the two, or nothing."""
    if operator in ("==", "!=") and (isinstance(left, Since) or isinstance(right, Since)):
        return "a moment is never met exactly: compare since(...) and until(...) with < <= > >="
    if left.type in FADING or right.type in FADING:
        if operator in ("==", "!="):
            return "what fades meets no number exactly: compare it with < <= > >="
        if left.type in FADING and right.type in FADING:
            return "one side of a comparison with what fades must stand still"
    left_type, right_type = _STILL.get(left.type, left.type), _STILL.get(right.type, right.type)
    if left_type == right_type:
        if left.type == "items":
            return "carts' items cannot be compared"
        if operator in ("==", "!=") or left_type in _ORDERED:
            return ""
        return f"{left.text} is a {left.type}, which has no order: use == or !="
    if {left.type, right.type} == {"duration", "number"}:
        number = left if left.type == "number" else right
        return f"a duration needs a unit: write {number.text}d or {number.text}h instead of {number.text}"
    return f"{left.text} is a {left.type}, but {right.text} a {right.type}"
