"""The days that are played: simulated shops around the clock, and what happens to users beside shopping."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from operator import itemgetter

import msgspec

from stream.model.calls import Call
from stream.testkit.shop import OPENS_MS, simulate

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DAYS = 12
SHOPPER_EVENTS = 24
"""About how many events a shopper makes in these days."""

_SHOPS = 8
_BUSY = 8


def days(events: int, purposes: Iterable[str], seed: int = 7) -> list[Call]:
    """Return about so many calls over twelve days, in order of time, with epoch milliseconds as `timestamp`.

    Eight shops, each three hours later than the one before it: some shop is always busy, so that the load is even.
    One in forty shoppers is erased on some day and may come again, one in forty refunded; some calls come twice. One
    more user in fifty fills a cart and is never seen again: from then on only timers move them. Eight more make a tenth
    of all events: too many to be recognised by their message ids, should they be decided again.
    """
    chance = random.Random(seed)
    wanted = sorted(purposes)
    shoppers = max(1, events * 9 // 10 // SHOPPER_EVENTS // _SHOPS)
    calls: list[tuple[int, Call]] = []
    for number in range(_SHOPS):
        calls += _shop(f"s{number}-", number * DAY_MS // _SHOPS, simulate(seed + number, wanted, shoppers, DAYS))
    users = sorted({str(call.user_id) for _, call in calls})
    for user in chance.sample(users, len(users) // 40):
        calls.append(_track(user, "Erasure Requested", OPENS_MS + chance.randrange(DAYS * DAY_MS)))
    for user in chance.sample(users, len(users) // 40):
        refund: dict[str, object] = {"order_id": f"{user}-order-1", "total": 20, "currency": "USD"}
        calls.append(_track(user, "Order Refunded", OPENS_MS + chance.randrange(DAYS * DAY_MS), refund))
    calls += _silent(chance, wanted, max(20, len(users) // 50))
    calls += _busy(chance, wanted, events // 10)
    calls += chance.sample(calls, len(calls) // 50)
    return [call for _, call in sorted(calls, key=itemgetter(0))]


def _shop(prefix: str, later_ms: int, calls: list[Call]) -> Iterator[tuple[int, Call]]:
    """Yield a shop's calls, with names of its own and so much later."""
    for call in calls:
        assert isinstance(call.timestamp, int)
        at_ms = call.timestamp + later_ms
        own = {"user_id": f"{prefix}{call.user_id}", "message_id": f"{prefix}{call.message_id}", "timestamp": at_ms}
        yield at_ms, msgspec.structs.replace(call, **own)


def _silent(chance: random.Random, purposes: list[str], count: int) -> Iterator[tuple[int, Call]]:
    for number in range(count):
        user, at_ms = f"silent-{number}", OPENS_MS + chance.randrange(DAYS * DAY_MS)
        for purpose in purposes:
            yield _track(user, "Consent Changed", at_ms, {"purpose": purpose, "granted": chance.random() < 0.9})
        yield _track(user, "Product Added", at_ms + 60_000, {"product_id": f"p{number % 7}", "price": 20 + number % 90})


def _busy(chance: random.Random, purposes: list[str], count: int) -> Iterator[tuple[int, Call]]:
    for number in range(_BUSY):
        for purpose in purposes:
            yield _track(f"busy-{number}", "Consent Changed", OPENS_MS, {"purpose": purpose, "granted": True})
    for at_ms in chance.sample(range(OPENS_MS + 1, OPENS_MS + DAYS * DAY_MS), count):
        user, product = f"busy-{chance.randrange(_BUSY)}", {"product_id": f"p{at_ms % 7}", "price": 20 + at_ms % 90}
        # Rests of hours between flurries, so that carts are abandoned too.
        begin_ms = at_ms - at_ms % (6 * HOUR_MS)
        event = chance.choice(("Product Viewed", "Product Viewed", "Product Added", "Order Completed"))
        yield _track(user, event, begin_ms + (at_ms - begin_ms) // 4, product if event != "Order Completed" else {})


def _track(user: str, event: str, at_ms: int, properties: dict[str, object] | None = None) -> tuple[int, Call]:
    purpose = (properties or {}).get("purpose", "")
    return at_ms, Call("track", user, event, at_ms, properties or {}, message_id=f"{user}-{event}-{purpose}-{at_ms}")
