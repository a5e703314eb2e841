"""What is in the cart, worked out anew from all events; they come in order of time."""

from collections.abc import Iterable

from stream.model.events import Event, Scalar


class PlainCart:
    """A cart as a bag of single additions and removals."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.quantity: dict[str, int] = {}
        self.price: dict[str, int | None] = {}
        self.added_ms: dict[str, int] = {}
        self.changed_ms: int | None = None

    def property(self, name: str) -> Scalar | None:
        """Return what `cart.NAME` means."""
        held = sum(self.quantity.values())
        match name:
            case "quantity":
                return held
            case "items":
                return len(self.quantity)
            case "total":
                prices = [self.price[product] for product in self.quantity]
                if None in prices:
                    return None
                return sum((self.price[product] or 0) * number for product, number in self.quantity.items())
            case "changed_at":
                return self.changed_ms if held else None
            case "id":
                return self.name if held else None
            case _:
                return max(self.quantity, key=self._rank) if held else None

    def _rank(self, product: str) -> tuple[int, int, str]:
        return self.price[product] or 0, self.added_ms[product], product


def cart_of(events: Iterable[Event]) -> PlainCart:
    """Return the cart that holds something and changed last, an empty one if none does."""
    holding = [cart for cart in carts_of(events).values() if cart.quantity]
    return holding[-1] if holding else PlainCart("")


def carts_of(events: Iterable[Event]) -> dict[str, PlainCart]:
    """Return all carts that no order has emptied, the one that changed last at the end."""
    carts: dict[str, PlainCart] = {}
    orders = 0
    for event in events:
        if event.name == "order_completed":
            name = event.props.get("cart_id")
            orders += name is None
            for cart in [cart for cart in carts.values() if name in (None, cart.name)]:
                del carts[cart.name]
        elif event.name in ("product_added", "product_removed"):
            name = str(event.props.get("cart_id") or orders + 1)
            cart = carts.get(name) or PlainCart(name)
            if _change(cart, event):
                carts.pop(name, None)
                carts[name] = cart
    return carts


def _change(cart: PlainCart, event: Event) -> bool:
    product, number = str(event.props["product_id"]), event.props.get("quantity")
    if event.name == "product_added":
        cart.quantity[product] = cart.quantity.get(product, 0) + int(number or 1)
        cart.price[product] = event.props.get("price", cart.price.get(product))
        cart.added_ms[product] = event.time_ms
    elif product in cart.quantity:
        cart.quantity[product] -= int(number or cart.quantity[product])
        if cart.quantity[product] <= 0:
            del cart.quantity[product], cart.price[product], cart.added_ms[product]
    else:
        return False
    cart.changed_ms = event.time_ms
    return True
