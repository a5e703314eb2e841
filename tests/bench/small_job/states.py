"""What the other engines keep of a user: dicts of JSON's types, which none of them has trouble to store."""

from typing import Any

IDLE_MS = 3_600_000
DAY_MS = 86_400_000
DAYS = 7

Cart = dict[str, Any]
"""`items`: pieces by product; `changed_at`: milliseconds; `told`: that it is abandoned was told already."""


def after(cart: Cart | None, call: dict[str, Any]) -> Cart:
    """Return the cart after a call: an order empties it."""
    items = {} if cart is None or call["event"] == "Order Completed" else dict(cart["items"])
    if call["event"] == "Product Added":
        properties = call["properties"]
        product = properties["product_id"]
        items[product] = items.get(product, 0) + properties.get("quantity", 1)
    return {"items": items, "changed_at": call["timestamp"], "told": False}


def is_idle(cart: Cart | None, now_ms: int) -> bool:
    """Return whether something has been in it for more than 60 minutes without a change, untold so far."""
    return cart is not None and bool(cart["items"]) and not cart["told"] and now_ms - cart["changed_at"] > IDLE_MS


def with_view(views: dict[str, int] | None, at_ms: int) -> dict[str, int]:
    """Return the views by day with one more: a rolling count as it is written by hand, in steps of a day."""
    day = at_ms // DAY_MS
    kept = {key: count for key, count in (views or {}).items() if int(key) > day - DAYS}
    kept[str(day)] = kept.get(str(day), 0) + 1
    return kept
