"""Picking the products to show: the nearest to one, or to a cart, that the user may be shown."""

from collections.abc import Iterable, Sequence
from typing import Final

from stream.definitions.picks import Pick
from stream.model.items import Fallback, ItemReference, Neighbours, PassedOver, PickEvidence
from stream.model.money import Money, major_text
from stream.model.products import Catalogue, Product
from stream.model.profile import Profile

PERSONALISATION: Final = ("personalisation", "personalization")
"""The purpose of picking products by what others do, which a user may refuse consent to; in both spellings."""

_SHOWN: Final = ("id", "name", "category", "brand", "rating", "url", "image")


def pick(known: ItemReference, profile: Profile, products: Sequence[str], rule: Pick) -> PickEvidence:
    """Pick up to `n` of the nearest products; the evidence names them.

    It never picks what lies in a cart of the user, what was bought before (unless the rule lets it in), what has left
    the catalogue, or what is sold out. Without anything to pick, or where it cannot be said what may be picked, it is
    the first of the products itself. Nearest to several is what is nearest to all of them together: its similarities
    are added up (Deshpande and Karypis, "Item-based top-N recommendation algorithms", ACM TOIS 22(1), 2004). Equals go
    by their id.
    """
    neighbours = known.similar if rule.function == "similar_to" else known.goes_with
    choice = _Choice(known.catalogue, profile, products, rule)
    fallback = _fallback(known.catalogue, profile, products, rule)
    picked = () if fallback else choice.among(_nearest(neighbours, products))
    if not (picked or fallback):
        fallback = "all_passed_over" if choice.considered else "no_neighbours"
    return PickEvidence(
        rule.text,
        tuple(products),
        picked or tuple(products[:1]),
        considered=choice.considered,
        passed_over=choice.passed_over,
        fallback=fallback,
        unchecked=not known.catalogue,
        reference=known.version,
        catalogue=known.catalogue_version,
    )


def refuses_personalisation(profile: Profile) -> bool:
    """Return whether the user refused to be shown what was chosen for them."""
    return any(purpose in profile.consents and not profile.consents[purpose].granted for purpose in PERSONALISATION)


def shown(catalogue: Catalogue, product: str, currency: str) -> dict[str, object]:
    """Return a product as payloads show it: its id, and what the catalogue knows; the price as it came in."""
    found = catalogue.get(product)
    if found is None:
        return {"id": product}
    told: dict[str, object] = {name: value for name in _SHOWN if (value := getattr(found, name)) not in ("", None)}
    price = found.original
    if price is None and found.price_minor is not None:
        price = Money(found.price_minor, currency)
    if price is not None:
        told["price"] = {"amount": major_text(price.minor, price.currency), "currency": price.currency}
    return told


class _Choice:
    """One choice among neighbours; `passed_over` counts those not taken, by reason, `considered` all looked at."""

    def __init__(self, catalogue: Catalogue, profile: Profile, products: Sequence[str], rule: Pick) -> None:
        self._catalogue, self._rule = catalogue, rule
        self._in_cart = {product for cart in profile.carts.values() for product in cart.items}
        self._bought = profile.products.bought if profile.products is not None and not rule.bought else {}
        categories = (found.category for product in products if (found := catalogue.get(product)) is not None)
        self._categories = frozenset(categories) - {""}
        self.considered = 0
        self.passed_over: dict[PassedOver, int] = {}

    def among(self, nearest: Iterable[str]) -> tuple[str, ...]:
        """Return as many of the products as are asked for that may be shown."""
        picked: list[str] = []
        for product in nearest:
            self.considered += 1
            reason = self._against(product)
            if reason is None:
                picked.append(product)
            else:
                self.passed_over[reason] = self.passed_over.get(reason, 0) + 1
            if len(picked) == self._rule.n:
                break
        return tuple(picked)

    def _against(self, product: str) -> PassedOver | None:
        """Return why a product may not be shown to this user, if anything."""
        if product in self._in_cart:
            return "in_cart"
        if product in self._bought:
            return "bought"
        if not self._catalogue:
            return None
        found = self._catalogue.get(product)
        return "not_in_catalogue" if found is None else self._failed(found)

    def _failed(self, product: Product) -> PassedOver | None:
        """Return which filter a product does not pass; what is not known of it does not pass either."""
        rule = self._rule
        if product.is_left is False:
            return "sold_out"
        if rule.in_stock and not product.is_left:
            return "stock_unknown"
        if rule.min_rating is not None and (product.rating is None or product.rating < rule.min_rating):
            return "rating"
        if rule.same_category is not None and not self._categories:
            return "category"
        is_same = product.category in self._categories
        wanted = rule.same_category is None or (product.category != "" and is_same == rule.same_category)
        return None if wanted else "category"


def _fallback(catalogue: Catalogue, profile: Profile, products: Sequence[str], rule: Pick) -> Fallback:
    """Return why there is nothing to choose from, if so."""
    if not products:
        return "no_product"
    if refuses_personalisation(profile):
        return "personalisation_refused"
    return "no_catalogue" if rule.filters and not catalogue else ""


def _nearest(neighbours: Neighbours, products: Sequence[str]) -> list[str]:
    """Return the neighbours of products that are none of them, the nearest first."""
    scores: dict[str, float] = {}
    for product in products:
        for other, score in neighbours.get(product, ()):
            scores[other] = scores.get(other, 0.0) + score
    return sorted(scores.keys() - set(products), key=lambda other: (-scores[other], other))
