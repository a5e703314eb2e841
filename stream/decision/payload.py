"""What a trigger carries: its payload resolved from the profile, and where to send it."""

from typing import Final

import msgspec

from stream.decision.cart import current_cart, dearest_item
from stream.decision.explain import Explainer
from stream.decision.items.picking import pick, shown
from stream.definitions.expressions import Expr
from stream.definitions.picks import Payload, Pick
from stream.model.events import Scalar
from stream.model.items import ItemReference, PickEvidence
from stream.model.money import Money, major_text
from stream.model.profile import Cart, Profile
from stream.model.text import kept_text

_ADDRESS: Final = ("email", "phone", "push_token", "first_name", "locale", "timezone")


class Sources(msgspec.Struct, frozen=True):
    """What payloads are resolved from beside the profile; amounts are in the shop's currency."""

    explainer: Explainer
    items: ItemReference
    currency: str


def resolved(
    payload: Payload, sources: Sources, profile: Profile, now_ms: int
) -> tuple[dict[str, object], list[PickEvidence]]:
    """Evaluate a payload; money becomes an amount and a currency, `cart.items` the cart's lines, the unknown null.

    Products that are picked come with the evidence for them, in the order of the fields; where one is asked for, it is
    one product, else a list.
    """
    fields: dict[str, object] = {}
    picks: list[PickEvidence] = []
    for name, node in payload.items():
        if isinstance(node, Pick):
            found = pick(sources.items, profile, _products(node, sources.explainer, profile, now_ms), node)
            products = [shown(sources.items.catalogue, product, sources.currency) for product in found.picked]
            fields[name] = products if node.n > 1 else products[0] if products else None
            picks.append(found)
        else:
            fields[name] = _field(node, sources, profile, now_ms)
    return fields, picks


def address(profile: Profile) -> dict[str, Scalar]:
    """Return what is known of how to reach the user."""
    return {name: profile.identity[name] for name in _ADDRESS if name in profile.identity}


def _field(node: Expr, sources: Sources, profile: Profile, now_ms: int) -> object:
    if node.type == "items":
        cart = current_cart(profile)
        return _lines(cart, sources.currency) if cart else []
    value = sources.explainer.value(node, profile, now_ms)
    if node.type == "money" and isinstance(value, int | float):
        return _amount(Money(round(value), sources.currency))
    return value


def _products(node: Pick, explainer: Explainer, profile: Profile, now_ms: int) -> list[str]:
    """Return the products that others are picked for; of a cart, the dearest first."""
    if node.of.type != "items":
        product = explainer.value(node.of, profile, now_ms)
        return [kept_text(str(product))] if product else []
    cart = current_cart(profile)
    dearest = dearest_item(cart) if cart is not None else None
    return list(dict.fromkeys((dearest, *cart.items))) if cart is not None and dearest is not None else []


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
