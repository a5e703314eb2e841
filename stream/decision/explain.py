"""Why: the comparisons of a condition as they stood, with the values found and the events that moved them last."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from stream.decision.cart import current_cart
from stream.decision.reading import Reader, Reading
from stream.definitions import expressions as x
from stream.definitions.comparators import HOLDS
from stream.definitions.durations import duration_text
from stream.model.events import Scalar
from stream.model.money import major_text
from stream.model.outcomes import Leaf
from stream.model.profile import NEVER, Profile

LEAVES_KEPT: Final = 50
"""Comparisons explained of one condition."""

CART: Final = "cart"
IDENTITY: Final = "identity"
"""What stands for the cart, and for what users say of themselves, among the keys of states. Keys of traits have a #."""
_SHOWN_AS_TEXT: Final = frozenset({"money", "fading money", "duration", "fading duration"})
_NUMBERS: Final = (int, float)


class _Comparison(msgspec.Struct, frozen=True):
    """One comparison (or bare boolean) of a condition, ready to be asked; `keys` name the states it rests on.

    `compared` says whether it holds for a known value on its left, where that is all it takes.
    """

    node: x.Expr
    holds: Reader
    left: Reader | None
    right: Reader | None
    threshold: Scalar | None
    type: x.ValueType
    keys: tuple[str, ...]
    compared: Callable[[Scalar], bool] | None


class Explainer:
    """Evaluates and explains expressions; `keys` name the states each trait rests on in a profile."""

    def __init__(
        self, compiled: Callable[[x.Expr], Reader], keys: Mapping[str, tuple[str, ...]], currency: str
    ) -> None:
        self._compile, self._keys, self._currency = compiled, keys, currency
        # By address; each entry keeps its expression, so that no other can take the address.
        self._values: dict[int, tuple[x.Expr, Reader]] = {}
        self._comparisons: dict[int, tuple[x.Expr, list[_Comparison]]] = {}

    def value(self, node: x.Expr, profile: Profile, now_ms: int) -> Scalar | None:
        """Return the value of an expression now, None where unknown."""
        known = self._values.get(id(node))
        if known is None:
            known = self._values[id(node)] = (node, self._compile(node))
        return known[1](profile, now_ms)[0]

    def leaves(self, condition: x.Expr, profile: Profile, now_ms: int) -> list[Leaf]:
        """Return every comparison and every bare boolean of a condition, as it stands now."""
        known = self._comparisons.get(id(condition))
        if known is None:
            parts = [self._comparison(node) for node in _comparisons(condition)[:LEAVES_KEPT]]
            known = self._comparisons[id(condition)] = (condition, parts)
        return [self._leaf(comparison, profile, now_ms) for comparison in known[1]]

    def leaves_of(self, conditions: Iterable[x.Expr], profile: Profile, now_ms: int) -> list[Leaf]:
        """Return the leaves of several conditions, together no more than those of one."""
        return [leaf for each in conditions for leaf in self.leaves(each, profile, now_ms)][:LEAVES_KEPT]

    def _comparison(self, node: x.Expr) -> _Comparison:
        left, right = _sides(node)
        keys = {key for name in x.names(node) for key in self._keys.get(name, ())}
        return _Comparison(
            node,
            self._compile(node),
            _last_inside(node) if isinstance(node, x.Was) else self._compile(left) if left else None,
            self._compile(right) if right and not isinstance(right, x.Constant) else None,
            self._threshold(node, right),
            right.type if isinstance(node, x.Was) and right else left.type if left else "boolean",
            tuple(sorted(keys)),
            _compared(node),
        )

    def _threshold(self, node: x.Expr, right: x.Expr | None) -> Scalar | None:
        """Return what a value is compared with, where that stands still."""
        if isinstance(node, x.OneOf):
            return ", ".join(str(self._shown(one.value, one.type)) for one in node.values)
        return self._shown(right.value, right.type) if isinstance(right, x.Constant) else None

    def _leaf(self, comparison: _Comparison, profile: Profile, now_ms: int) -> Leaf:
        left = comparison.left(profile, now_ms)[0] if comparison.left is not None else None
        if comparison.compared is None:
            holds = comparison.holds(profile, now_ms)[0]
        else:
            holds = None if left is None else comparison.compared(left)
        right = comparison.threshold
        if comparison.right is not None:
            right = self._shown(comparison.right(profile, now_ms)[0], comparison.type)
        return Leaf(
            comparison.node.text,
            None if holds is None else bool(holds),
            self._shown(left, comparison.type),
            right,
            _events(comparison.keys, profile),
        )

    def _shown(self, value: Scalar | None, value_type: x.ValueType) -> Scalar | None:
        if value_type in _SHOWN_AS_TEXT and isinstance(value, _NUMBERS):
            if value_type in ("duration", "fading duration"):
                return duration_text(round(value))
            return f"{major_text(round(value), self._currency)} {self._currency}"
        return value


def _compared(node: x.Expr) -> Callable[[Scalar], bool] | None:
    """Return what compares a value with the constant that a name is compared with; None for all else."""
    if not (isinstance(node, x.Compare) and isinstance(node.left, x.Name) and isinstance(node.right, x.Constant)):
        return None
    if node.left.type in x.FADING:
        return None
    compare, limit = HOLDS[node.op], node.right.value
    return lambda value: bool(compare(value, limit))


def _comparisons(node: x.Expr) -> list[x.Expr]:
    if isinstance(node, x.Logic | x.Not):
        return [found for part in x.children(node) for found in _comparisons(part)]
    return [node]


def _sides(node: x.Expr) -> tuple[x.Expr | None, x.Expr | None]:
    """Return what a comparison (or bare boolean) is asked of, and what that is compared with."""
    match node:
        case x.Compare(left=x.Constant()) if not isinstance(node.right, x.Constant):
            return node.right, node.left  # as in `7 <= score`
        case x.Compare():
            return node.left, node.right
        case x.Known() | x.OneOf():
            return node.part, None
        case x.AtKey():
            return node.key, None
        case x.Was():
            return None, x.Constant(type="duration", text="", value=node.within_ms)
        case _:
            return None, None


def _last_inside(node: x.Was) -> Reader:
    """Read how long ago a profile was last inside: nothing while it is, unknown where it never was."""

    def read(profile: Profile, now_ms: int) -> Reading:
        membership = profile.memberships.get(node.segment)
        if membership is None:
            return None, NEVER
        if membership.inside and node.tier in ("", membership.tier):
            return 0, NEVER
        left_ms = membership.left(node.tier)
        return (now_ms - left_ms if left_ms > -NEVER else None), NEVER

    return read


def _events(keys: tuple[str, ...], profile: Profile) -> list[str]:
    """Return the ids of the events that last moved what a comparison reads, sorted."""
    if len(keys) == 1 and "#" in keys[0]:
        only = profile.traits.get(keys[0])
        return [only.event] if only is not None and only.event else []
    found = set()
    for key in keys:
        if key == IDENTITY:
            found.add(profile.identity_event)
            continue
        moved = current_cart(profile) if key == CART else profile.traits.get(key)
        if moved is not None:
            found.add(moved.event)
    return sorted(found - {""})
