"""The built-in cart: what is in it, and what an event does to it.

Carts are kept by `cart_id` where it is sent; else a user has one cart until the next order. An order with a cart id
empties that cart, one without empties all. What arrives late is judged by its own time: an order takes out what was put
in before it, and an addition from before an order that is already known no longer counts.
"""

from typing import Final

from stream.model.events import Event, Scalar
from stream.model.money import Money
from stream.model.profile import Cart, Item, Profile
from stream.model.text import kept_text

CARTS_KEPT: Final = 5
"""Carts remembered of a user; the one longest unchanged is forgotten first."""

LINES_KEPT: Final = 200
"""Products in all carts of a user; further ones are not taken in."""

PIECES_KEPT: Final = 1_000_000
"""Pieces of one product; more are not counted."""

TOTAL_KEPT: Final = 1 << 60
"""Minor units of a cart; a greater worth could not be sent as a number."""

CHANGES: Final = frozenset({"product_added", "product_removed", "order_completed"})


def current_cart(profile: Profile) -> Cart | None:
    """Return the cart changed last among those that hold something."""
    for cart in reversed(profile.carts.values()):
        if cart.quantity:
            return cart
    return None


def apply(profile: Profile, event: Event) -> list[Cart]:
    """Let one of the events in `CHANGES` change the carts; return those it changed."""
    if event.name == "order_completed":
        return _order(profile, event)
    cart = _cart_of(profile, event)
    if event.time_ms < max(profile.ordered_ms, cart.emptied_ms):
        return []
    changed = _add(profile, cart, event) if event.name == "product_added" else _remove(cart, event)
    if not changed:
        return []
    _touch(profile, cart, event)
    return [cart]


def total_minor(cart: Cart) -> int | None:
    """Return the worth of a cart in minor units, unknown where a price is."""
    total = 0
    for item in cart.items.values():
        if item.price_minor is None:
            return None
        total += item.price_minor * item.quantity
    return min(total, TOTAL_KEPT)


def dearest_item(cart: Cart) -> str | None:
    """Return the product with the highest price of one piece; of several, or without prices, the one added last."""
    if not cart.items:
        return None
    return max(cart.items.values(), key=lambda item: (item.price_minor or 0, item.at_ms, item.product)).product


def _cart_of(profile: Profile, event: Event) -> Cart:
    cart_id = kept_text(str(event.props.get("cart_id") or profile.cart_ordinal))
    return profile.carts.get(cart_id) or Cart(cart_id, {}, event.time_ms)


def _product(event: Event) -> str:
    return kept_text(str(event.props.get("sku") or event.props.get("product_id") or ""))


def _whole(value: Scalar | None, default: int) -> int:
    return int(value) if isinstance(value, int | float) else default


def _add(profile: Profile, cart: Cart, event: Event) -> bool:
    product, quantity = _product(event), _whole(event.props.get("quantity"), 1)
    price = event.props.get("price")
    price_minor = price if isinstance(price, int) else None
    original: Money | None = (event.amounts or {}).get("price")
    item = cart.items.get(product)
    if item is None:
        if sum(len(other.items) for other in profile.carts.values()) >= LINES_KEPT:
            return False
        cart.items[product] = Item(product, min(quantity, PIECES_KEPT), price_minor, event.time_ms, original)
    else:
        item.quantity = min(item.quantity + quantity, PIECES_KEPT)
        item.at_ms = max(item.at_ms, event.time_ms)
        if price_minor is not None:
            item.price_minor, item.original = price_minor, original
    return True


def _remove(cart: Cart, event: Event) -> bool:
    item = cart.items.get(_product(event))
    if item is None:
        return False
    item.quantity -= _whole(event.props.get("quantity"), item.quantity)
    if item.quantity <= 0:
        del cart.items[item.product]
    return True


def _order(profile: Profile, event: Event) -> list[Cart]:
    cart_id = event.props.get("cart_id")
    if cart_id:
        name = kept_text(str(cart_id))
        named = profile.carts.get(name) or Cart(name, {}, event.time_ms)
        profile.carts.setdefault(named.id, named)  # also an unknown one: an addition to it may still come late
        changed = [named] if _empty(profile, named, event) else []
        _forget_carts(profile)
        return changed
    profile.ordered_ms = max(profile.ordered_ms, event.time_ms)
    changed = [cart for cart in list(profile.carts.values()) if _empty(profile, cart, event)]
    own = profile.carts.get(str(profile.cart_ordinal))
    if own is None or not own.items:
        profile.cart_ordinal += 1
    return changed


def _empty(profile: Profile, cart: Cart, event: Event) -> bool:
    """Take out what was put in up to the order; say whether that was anything."""
    cart.emptied_ms = max(cart.emptied_ms, event.time_ms)
    ordered = [product for product, item in cart.items.items() if item.at_ms <= event.time_ms]
    for product in ordered:
        del cart.items[product]
    if ordered:
        _touch(profile, cart, event)
    return bool(ordered)


def _touch(profile: Profile, cart: Cart, event: Event) -> None:
    """Note that a cart changed, keep the carts in order of their change, and no more than are remembered."""
    cart.changed_ms = max(cart.changed_ms, event.time_ms)
    cart.quantity = sum(item.quantity for item in cart.items.values())
    cart.event = event.id
    carts = profile.carts
    if not carts or next(reversed(carts)) != cart.id:
        carts.pop(cart.id, None)
        carts[cart.id] = cart
    _forget_carts(profile)


def _forget_carts(profile: Profile) -> None:
    """Keep no more carts than are remembered: an empty one goes first, then the one longest unchanged."""
    carts = profile.carts
    while len(carts) > CARTS_KEPT:
        del carts[next((cart.id for cart in carts.values() if not cart.items), next(iter(carts)))]
