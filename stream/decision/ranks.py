"""Ranks among frozen cut points, and comparisons of them with a number.

A rank is piecewise constant in what it ranks: it changes when the trait does, or, of a timestamp, when its age passes a
cut point. A comparison with a number is one of the trait itself with a cut point, so that it turns when that does.
"""

from bisect import bisect_left
from collections.abc import Sequence
from math import ceil, floor

from stream.decision.reading import Reading
from stream.definitions import expressions as x
from stream.definitions.comparators import MIRRORED
from stream.model.events import Scalar
from stream.model.profile import NEVER


def rank(value: Scalar | None, cuts: Sequence[float], least: int) -> int | None:
    """Return the rank of a value; one that equals a cut point belongs below it."""
    return None if value is None else least + bisect_left(cuts, value)


def rank_by_age(now_ms: int, at_ms: float | None, cuts: Sequence[int], least: int) -> Reading:
    """Return the rank of a time by its age, the latest highest, and when it falls; at a cut point it has not yet."""
    if at_ms is None:
        return None, NEVER
    passed = bisect_left(cuts, now_ms - at_ms)
    until_ms = floor(at_ms + cuts[passed]) + 1 if passed < len(cuts) else NEVER
    return least + len(cuts) - passed, until_ms


def rank_comparison(node: x.Compare) -> x.Expr | None:
    """Return what a comparison of a rank with a number says of the ranked trait; None where it is nothing of that."""
    one, op, other = node.left, node.op, node.right
    if isinstance(other, x.Rank):
        one, op, other = other, MIRRORED[op], one
    if not isinstance(one, x.Rank) or not one.cuts or not isinstance(other, x.Constant):
        return None
    limit = float(other.value)
    if op in ("==", "!="):
        return _equal(one, limit, op) if limit.is_integer() else None
    reached = ceil(limit) if op in (">=", "<") else floor(limit) + 1
    return _reached(one, reached, is_wanted=op in (">=", ">"))


def _equal(one: x.Rank, limit: float, op: x.Comparator) -> x.Expr | None:
    at_least = _reached(one, int(limit), is_wanted=True)
    at_most = _reached(one, int(limit) + 1, is_wanted=False)
    parts = tuple(part for part in (at_least, at_most) if part is not None)
    if not parts:
        return None
    equal = parts[0] if len(parts) == 1 else x.Logic(type="boolean", text=one.text, op="and", parts=parts)
    return equal if op == "==" else x.Not(type="boolean", text=one.text, part=equal)


def _reached(one: x.Rank, limit: int, *, is_wanted: bool) -> x.Expr | None:
    """Return whether a rank is at least `limit` (or, not wanted, below it); None where all or no ranks are."""
    cuts, needed = one.cuts or (), limit - one.least
    if not 1 <= needed <= len(cuts):
        return None
    if one.part.type == "timestamp":
        age = x.Since(type="duration", text=one.text, moment=one.part, direction=1)
        oldest = x.Constant(type="duration", text="", value=cuts[len(cuts) - needed])
        return x.Compare(type="boolean", text=one.text, op="<=" if is_wanted else ">", left=age, right=oldest)
    cut = x.Constant(type=one.part.type, text="", value=cuts[needed - 1])
    return x.Compare(type="boolean", text=one.text, op=">" if is_wanted else "<=", left=one.part, right=cut)
