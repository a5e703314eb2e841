"""One simulated shopper: visits, a cart, orders and emails over the days, as calls of the Segment Spec."""

import random
from collections.abc import Iterable
from typing import Final

from stream.model.calls import Call
from stream.testkit.shop.catalogue import BY_CATEGORY, CURRENCY, PRODUCTS, Product
from stream.testkit.shop.habits import Habit
from stream.testkit.shop.offers import Offers

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

NEWSLETTER_DAYS: Final = frozenset({1, 4, 8, 11})
_NEWSLETTER_AT_MS: Final = 8 * HOUR_MS
_LONGEST_VISIT_MS: Final = 30 * MINUTE_MS

# When people shop, as hours of the day: few before breakfast, most in the evening.
_HOURS: Final = (7, 8, 9, 10, 11, 12, 12, 13, 14, 15, 16, 17, 18, 18, 19, 19, 20, 20, 20, 21, 21, 22)


class Shopper:
    """Lives through the days one by one; `calls` holds what was done, in order of time within a visit."""

    def __init__(self, user: str, habit: Habit, chance: random.Random, purposes: Iterable[str], offers: Offers) -> None:
        self.calls: Final[list[tuple[int, Call]]] = []
        self._user = user
        self._habit = habit
        self._chance = chance
        self._purposes = tuple(purposes)
        self._offers = offers
        self._favourite = chance.choice(sorted(BY_CATEGORY))
        self._cart: list[tuple[Product, int]] = []
        self._subscribed = False
        self._known = False
        self._orders = 0

    def live(self, day_ms: int, day: int) -> None:
        """Do what this shopper does on one day, `day_ms` its midnight."""
        if self._subscribed and day in NEWSLETTER_DAYS:
            self._read_newsletter(day_ms + _NEWSLETTER_AT_MS + self._between(0, 20 * MINUTE_MS), day)
        at_ms = day_ms
        for hour in sorted(self._chance.sample(_HOURS, 2)):
            if self._happens(self._habit.visits_a_day / 2):
                at_ms = max(at_ms, day_ms + hour * HOUR_MS + self._between(0, 59 * MINUTE_MS))
                at_ms = self._visit(at_ms) + _LONGEST_VISIT_MS

    # ------------------------------------------------------------------------------------------------------- visits

    def _visit(self, at_ms: int) -> int:
        """Come to the shop, and return the time of the last thing done there."""
        if not self._known:
            at_ms = self._introduce(at_ms)
        if self._cart and self._happens(self._habit.returns):
            return self._order(self._track(at_ms, "Cart Viewed"))
        for _ in range(self._chance.randint(*self._habit.views)):
            product = self._offers.at(self._choose(), at_ms).product
            at_ms = self._track(at_ms, "Product Viewed", **_described(product))
        if not self._happens(self._habit.fills):
            return at_ms
        for _ in range(self._chance.choice((1, 1, 1, 2, 3))):
            at_ms = self._put(at_ms, self._offers.left_at(PRODUCTS, self._choose(), at_ms))
        if self._happens(self._habit.buys):
            return self._order(at_ms)
        if self._happens(0.15):
            return self._take_out(at_ms)
        return at_ms

    def _introduce(self, at_ms: int) -> int:
        self._known = True
        traits: dict[str, object] = {"email": f"{self._user}@example.com", "country": self._chance.choice(("US", "CA"))}
        message_id = f"{self._user}-{len(self.calls)}"
        self.calls.append((at_ms, Call("identify", self._user, timestamp=at_ms, traits=traits, message_id=message_id)))
        for purpose in self._purposes:
            granted = self._happens(self._habit.consents)
            self._subscribed = self._subscribed or granted
            at_ms = self._track(at_ms, "Consent Changed", purpose=purpose, granted=granted)
        return at_ms

    def _put(self, at_ms: int, product: Product) -> int:
        quantity = self._chance.choice((1, 1, 1, 2))
        self._cart.append((product, quantity))
        return self._track(at_ms, "Product Added", **_described(product), quantity=quantity)

    def _take_out(self, at_ms: int) -> int:
        product, quantity = self._cart.pop()
        return self._track(at_ms, "Product Removed", **_described(product), quantity=quantity)

    def _order(self, at_ms: int) -> int:
        at_ms = self._track(at_ms, "Checkout Started")
        total = round(sum(product.price * quantity for product, quantity in self._cart), 2)
        self._orders += 1
        products = [{**_described(product), "quantity": quantity} for product, quantity in self._cart]
        self._cart.clear()
        order_id = f"{self._user}-order-{self._orders}"
        return self._track(
            at_ms, "Order Completed", order_id=order_id, total=total, currency=CURRENCY, products=products
        )

    def _choose(self) -> Product:
        return self._chance.choice(BY_CATEGORY[self._favourite] if self._happens(0.7) else PRODUCTS)

    # ------------------------------------------------------------------------------------------------------- emails

    def _read_newsletter(self, at_ms: int, day: int) -> None:
        email = {"campaign": f"newsletter-{day}"}
        at_ms = self._track(at_ms, "Email Delivered", **email)
        at_ms += self._between(5 * MINUTE_MS, 4 * HOUR_MS)
        if self._happens(self._habit.opens):
            at_ms = self._track(at_ms, "Email Opened", **email)
            if self._happens(self._habit.clicks):
                self._track(at_ms, "Email Link Clicked", **email)
        elif self._happens(self._habit.leaves):
            self._subscribed = False
            self._track(at_ms, "Unsubscribed", **email)

    # ------------------------------------------------------------------------------------------------------ chances

    def _track(self, at_ms: int, event: str, **properties: object) -> int:
        """Do something, and return when the next thing comes: people look for a while."""
        message_id = f"{self._user}-{len(self.calls)}"
        call = Call("track", self._user, event, at_ms, properties, message_id=message_id)
        self.calls.append((at_ms, call))
        return at_ms + self._between(8 * SECOND_MS, 90 * SECOND_MS)

    def _happens(self, probability: float) -> bool:
        return self._chance.random() < probability

    def _between(self, least_ms: int, most_ms: int) -> int:
        return self._chance.randint(least_ms, most_ms)


def _described(product: Product) -> dict[str, object]:
    return {
        "product_id": product.id,
        "name": product.name,
        "category": product.category,
        "price": product.price,
        "currency": CURRENCY,
    }
