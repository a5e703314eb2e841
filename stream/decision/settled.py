"""What stands still: what an expression says, where time changes nothing about it, as Python's text.

The text stands in a reaction, over names of it: `traits` and `members` are the profile's, `cart` is the current cart.
It says how things are where it stands, after the event was taken in.
"""

from collections.abc import Callable, Mapping
from typing import Final

from stream.decision.cart import total_minor
from stream.decision.readers import TraitCode
from stream.definitions import expressions as x
from stream.model.events import Scalar

_OF_A_CART: Final = {
    "quantity": "0 if cart is None else cart.quantity",
    "items": "0 if cart is None else len(cart.items)",
    "total": "0 if cart is None else total_minor(cart)",
    "changed_at": "None if cart is None else cart.changed_ms",
}
NAMES: Final[Mapping[str, object]] = {"total_minor": total_minor}
"""What the texts call by name."""

_NEVER_UNKNOWN: Final = frozenset({"quantity", "items"})


class Settled:
    """Texts of what stands still.

    `counted` are the texts of all-time counts that the reaction has in its hands. `given` hands a constant in.
    """

    def __init__(
        self, codes: Mapping[str, TraitCode], counted: Mapping[str, str], given: Callable[[object], str]
    ) -> None:
        self._codes, self._counted, self._given = codes, counted, given
        self._fresh = 0
        # By address; each entry keeps its node, so that no other can take the address.
        self._conditions: dict[int, tuple[x.Expr, str | None]] = {}
        self.reads_cart = False

    def condition(self, node: x.Expr) -> str | None:
        """Return when a condition is true; None where time has a say in it."""
        known = self._conditions.get(id(node))
        if known is None:
            known = self._conditions[id(node)] = (node, self._condition(node))
        return known[1]

    def value(self, node: x.Expr) -> str | None:
        """Return what an expression says, None in the text where that is unknown."""
        match node:
            case x.Constant():
                return self._given(node.value)
            case x.Name(kind="trait"):
                return self._trait(node.name)
            case x.Name(kind="cart") if node.name in _OF_A_CART:
                self.reads_cart = True
                return f"({_OF_A_CART[node.name]})"
            case x.Name(kind="segment"):
                w = self.fresh()
                return f"(({w} := members.get({self._given(node.name)})) is not None and {w}.inside)"
            case x.Name(kind="tier"):
                w = self.fresh()
                return f"(None if ({w} := members.get({self._given(node.name)})) is None else {w}.tier or None)"
            case x.Name(kind="identity"):
                return f"profile.identity.get({self._given(node.name)})"
            case _:
                return None

    def fresh(self) -> str:
        """Return a name that nothing else has."""
        self._fresh += 1
        return f"w{self._fresh}"

    def _trait(self, name: str) -> str | None:
        if name in self._counted:
            return self._counted[name]
        code = self._codes.get(name)
        if code is None or not code.is_a_cell:
            return None
        w = self.fresh()
        return f"({code.empty} if ({w} := traits.get({self._given(code.key)})) is None else {w}.value)"

    def _condition(self, node: x.Expr) -> str | None:
        match node:
            case x.Logic():
                parts = [self.condition(part) for part in node.parts]
                return None if None in parts else f"({f' {node.op} '.join(part or '' for part in parts)})"
            case x.Compare():
                return self._compared(node)
            case x.Name():
                value = self.value(node)
                return None if value is None else f"({value} is True)"
            case x.Known():
                value = self.value(node.part)
                return None if value is None else f"({value} is not None)"
            case x.OneOf():
                value = self.value(node.part)
                values: frozenset[Scalar] = frozenset(constant.value for constant in node.values)
                return None if value is None else f"({value} in {self._given(values)})"
            case x.Not() if isinstance(node.part, x.Known) or self._is_segment(node.part):
                part = self.condition(node.part)
                return None if part is None else f"(not {part})"
            case _:
                return None

    def _compared(self, node: x.Compare) -> str | None:
        checks, sides = [], []
        for side in (node.left, node.right):
            value = self.value(side)
            if value is None:
                return None
            if not self._is_always_known(side):
                w = self.fresh()
                checks.append(f"({w} := {value}) is not None")
                value = w
            sides.append(value)
        return f"({' and '.join([*checks, f'{sides[0]} {node.op} {sides[1]}'])})"

    def _is_always_known(self, node: x.Expr) -> bool:
        if isinstance(node, x.Name) and node.kind == "trait":
            return node.name in self._counted or self._codes[node.name].empty == 0
        is_of_cart = isinstance(node, x.Name) and node.kind == "cart" and node.name in _NEVER_UNKNOWN
        return isinstance(node, x.Constant) or is_of_cart

    def _is_segment(self, node: x.Expr) -> bool:
        return isinstance(node, x.Name) and node.kind == "segment"
