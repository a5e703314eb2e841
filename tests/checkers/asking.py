"""What conditions come to on a profile read back from bytes: by functions compiled anew, compared here."""

import operator
from collections.abc import Callable, Iterator
from typing import Final

from stream.decision.program import Program
from stream.definitions import expressions as x
from stream.definitions.durations import duration_text
from stream.model.events import Scalar
from stream.model.money import major_text
from stream.model.outcomes import Leaf
from stream.model.profile import Profile

_HOLDS: Final[dict[str, Callable[[object, object], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
NEVER_LEFT: Final = -(1 << 62)


class Asking:
    """Asks a profile at a time; each expression is compiled for itself, once."""

    def __init__(self, program: Program, profile: Profile, now_ms: int) -> None:
        self.program, self.profile, self.now_ms = program, profile, now_ms

    def value(self, node: x.Expr) -> Scalar | None:
        """Return the value of an expression, None where unknown."""
        return compiled(self.program, node)(self.profile, self.now_ms)[0]

    def holds(self, node: x.Expr) -> bool | None:
        """Return whether a comparison holds: from the values of its sides where it has some that stand still."""
        if isinstance(node, x.Compare) and node.left.type not in x.FADING and node.right.type not in x.FADING:
            left, right = self.value(node.left), self.value(node.right)
            return None if left is None or right is None else _HOLDS[node.op](left, right)
        found = self.value(node)
        return None if found is None else bool(found)

    def leaves(self, *conditions: x.Expr) -> list[Leaf]:
        """Return the comparisons of conditions as they stand, without the events behind them."""
        return [self._leaf(node) for condition in conditions for node in comparisons(condition)]

    def _leaf(self, node: x.Expr) -> Leaf:
        value = threshold = None
        match node:
            case x.Compare():
                asked, limit = (node.right, node.left) if isinstance(node.left, x.Constant) else (node.left, node.right)
                value = self.shown(self.value(asked), asked)
                threshold = self.shown(self.value(limit), limit if isinstance(limit, x.Constant) else asked)
            case x.OneOf():
                value = self.shown(self.value(node.part), node.part)
                threshold = ", ".join(str(self.shown(one.value, one)) for one in node.values)
            case x.Known():
                value = self.shown(self.value(node.part), node.part)
            case x.AtKey():
                value = self.shown(self.value(node.key), node.key)
            case x.Was():
                value, threshold = self._left_ago(node), duration_text(node.within_ms)
            case _:
                pass
        return Leaf(node.text, self.holds(node), value, threshold)

    def _left_ago(self, node: x.Was) -> Scalar | None:
        membership = self.profile.memberships.get(node.segment)
        if membership is None:
            return None
        if membership.inside and node.tier in ("", membership.tier):
            return duration_text(0)
        left_ms = membership.left(node.tier)
        return duration_text(self.now_ms - left_ms) if left_ms > NEVER_LEFT else None

    def shown(self, value: Scalar | None, node: x.Expr) -> Scalar | None:
        """Return a value as reasons show it."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return value
        if node.type in ("money", "fading money"):
            currency = self.program.definitions.plan.currency
            return f"{major_text(round(value), currency)} {currency}"
        return duration_text(round(value)) if node.type in ("duration", "fading duration") else value


def comparisons(node: x.Expr) -> Iterator[x.Expr]:
    """Give the comparisons and bare booleans of a condition, as they are written."""
    if isinstance(node, x.Logic | x.Not):
        for part in x.children(node):
            yield from comparisons(part)
    else:
        yield node


_COMPILED: dict[tuple[int, int], tuple[Program, x.Expr, Callable[..., tuple[Scalar | None, int]]]] = {}


def compiled(program: Program, node: x.Expr) -> Callable[..., tuple[Scalar | None, int]]:
    """Return the function of an expression; each is kept with what it was made of, so that no other takes its place."""
    known = _COMPILED.get((id(program), id(node)))
    if known is None:
        known = _COMPILED[id(program), id(node)] = (program, node, program.compiled(node))
    return known[2]
