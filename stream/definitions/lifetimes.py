"""`p_alive()`, `expected_purchases(30d)`, `expected_order_value()` and `clv(365d)`: what is expected of a customer."""

from collections.abc import Mapping
from typing import Final, get_args

from stream.definitions import expressions as x
from stream.definitions.cut_points import DAY_MS
from stream.definitions.scopes import Scope

LIFETIMES: Final[tuple[x.Expected, ...]] = get_args(x.Expected)
_OVER_A_TIME: Final = ("expected_purchases", "clv")
_IN_MONEY: Final = ("expected_order_value", "clv")
ARGUMENTS: Final[Mapping[str, int]] = {name: int(name in _OVER_A_TIME) for name in LIFETIMES}

ALPHAS_MOST: Final = 200
"""How many times `alpha` may be looked ahead: a model says nothing of so far, and its series would take long."""


def lifetime(function: str, text: str, horizon: x.Expr | None, scope: Scope) -> x.Lifetime | str:
    """Return what is expected of a customer, or what is wrong with asking for it."""
    wanted = next(name for name in LIFETIMES if name == function)
    if scope.event:
        return f"{function}(...) has no meaning in a condition on {scope.event}: it is asked once"
    wrong = _wrong_horizon(function, horizon) if horizon is not None else ""
    if wrong:
        return wrong
    model, tables = scope.tables.model, scope.tables
    if model is None and tables.complete and "clv" not in tables.doubtful:
        return "there is no table of what customers are worth: `stream fit clv` writes tables/clv.yaml"
    days = float(horizon.value) / DAY_MS if isinstance(horizon, x.Constant) else 0.0
    if model is not None and days > ALPHAS_MOST * model.alpha:
        return f"{horizon.text if horizon else ''} is too far ahead for a model whose alpha is {model.alpha:g} days"
    if model is not None and model.order_value is None and function in _IN_MONEY:
        return "tables/clv.yaml has no 'order_value': `stream fit clv` writes it where a sum is named"
    if model is not None and not scope.traits.keys() >= {*model.reads.values()}:
        model = None  # the table names a trait there is not: that is a mistake of its own
    parts = () if model is None else tuple(_name(scope, name) for name in model.reads.values())
    kind: x.ValueType = "money" if function in _IN_MONEY else "number"
    return x.Lifetime(type=kind, text=text, expected=wanted, days=days, model=model, parts=parts)


def beyond_chance(left: x.Expr, right: x.Expr) -> str:
    """Return what is wrong with comparing a chance with a number that it never comes to, or nothing."""
    chance, other = (left, right) if isinstance(left, x.Lifetime) else (right, left)
    if not isinstance(chance, x.Lifetime) or chance.expected != "p_alive" or not isinstance(other, x.Constant):
        return ""
    if isinstance(other.value, int | float) and not 0 <= other.value <= 1:
        hint = f": write {other.value / 100:g} for {other.text}" if 1 < other.value <= 100 else ""
        return f"p_alive() goes from 0 to 1{hint}"
    return ""


def _wrong_horizon(function: str, horizon: x.Expr) -> str:
    if not isinstance(horizon, x.Constant) or horizon.type not in ("duration", "number"):
        return f"{function}(...) takes a duration that stands still, as in {function}(30d), not {horizon.text!r}"
    if horizon.type == "number":
        return f"a duration needs a unit: write {function}({horizon.text}d)"
    return "" if horizon.value else f"{function}(...) looks ahead: {horizon.text} is no time at all"


def _name(scope: Scope, name: str) -> x.Name:
    return x.Name(type=scope.traits[name], text=name, kind="trait", name=name)
