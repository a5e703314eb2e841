"""What a trigger carries: its payload resolved from the profile, and where to send it."""

from typing import Final

from stream.decision.cart import current_cart
from stream.decision.explain import Explainer
from stream.definitions.expressions import Expr
from stream.model.events import Scalar
from stream.model.money import Money, major_text
from stream.model.profile import Cart, Profile

_ADDRESS: Final = ("email", "phone", "push_token", "first_name", "locale", "timezone")


def resolved(
    payload: dict[str, Expr], explainer: Explainer, profile: Profile, now_ms: int, currency: str
) -> dict[str, object]:
    """Evaluate a payload; money becomes an amount and a currency, `cart.items` the cart's lines, the unknown null."""
    return {name: _field(node, explainer, profile, now_ms, currency) for name, node in payload.items()}


def address(profile: Profile) -> dict[str, Scalar]:
    """Return what is known of how to reach the user."""
    return {name: profile.identity[name] for name in _ADDRESS if name in profile.identity}


def _field(node: Expr, explainer: Explainer, profile: Profile, now_ms: int, currency: str) -> object:
    if node.type == "items":
        cart = current_cart(profile)
        return _lines(cart, currency) if cart else []
    value = explainer.value(node, profile, now_ms)
    if node.type == "money" and isinstance(value, int | float):
        return _amount(Money(round(value), currency))
    return value


def _amount(money: Money) -> dict[str, str]:
    return {"amount": major_text(money.minor, money.currency), "currency": money.currency}


def _lines(cart: Cart, currency: str) -> list[dict[str, object]]:
    """Return a cart's lines; a price is what the shop sent, in its own currency."""
    lines: list[dict[str, object]] = []
    for item in cart.items.values():
        line: dict[str, object] = {"product": item.product, "quantity": item.quantity}
        if item.price_minor is not None:
            line["price"] = _amount(item.original or Money(item.price_minor, currency))
        lines.append(line)
    return lines
