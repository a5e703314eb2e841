"""Types of payload values: an expression, or products that are picked."""

import ast
from collections.abc import Mapping
from typing import Final

import msgspec

from stream.definitions import expressions as x
from stream.definitions.picks import PICKED_MOST, PICKS, Pick, PickFunction
from stream.definitions.problems import nearest
from stream.definitions.refusing import TypeMismatch
from stream.definitions.slips import described, function_slip
from stream.definitions.typing import FUNCTIONS, Typer
from stream.model.events import Scalar
from stream.model.products import RATING_MOST

ASKED: Final[Mapping[str, x.ValueType]] = {
    "n": "number",
    "min_rating": "number",
    "in_stock": "boolean",
    "same_category": "boolean",
    "bought": "boolean",
}
"""What may be asked of the products that are picked, each with a constant of this type."""


class PayloadTyper(Typer):
    """Turns the syntax tree of a payload's value into a typed node."""

    def value(self, node: ast.expr) -> x.Expr | Pick:
        """Return the checked value; raises `TypeMismatch`."""
        if isinstance(node, ast.Call):
            function = next((name for name in PICKS if name == self._text(node.func)), None)
            if function is not None:
                return self._pick(node, function)
            if (name := self._text(node.func)) not in FUNCTIONS:
                self._refuse(node, function_slip(name), nearest(name, (*FUNCTIONS, *PICKS)))
        return self.typed(node)

    def _pick(self, node: ast.Call, function: PickFunction) -> Pick:
        if not node.args:
            self._refuse(node, f"{function}(...) takes a product, as in {function}(cart.dearest_item)")
        if len(node.args) > 1:
            self._refuse(node.args[1], f"all but the product is named, as in {function}(cart.dearest_item, n=3)")
        asked: dict[str, Scalar] = {}
        for keyword in node.keywords:
            name, value = self._asked(function, keyword)
            if name in asked:
                raise TypeMismatch(f"{name!r} stands twice in {function}(...)", keyword.col_offset)
            asked[name] = value
        of = self._product(node.args[0], function)
        return msgspec.structs.replace(Pick(function=function, of=of, text=self._text(node)), **asked)

    def _product(self, node: ast.expr, function: PickFunction) -> x.Expr:
        of = self._value(node)
        if of.type == "string" or (of.type == "items" and function == "goes_with"):
            return of
        near = "cart.dearest_item" if of.type == "items" else ""
        self._refuse(node, f"{function}(...) takes the id of a product, a string; {of.text} is {described(of)}", near)

    def _asked(self, function: PickFunction, keyword: ast.keyword) -> tuple[str, Scalar]:
        """Return one named argument, checked."""
        name, node = keyword.arg or "**", keyword.value
        if name not in ASKED:
            known = ", ".join(ASKED)
            message = f"{function}(...) takes no {name!r}; it takes {known}"
            raise TypeMismatch(message, keyword.col_offset, nearest(name, ASKED))
        given = self._value(node)
        if not isinstance(given, x.Constant) or given.type != ASKED[name]:
            needed = "true or false" if ASKED[name] == "boolean" else "a number"
            self._refuse(node, f"{name} is {needed}, written out, not {given.text}")
        if wrong := _beyond(name, given.value):
            self._refuse(node, *wrong)
        return name, given.value


def _beyond(name: str, value: Scalar) -> tuple[str, str] | None:
    """Return what is wrong with the value of a named argument, and what was probably meant."""
    if name == "in_stock" and value is False:
        return "what is sold out is never picked: leave in_stock out, where it need not be known to be in stock", ""
    if name == "n" and value not in range(1, PICKED_MOST + 1):
        return f"n goes from 1 to {PICKED_MOST}", ""
    if name == "min_rating" and not 0 <= float(value) <= RATING_MOST:
        meant = float(value) / (10 if float(value) <= 10 * RATING_MOST else 20)
        return f"ratings go from 0 to {RATING_MOST}", f"{meant:g}" if 0 < meant <= RATING_MOST else ""
    return None
