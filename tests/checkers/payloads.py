"""What a trigger must carry, resolved from the profile once more."""

from stream.decision.items.picking import pick, shown
from stream.definitions.expressions import Expr
from stream.definitions.picks import Payload, Pick
from stream.model.events import Scalar
from stream.model.items import NOTHING_NEAR, ItemReference
from stream.model.money import Money, major_text
from stream.model.profile import Cart, Item, Profile
from stream.model.reference import Reference
from stream.model.text import kept_text
from tests.checkers.asking import Asking

_REACHED_BY = ("email", "phone", "push_token", "first_name", "locale", "timezone")


def payload_of(asking: Asking, payload: Payload, reference: Reference | None) -> dict[str, object]:
    """Return the fields of a payload; nothing is known of a catalogue."""
    near = reference.items if reference is not None else NOTHING_NEAR
    items = ItemReference(near.version, similar=near.similar, goes_with=near.goes_with)
    return {name: _field(asking, node, items) for name, node in payload.items()}


def address_of(profile: Profile) -> dict[str, Scalar]:
    """Return what the user told of how to be reached."""
    return {name: profile.identity[name] for name in _REACHED_BY if name in profile.identity}


def _field(asking: Asking, node: Expr | Pick, items: ItemReference) -> object:
    currency = asking.program.definitions.plan.currency
    if isinstance(node, Pick):
        found = pick(items, asking.profile, _picked_for(asking, node), node)
        products = [shown(items.catalogue, product, currency) for product in found.picked]
        return products if node.n > 1 else products[0] if products else None
    if node.type == "items":
        cart = _cart(asking.profile)
        return [_line(cart, product, currency) for product in cart.items] if cart is not None else []
    value = asking.value(node)
    return _amount(round(value), currency) if node.type == "money" and isinstance(value, int | float) else value


def _picked_for(asking: Asking, node: Pick) -> list[str]:
    cart = _cart(asking.profile)
    if node.of.type != "items":
        product = asking.value(node.of)
        return [kept_text(str(product))] if product else []
    if cart is None or not cart.items:
        return []
    dearest = max(cart.items, key=lambda name: (cart.items[name].price_minor or 0, cart.items[name].at_ms, name))
    return list(dict.fromkeys((dearest, *cart.items)))


def _cart(profile: Profile) -> Cart | None:
    """Return the cart that changed last of those that hold something; carts are kept in that order."""
    return next((cart for cart in reversed(profile.carts.values()) if sum(map(_quantity, cart.items.values()))), None)


def _quantity(item: Item) -> int:
    return item.quantity


def _line(cart: Cart, product: str, currency: str) -> dict[str, object]:
    item = cart.items[product]
    line: dict[str, object] = {"product": product, "quantity": item.quantity}
    if item.original is not None:
        line["price"] = _amount(item.original.minor, item.original.currency)
    elif item.price_minor is not None:
        line["price"] = _amount(item.price_minor, currency)
    return line


def _amount(minor: int, currency: str) -> dict[str, str]:
    money = Money(minor, currency)
    return {"amount": major_text(money.minor, money.currency), "currency": money.currency}
