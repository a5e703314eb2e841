"""The products one user saw, carted and bought lately, and what that tells of products that belong together.

Two products are alike where the same users view both, and go together where the same users buy both (Linden, Smith and
York, "Amazon.com recommendations: item-to-item collaborative filtering", IEEE Internet Computing 7(1), 2003). What
counts there is the user, not how often each clicked. So a product counts once an outing: the views up to a pause of 8
hours, and at most for a day. It is told when it is viewed for the first time in it, with the latest 5 of the others; so
of two products, once an outing. What is bought counts again only 30 days after it was bought last, and what was bought
within 30 days before stands beside it: shoes now, their laces a week later.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, Protocol

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

VIEWED_BESIDE: Final = 5
"""Products told of beside one that is viewed: the latest. With 20 of them what is alike foretells no better, and takes
longer to count.
"""

BOUGHT_BESIDE: Final = 20
"""Products told of beside one that is bought: the latest."""

FRESH_MOST: Final = 50
"""Products of one outing that are told of; who looks at more is looking at everything, or is no one."""

VIEWED_KEPT: Final = 20
CARTED_KEPT: Final = 20
BOUGHT_KEPT: Final = 100
"""Products remembered of a user; of further ones, the one seen, carted or bought longest ago is forgotten. What was
viewed longer ago no longer helps to foretell what comes next, and most of what is remembered is that.
"""

ORDERED_MOST: Final = 50
"""Products of one order that are taken in: the first."""

VIEWED: Final = "product_viewed"
ADDED: Final = "product_added"
ORDERED: Final = "order_completed"
EVENTS: Final = frozenset({VIEWED, ADDED, ORDERED})

_LINES: Final = "products"


class Watch(Protocol):
    """Hears which products a user remembers from now on."""

    def noted(self, profile: Profile, product: str, forgotten: str) -> None:
        """Hear of a product, and of one that had to make room for it, "" if none."""


def take_in(profile: Profile, event: Event, watch: Watch | None = None) -> list[CoOccurrence]:
    """Remember the products of one of `EVENTS`; return what it tells of products together.

    Of an order that does not list its `products`, they are those in the cart: so this comes before the cart changes.
    """
    memory = profile.products
    if memory is None:
        memory = profile.products = ProductMemory()
    if event.name == ORDERED:
        return list(_buy(profile, memory, event, watch))
    product = _product(event.props)
    if not product:
        return []
    is_view = event.name == VIEWED
    if is_view and event.time_ms < memory.began_ms:
        return []  # late, of an outing that is over
    times, most = (memory.viewed, VIEWED_KEPT) if is_view else (memory.carted, CARTED_KEPT)
    is_known = product in times
    told = _view(profile, memory, product, event) if is_view else []
    forgotten = _note(times, product, event.time_ms, most)
    if watch is not None and not is_known:
        watch.noted(profile, product, forgotten)
    return told


def _view(profile: Profile, memory: ProductMemory, product: str, event: Event) -> list[CoOccurrence]:
    """Count a view into its outing before it is noted, and tell of the product if it is the first there."""
    at_ms = event.time_ms
    if at_ms - memory.last_ms >= PAUSE_MS or at_ms - memory.began_ms >= OUTING_MS:
        memory.began_ms, memory.last_ms, memory.fresh = at_ms, at_ms, 0
    elif at_ms > memory.last_ms:
        memory.last_ms = at_ms
    if memory.viewed.get(product, -NEVER) >= memory.began_ms:
        return []
    fresh = memory.fresh
    memory.fresh = fresh + 1
    if fresh >= FRESH_MOST:
        return []
    # What was viewed in this outing was noted last, and a product that is fresh in it is not among that.
    beside = tuple(islice(reversed(memory.viewed), min(fresh, VIEWED_BESIDE)))
    return [_told(profile, memory, event, product, beside)]


def _buy(profile: Profile, memory: ProductMemory, event: Event, watch: Watch | None) -> Iterator[CoOccurrence]:
    """Note what was bought; tell of each product with those beside it."""
    at_ms, times = event.time_ms, memory.bought
    since_ms, until_ms = at_ms - TOGETHER_MS + 1, at_ms + TOGETHER_MS
    for product in _ordered(profile, event):
        is_known = product in times
        is_fresh = times.get(product, -NEVER) < since_ms
        near = (other for other in reversed(times) if since_ms <= times[other] < until_ms and other != product)
        beside = tuple(islice(near, BOUGHT_BESIDE)) if is_fresh else ()
        forgotten = _note(times, product, at_ms, BOUGHT_KEPT)
        if watch is not None and not is_known:
            watch.noted(profile, product, forgotten)
        if is_fresh:
            yield _told(profile, memory, event, product, beside)


def _told(profile: Profile, memory: ProductMemory, event: Event, product: str, beside: tuple[str, ...]) -> CoOccurrence:
    memory.told = number = memory.told + 1
    how: Together = "bought" if event.name == ORDERED else "viewed"
    now_ms, at_ms = profile.now_ms, event.time_ms
    if at_ms > now_ms:
        at_ms = now_ms  # a clock that is ahead must not let all that was told before fade
    # No hash of it: two views in three are told, and this is no longer than one.
    return CoOccurrence(f"{profile.lifetime}/{number}", profile.user, how, product, beside, at_ms, now_ms)


def _note(times: dict[str, int], product: str, at_ms: int, most: int) -> str:
    """Note a product with its latest time, as the last; return the first, forgotten if there are too many, else ""."""
    known_ms = times.get(product)
    if known_ms is None:
        times[product] = at_ms
        if len(times) > most:
            forgotten = next(iter(times))
            del times[forgotten]
            return forgotten
    elif at_ms >= known_ms:
        del times[product]
        times[product] = at_ms
    return ""


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
