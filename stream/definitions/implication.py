"""Which conditions imply which others, where that is plain to see: the same, a tighter threshold, one more demand.

"Implies" is said of being true: whoever meets the one meets the other, in Kleene's logic too. What is not found here
may imply all the same; nothing is found that does not.
"""

from collections.abc import Hashable

import msgspec

from stream.definitions import expressions as x
from stream.definitions.comparators import MIRRORED, OPPOSITE


class _Threshold(msgspec.Struct, frozen=True):
    """A comparison of something with a constant."""

    of: Hashable
    op: x.Comparator
    limit: x.Constant


def implies(one: x.Expr, other: x.Expr) -> bool:
    """Return whether it is plain that `other` is true wherever `one` is."""
    one, other = _without_not(one), _without_not(other)
    if _same(one) == _same(other):
        return True
    if isinstance(other, x.Logic) and other.op == "and":
        return all(implies(one, part) for part in other.parts)
    if isinstance(one, x.Logic) and one.op == "or":
        return all(implies(part, other) for part in one.parts)
    if isinstance(other, x.Logic) and any(implies(one, part) for part in other.parts):
        return True
    if isinstance(one, x.Logic):
        return any(implies(part, other) for part in one.parts)
    return _is_tighter(_threshold(one), _threshold(other))


def _same(node: object) -> Hashable:
    """Return what a node says, whatever its spelling."""
    if isinstance(node, x.Node):
        fields = (name for name in node.__struct_fields__ if name != "text")
        return type(node).__name__, *(_same(getattr(node, name)) for name in fields)
    return tuple(map(_same, node)) if isinstance(node, tuple) else (type(node).__name__, node)


def _without_not(node: x.Expr) -> x.Expr:
    """Return what `not` says of a comparison as the opposite comparison; unknown stays unknown."""
    if isinstance(node, x.Not) and isinstance(node.part, x.Not):
        return _without_not(node.part.part)
    if isinstance(node, x.Not) and isinstance(node.part, x.Compare):
        return msgspec.structs.replace(node.part, op=OPPOSITE[node.part.op])
    return node


def _threshold(node: x.Expr) -> _Threshold | None:
    if not isinstance(node, x.Compare):
        return None
    if isinstance(node.right, x.Constant):
        return _Threshold(_same(node.left), node.op, node.right)
    if isinstance(node.left, x.Constant):
        return _Threshold(_same(node.right), MIRRORED[node.op], node.left)
    return None


def _is_tighter(one: _Threshold | None, other: _Threshold | None) -> bool:
    """Return whether all that passes the one threshold passes the other."""
    if one is None or other is None or one.of != other.of:
        return False
    if one.op == "==":
        return _passes(one.limit, other)
    if isinstance(one.limit.value, str) or isinstance(other.limit.value, str):
        return False
    mine, others = one.limit.value, other.limit.value
    match one.op, other.op:
        case (">=", ">=") | (">", ">" | ">="):
            return mine >= others
        case (">=", ">" | "!="):
            return mine > others
        case (">", "!="):
            return mine >= others
        case ("<=", "<=") | ("<", "<" | "<="):
            return mine <= others
        case ("<=", "<" | "!="):
            return mine < others
        case ("<", "!="):
            return mine <= others
        case _:
            return False


def _passes(value: x.Constant, other: _Threshold) -> bool:
    mine, limit = value.value, other.limit.value
    if other.op in ("==", "!="):
        return (mine == limit) is (other.op == "==")
    if isinstance(mine, str) or isinstance(limit, str):
        return False
    match other.op:
        case "<":
            return mine < limit
        case "<=":
            return mine <= limit
        case ">":
            return mine > limit
        case _:
            return mine >= limit
