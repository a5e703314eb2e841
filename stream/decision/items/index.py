"""Which users an item event concerns: of each product, the users of one task who saw, carted or bought it lately."""

from collections.abc import Iterable
from heapq import nsmallest
from itertools import islice
from typing import Final

from stream.decision.items import memory
from stream.model.events import Event
from stream.model.items import Concerned, CoOccurrence, ProductMemory
from stream.model.profile import Profile


class ItemIndex:
    """Users by product, made at recovery from the profiles and kept up with them; of one there may be any number.

    It takes some 30 bytes for each product that a user remembers (at most 200, see `memory`), and 250 for each product.
    """

    def __init__(self) -> None:
        self._users: Final[dict[str, dict[str, None]]] = {}

    def restore(self, user: str, products: ProductMemory | None) -> None:
        """Take in a profile's memory as it was kept."""
        for product in remembered(products):
            self._users.setdefault(product, {})[user] = None

    def forget(self, user: str, products: ProductMemory | None) -> None:
        """Take out a user who is erased."""
        for product in remembered(products):
            self._drop(product, user)

    def take_in(self, profile: Profile, event: Event) -> list[CoOccurrence]:
        """Let an event into the profile's memory, as `memory.take_in` does, and follow what it changes."""
        oldest = _oldest(profile.products, event.name)
        told = memory.take_in(profile, event)
        products = profile.products
        if products is not None:
            for product in _newest(products, event.name):
                self._users.setdefault(product, {})[profile.user] = None
            for product in oldest:
                if not any(product in times for times in (products.viewed, products.carted, products.bought)):
                    self._drop(product, profile.user)
        return told

    def users(self, product: str, after: str = "", most: int | None = None) -> list[str]:
        """Return the users who remember a product, by name, from the first one `after` another, at most so many.

        Telling many takes several checkpoints: each notes the last user told, and the next goes on after that one.
        """
        found: Iterable[str] = self._users.get(product, ())
        if after:
            found = [user for user in found if user > after]
        return sorted(found) if most is None else nsmallest(most, found)

    def __len__(self) -> int:
        return sum(map(len, self._users.values()))

    def _drop(self, product: str, user: str) -> None:
        users = self._users.get(product, {})
        users.pop(user, None)
        if not users:
            self._users.pop(product, None)


def is_concerned(profile: Profile, product: str, whom: Concerned, since_ms: int) -> bool:
    """Tell whether an item event is for this user: who saw, carted or bought the product, at a time or later."""
    products = profile.products
    if products is None:
        return False
    times = {"seen": (products.viewed, products.carted), "carted": (products.carted,), "bought": (products.bought,)}
    return any(each.get(product, since_ms - 1) >= since_ms for each in times[whom])


def remembered(products: ProductMemory | None) -> set[str]:
    """Return the products that a user remembers."""
    return set() if products is None else {*products.viewed, *products.carted, *products.bought}


def _times(products: ProductMemory, event: str) -> tuple[dict[str, int], int]:
    """Return what an event is noted in, and how many products at most it brings."""
    if event == memory.VIEWED:
        return products.viewed, 1
    return (products.carted, 1) if event == memory.ADDED else (products.bought, memory.ORDERED_MOST)


def _oldest(products: ProductMemory | None, event: str) -> tuple[str, ...]:
    """Return the products that an event may let be forgotten."""
    if products is None:
        return ()
    times, most = _times(products, event)
    return tuple(islice(times, most))


def _newest(products: ProductMemory, event: str) -> tuple[str, ...]:
    """Return the products that an event may have brought."""
    times, most = _times(products, event)
    return tuple(islice(reversed(times), most))
