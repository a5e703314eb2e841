"""Why: the comparisons of a condition as they stood, with the values found and the events that moved them last."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from stream.decision.cart import current_cart
from stream.decision.emitting import Emitter
from stream.decision.reading import Reader, Reading
from stream.definitions import expressions as x
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

    `compared` says by what operator and with what a known value on its left is compared, where that is all it takes.
    """

    node: x.Expr
    holds: Reader
    left: Reader | None
    right: Reader | None
    threshold: Scalar | None
    type: x.ValueType
    keys: tuple[str, ...]
    compared: tuple[str, Scalar] | None


Leaves = Callable[[Profile, int], list[Leaf]]


class _Writing(Emitter):
    """The writing of the function that tells the leaves of one condition; all in it is ours or given by reference."""

    def __init__(self, shown: Callable[[Scalar | None, x.ValueType], Scalar | None]) -> None:
        super().__init__()
        self._names = {"Leaf": Leaf, "shown": shown, "events": _events}

    def function(self, comparisons: Iterable[_Comparison]) -> Leaves:
        """Return the function of a condition's comparisons."""
        self._lines = ["def leaves(p, now):", "    traits = p.traits"]
        told = [self._leaf(comparison) for comparison in comparisons]
        self._line(f"return [{', '.join(told)}]")
        exec(compile("\n".join(self._lines), "<leaves>", "exec"), self._names)  # noqa: S102 - as in `conditions`
        return self._names["leaves"]  # type: ignore[return-value]  # what `exec` defines has no static type

    def _leaf(self, one: _Comparison) -> str:
        """Write what is asked for a leaf; return the text that makes it."""
        v, h = self._fresh()
        self._line(f"{v} = {f'{self._given(one.left)}(p, now)[0]' if one.left is not None else None}")
        if one.compared is None:
            self._line(f"{h} = {self._given(one.holds)}(p, now)[0]")
            holds = f"None if {h} is None else bool({h})"
        else:
            operator, limit = one.compared
            holds = f"None if {v} is None else {v} {operator} {self._given(limit)}"
        value, right = self._shown(v, one.type), self._given(one.threshold)
        if one.right is not None:
            right = self._shown(f"{self._given(one.right)}(p, now)[0]", one.type)
        return f"Leaf({self._given(one.node.text)}, {holds}, {value}, {right}, {self._moved_by(one.keys)})"

    def _shown(self, value: str, value_type: x.ValueType) -> str:
        return f"shown({value}, {self._given(value_type)})" if value_type in _SHOWN_AS_TEXT else value

    def _moved_by(self, keys: tuple[str, ...]) -> str:
        """Return the text of the ids of the events that last moved what a comparison reads."""
        if not (len(keys) == 1 and "#" in keys[0]):
            return f"events({self._given(keys)}, p)"
        _, state = self._fresh()
        self._line(f"{state} = traits.get({self._given(keys[0])})")
        return f"[{state}.event] if {state} is not None and {state}.event else []"


class Explainer:
    """Evaluates and explains expressions; `keys` name the states each trait rests on in a profile."""

    def __init__(
        self, compiled: Callable[[x.Expr], Reader], keys: Mapping[str, tuple[str, ...]], currency: str
    ) -> None:
        self._compile, self._keys, self._currency = compiled, keys, currency
        # By address; each entry keeps its expression, so that no other can take the address.
        self._values: dict[int, tuple[x.Expr, Reader]] = {}
        self._leaves: dict[int, tuple[x.Expr, Leaves]] = {}

    def value(self, node: x.Expr, profile: Profile, now_ms: int) -> Scalar | None:
        """Return the value of an expression now, None where unknown."""
        known = self._values.get(id(node))
        if known is None:
            known = self._values[id(node)] = (node, self._compile(node))
        return known[1](profile, now_ms)[0]

    def leaves(self, condition: x.Expr, profile: Profile, now_ms: int) -> list[Leaf]:
        """Return every comparison and every bare boolean of a condition, as it stands now."""
        known = self._leaves.get(id(condition))
        if known is None:
            parts = [self._comparison(node) for node in _comparisons(condition)[:LEAVES_KEPT]]
            known = self._leaves[id(condition)] = (condition, _Writing(self._shown).function(parts))
        return known[1](profile, now_ms)

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

    def _shown(self, value: Scalar | None, value_type: x.ValueType) -> Scalar | None:
        if value_type in _SHOWN_AS_TEXT and isinstance(value, _NUMBERS):
            if value_type in ("duration", "fading duration"):
                return duration_text(round(value))
            return f"{major_text(round(value), self._currency)} {self._currency}"
        return value


def _compared(node: x.Expr) -> tuple[str, Scalar] | None:
    """Return how a value is compared with the constant that a name is compared with; None for all else."""
    if not (isinstance(node, x.Compare) and isinstance(node.left, x.Name) and isinstance(node.right, x.Constant)):
        return None
    return None if node.left.type in x.FADING else (node.op, node.right.value)


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
    found = set()
    for key in keys:
        if key == IDENTITY:
            found.add(profile.identity_event)
            continue
        moved = current_cart(profile) if key == CART else profile.traits.get(key)
        if moved is not None:
            found.add(moved.event)
    return sorted(found - {""})
