"""Random histories of users: clusters at the edges of windows, late events, duplicates, and quiet stretches between."""

from datetime import UTC, datetime
from random import Random
from typing import Final

import msgspec

from stream.model.events import Event, Scalar

S, M, H, D = 1_000, 60_000, 3_600_000, 86_400_000
_WINDOWS_MS: Final = (5 * S, M, 10 * M, 30 * M, H, D, 3 * D, 7 * D, 30 * D)
_BEGINNINGS: Final = (
    "2024-02-27T20:00",
    "2024-03-08T23:30",
    "2023-12-29T12:00",
    "2024-10-25T21:00",
    "1970-01-01T00:00",
)
_ZONES: Final = ("Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata", "UTC")
_NAMES: Final = (
    *("viewed",) * 5,
    *("used",) * 3,
    *("order_completed",) * 3,
    *("product_added",) * 2,
    "product_removed",
    *("order_refunded", "delivered", "delivered", "opened", "opened", "asked", "answered", "identify"),
)
LATEST_MS: Final = 40 * D


def _gap(random: Random) -> int:
    """Return a time between two events: none, a moment, or about one of the windows."""
    kind = random.random()
    if kind < 0.15:
        return random.choice((0, 0, 1, 2))
    if kind < 0.5:
        return random.randrange(1, random.choice((S, M, 10 * M, H)))
    window = random.choice(_WINDOWS_MS)
    if kind < 0.6:
        return random.randrange(window)
    width = max(1, window // 168)
    return max(0, window + random.choice((0, 0, 1, -1, width, width - 1, width + 1, -width, random.randrange(width))))


def history(random: Random, longest: int = 16) -> list[Event]:
    """Return the events of one user in the order in which they come; some come late, and some twice."""
    time_ms = int(datetime.fromisoformat(random.choice(_BEGINNINGS)).replace(tzinfo=UTC).timestamp()) * S
    time_ms += random.randrange(D)
    begin_ms, events = time_ms, []
    names = random.choice((_NAMES, _NAMES, ("viewed", "used", "order_completed")))
    for number in range(random.randint(1, longest)):
        gap_ms = _gap(random)
        time_ms += gap_ms if time_ms + gap_ms - begin_ms < LATEST_MS else random.randrange(M)
        late_ms = random.choice((0, 0, 0, 0, 0, 0, 0, 1, 2 * S, M, D)) if random.random() < 0.3 else 0
        events.append(_event(random, random.choice(names), max(0, time_ms - late_ms), f"e{number}"))
        if random.random() < 0.05:
            events.append(random.choice(events))
    return events


def _event(random: Random, name: str, time_ms: int, number: str) -> Event:
    event = Event("u", name, time_ms, number, _some(random, _PROPERTIES[name]))
    if name.startswith("product"):
        event.props["product_id"] = random.choice(_KINDS)
    if name.startswith(("product", "order_completed")) and random.random() < 0.3:
        event.props["cart_id"] = random.choice(("c1", "c2"))
    if name == "order_completed":
        lines = [_some(random, _LINE) for _ in range(random.choice((0, 1, 1, 2)))]
        event = msgspec.structs.replace(event, lists={"products": lines})
    if name == "identify" and "renews_at" in event.props:
        event.props["renews_at"] = time_ms + random.choice((-D, H, 3 * D, 5 * D))
    if name == "viewed" and "ends" in event.props:
        event.props["ends"] = time_ms + random.choice((-H, M, D))
    if random.random() < 0.03:
        event = msgspec.structs.replace(event, zone=random.choice(_ZONES))
    return event


def _some(random: Random, known: dict[str, tuple[Scalar, ...]]) -> dict[str, Scalar]:
    return {name: random.choice(values) for name, values in known.items() if random.random() < 0.8}


_KINDS: Final = ("a", "a", "b", "c")
_NUMBERS: Final = (0, 1, 2, 2.5, -1.5, 3)
_MONEY: Final = (0, 50, 100, 150, 250, 999)
_LINE: Final = {
    "products[].kind": _KINDS,
    "products[].pieces": (1, 2, 3),
    "products[].price": _MONEY,
    "products[].is_new": (True, False),
}
_PROPERTIES: Final[dict[str, dict[str, tuple[Scalar, ...]]]] = {
    "viewed": {
        "page": ("a", "b", "c"),
        "kind": _KINDS,
        "rating": _NUMBERS,
        "pieces": (-1, 0, 1, 2, 3),
        "price": _MONEY,
        "is_new": (True, False),
        "ends": (0,),
    },
    "used": {"kind": _KINDS, "amount": _NUMBERS, "price": _MONEY},
    "order_completed": {"kind": _KINDS, "coupon": ("a", "b"), "total": _MONEY},
    "product_added": {"kind": _KINDS, "quantity": (1, 2), "price": _MONEY},
    "product_removed": {"quantity": (1, 2)},
    "order_refunded": {"kind": _KINDS, "total": _MONEY, "pieces": (1, 2)},
    "delivered": {"kind": _KINDS},
    "opened": {"kind": _KINDS, "is_new": (True, False)},
    "asked": {"ticket": ("a", "b", "c"), "kind": _KINDS},
    "answered": {"ticket": ("a", "b", "c")},
    "identify": {
        "plan": ("a", "b", "c"),
        "birthday": ("1990-02-29", "1990-03-01", "1991-03-10", "1990-01-01", "some day"),
        "timezone": _ZONES,
        "renews_at": (0,),
        "age": (1, 2, 3),
    },
}
