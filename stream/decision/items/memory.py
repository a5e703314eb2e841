"""The products one user saw, carted and bought lately, and what that tells of products that belong together.

Two products are alike where the same users view both, and go together where the same users buy both (Linden, Smith and
York, "Amazon.com recommendations: item-to-item collaborative filtering", IEEE Internet Computing 7(1), 2003). What
counts there is the user, not how often each clicked. So a product counts once an outing: the views up to a pause of 8
hours, and at most for a day. It is told when it is viewed for the first time in it, with the latest 20 of the others;
so of two products, once an outing. What is bought counts again only 30 days after it was bought last, and what was
bought within 30 days before stands beside it: shoes now, their laces a week later.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from stream.decision.ids import decided_id
from stream.model.events import Event, Scalar
from stream.model.items import CoOccurrence, ProductMemory, Together
from stream.model.profile import NEVER, Profile
from stream.model.text import kept_text

PAUSE_MS: Final = 8 * 3_600_000
"""So long without a view ends an outing: a night."""

OUTING_MS: Final = 24 * 3_600_000
"""An outing takes in no view so long after its first."""

TOGETHER_MS: Final = 30 * 24 * 3_600_000
"""What is bought within less than this belongs together."""

BESIDE_MOST: Final = 20
"""Products told of beside another: the latest."""

FRESH_MOST: Final = 50
"""Products of one outing that are told of; who looks at more is looking at everything, or is no one."""

VIEWED_KEPT: Final = 50
CARTED_KEPT: Final = 50
BOUGHT_KEPT: Final = 100
"""Products remembered of a user; of further ones, the one seen, carted or bought longest ago is forgotten."""

ORDERED_MOST: Final = 50
"""Products of one order that are taken in: the first."""

VIEWED: Final = "product_viewed"
ADDED: Final = "product_added"
ORDERED: Final = "order_completed"
EVENTS: Final = frozenset({VIEWED, ADDED, ORDERED})

_LINES: Final = "products"


def take_in(profile: Profile, event: Event) -> list[CoOccurrence]:
    """Remember the products of one of `EVENTS`; return what it tells of products together.

    Of an order that does not list its `products`, they are those in the cart: so this comes before the cart changes.
    """
    memory = profile.products
    if memory is None:
        memory = profile.products = ProductMemory()
    product, at_ms = _product(event.props), event.time_ms
    if event.name == ORDERED:
        fresh = _buy(memory, _ordered(profile, event), at_ms)
        return [_told(profile, memory, event, product, beside) for product, beside in fresh]
    if not product:
        return []
    if event.name == VIEWED:
        seen = _view(memory, product, at_ms)
        return [] if seen is None else [_told(profile, memory, event, product, seen)]
    _note(memory.carted, product, at_ms, CARTED_KEPT)
    return []


def _view(memory: ProductMemory, product: str, at_ms: int) -> tuple[str, ...] | None:
    """Note a view; where it is to be told, return the products beside it."""
    if at_ms < memory.began_ms:
        return None  # late, of an outing that is over
    if at_ms - memory.last_ms >= PAUSE_MS or at_ms - memory.began_ms >= OUTING_MS:
        memory.began_ms, memory.last_ms, memory.fresh = at_ms, at_ms, 0
    elif at_ms > memory.last_ms:
        memory.last_ms = at_ms
    viewed = memory.viewed
    is_fresh = viewed.get(product, -NEVER) < memory.began_ms
    is_told = is_fresh and memory.fresh < FRESH_MOST
    # What was viewed in this outing was noted last, and a product that is fresh in it is not among that.
    beside = tuple(islice(reversed(viewed), min(memory.fresh, BESIDE_MOST))) if is_told else None
    _note(viewed, product, at_ms, VIEWED_KEPT)
    memory.fresh += is_fresh
    return beside


def _buy(memory: ProductMemory, products: Iterable[str], at_ms: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Note what was bought; give each product that is to be told, with the products beside it."""
    since_ms, until_ms = at_ms - TOGETHER_MS + 1, at_ms + TOGETHER_MS
    for product in products:
        is_fresh = memory.bought.get(product, -NEVER) < since_ms
        times = memory.bought
        near = (other for other in reversed(times) if since_ms <= times[other] < until_ms and other != product)
        beside = tuple(islice(near, BESIDE_MOST)) if is_fresh else ()
        _note(memory.bought, product, at_ms, BOUGHT_KEPT)
        if is_fresh:
            yield product, beside


def _told(profile: Profile, memory: ProductMemory, event: Event, product: str, beside: tuple[str, ...]) -> CoOccurrence:
    memory.told += 1
    how: Together = "bought" if event.name == ORDERED else "viewed"
    at_ms = min(event.time_ms, profile.now_ms)  # a clock that is ahead must not let all that was told before fade
    its_id = decided_id("together", profile.lifetime, memory.told)
    return CoOccurrence(its_id, profile.user, how, product, beside, at_ms, profile.now_ms)


def _note(times: dict[str, int], product: str, at_ms: int, most: int) -> None:
    """Note a product with its latest time, as the last; forget the first where there are too many."""
    known_ms = times.get(product)
    if known_ms is None:
        times[product] = at_ms
        if len(times) > most:
            del times[next(iter(times))]
    elif at_ms >= known_ms:
        del times[product]
        times[product] = at_ms


def _ordered(profile: Profile, event: Event) -> list[str]:
    """Return the products of an order: those it lists, else those of the cart, or of all, that it empties."""
    lines = (event.lists or {}).get(_LINES, ())
    found = [_product({name.rpartition(".")[2]: value for name, value in line.items()}) for line in lines]
    if not any(found):
        cart_id = event.props.get("cart_id")
        named = profile.carts.get(kept_text(str(cart_id))) if cart_id else None
        carts = [named] if named is not None else () if cart_id else profile.carts.values()
        found = [item.product for cart in carts for item in cart.items.values() if item.at_ms <= event.time_ms]
    return list(dict.fromkeys(filter(None, found)))[:ORDERED_MOST]


def _product(props: Mapping[str, Scalar]) -> str:
    """Return the product of an event as the cart names it."""
    return kept_text(str(props.get("sku") or props.get("product_id") or ""))
