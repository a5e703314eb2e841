"""What the simulated shop asks for its products over the days, and which it has: sales, and shelves that are empty."""

import random
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from stream.model.products import ProductRecord
from stream.testkit.shop.catalogue import CURRENCY, PRODUCTS, Product

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS

# People come in the evening, and what changed in the morning is told them before.
_PRICED_AT_MS: Final = 9 * _HOUR_MS
_SOLD_OUT_AT_MS: Final = 13 * _HOUR_MS
_RESTOCKED_AT_MS: Final = 11 * _HOUR_MS

_FIRST_SALE_DAY: Final = 2
_SALE_DAYS: Final = 2
_EMPTY_DAYS: Final = 3


class Offer(msgspec.Struct, frozen=True):
    """What holds of a product from a time on; `product` has the price of then, in dollars."""

    at_ms: int
    product: Product
    stock: int

    def record(self) -> ProductRecord:
        """Return it as the catalogue tells it."""
        product = self.product
        return ProductRecord(
            name=product.name,
            price=product.price,
            currency=CURRENCY,
            category=product.category,
            rating=product.rating,
            stock=self.stock,
            updated_at=datetime.fromtimestamp(self.at_ms / 1_000, UTC).isoformat(),
        )


class Offers:
    """All offers of some days, the same ones for the same seed: by `told` in order of time, or by product and time.

    Half of the products are on sale for two days, a fifth off; every fifth one is sold out for three.
    """

    def __init__(self, seed: int, opens_ms: int, days: int) -> None:
        chance = random.Random(f"offers {seed}")  # of its own: what shoppers do does not depend on it
        self._of: Final = {
            product.id: _offers_of(product, number, opens_ms, _drawn_days(chance, days))
            for number, product in enumerate(PRODUCTS)
        }
        every = [offer for offers in self._of.values() for offer in offers if offer.at_ms < opens_ms + days * _DAY_MS]
        self.told: Final[Sequence[Offer]] = sorted(every, key=lambda offer: (offer.at_ms, offer.product.id))

    def at(self, product: Product, at_ms: int) -> Offer:
        """Return the offer of a product that holds at a time."""
        offers = self._of[product.id]
        return offers[max(bisect_right(offers, at_ms, key=lambda offer: offer.at_ms) - 1, 0)]

    def left_at(self, products: Sequence[Product], first: Product, at_ms: int) -> Product:
        """Return a product that is not sold out at a time, as it is offered then: the first one, or one after it."""
        start = products.index(first)
        found = [self.at(product, at_ms) for product in (*products[start:], *products[:start])]
        return next((offer.product for offer in found if offer.stock), found[0].product)


def _drawn_days(chance: random.Random, days: int) -> tuple[int, int]:
    """Return a day for a sale, and one on which a shelf is emptied."""
    latest = max(days - 2, _FIRST_SALE_DAY)
    return chance.randint(_FIRST_SALE_DAY, latest), chance.randint(1, max(days - _EMPTY_DAYS - 1, 1))


def _offers_of(product: Product, number: int, opens_ms: int, drawn: tuple[int, int]) -> list[Offer]:
    sale_ms, empty_ms = (opens_ms + day * _DAY_MS for day in drawn)
    cheaper = msgspec.structs.replace(product, price=round(product.price * 0.8, 2))
    offers = [Offer(opens_ms, product, 20)]
    if number % 5 == 4:
        back_ms = empty_ms + _EMPTY_DAYS * _DAY_MS + _RESTOCKED_AT_MS
        offers += [Offer(empty_ms + _SOLD_OUT_AT_MS, product, 0), Offer(back_ms, product, 20)]
    elif number % 2 == 0:
        sale_ms += _PRICED_AT_MS
        offers += [Offer(sale_ms, cheaper, 20), Offer(sale_ms + _SALE_DAYS * _DAY_MS, product, 20)]
    return offers
