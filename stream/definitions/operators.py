"""Which types combine, and to what."""

import ast
from collections.abc import Mapping
from typing import Final

from stream.definitions.expressions import FADING, Comparator, Expr, Operator, Since, ValueType
from stream.definitions.slips import described, type_slip

COMPARATORS: Final[Mapping[type[ast.cmpop], Comparator]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
OPERATORS: Final[Mapping[type[ast.operator], Operator]] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
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
_STILL: Final[Mapping[ValueType, ValueType]] = {
    "fading number": "number",
    "fading money": "money",
    "fading duration": "duration",
}
_ORDERED: Final = frozenset({"number", "money", "timestamp", "duration"})


def arithmetic_type(operator: str, left: ValueType, right: ValueType) -> ValueType | None:
    """Return the type of `left operator right`, or None where the two do not combine."""
    return _RESULTS[operator].get((left, right))


def comparable(operator: Comparator, left: Expr, right: Expr) -> tuple[str, Expr]:
    """Return what is wrong with comparing the two, or nothing; and the side that is probably meant otherwise."""
    if operator in ("==", "!=") and (isinstance(left, Since) or isinstance(right, Since)):
        return "a moment is never met exactly: compare since(...) and until(...) with < <= > >=", left
    if left.type in FADING or right.type in FADING:
        if operator in ("==", "!="):
            return "what fades meets no number exactly: compare it with < <= > >=", left
        if left.type in FADING and right.type in FADING:
            return "one side of a comparison with what fades must stand still", left
    left_type, right_type = _STILL.get(left.type, left.type), _STILL.get(right.type, right.type)
    if left_type == right_type:
        if left.type == "items":
            return "carts' items cannot be compared", left
        if operator in ("==", "!=") or left_type in _ORDERED:
            return "", left
        return f"{left.text} is {described(left)}, which has no order: use == or !=", left
    return type_slip(left, right) or (f"{left.text} is {described(left)}, but {right.text} is {described(right)}", left)
