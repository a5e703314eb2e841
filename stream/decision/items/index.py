"""Which users an item event concerns: of each product, the users of one task who saw, carted or bought it lately."""

from collections.abc import Iterable
from heapq import nsmallest
from typing import Final

from stream.decision.items import memory
from stream.model.events import Event
from stream.model.items import Concerned, CoOccurrence, ProductMemory
from stream.model.profile import Profile


class ItemIndex:
    """Users by product, made at recovery from the profiles and kept up with them; of one there may be any number.

    It takes some 100 bytes for each product, and 30 for each further user who remembers it. A user remembers 140 at
    most, see `memory`; most products are remembered by one user, who then stands there alone.
    """

    def __init__(self) -> None:
        self._users: Final[dict[str, str | dict[str, None]]] = {}

    def restore(self, user: str, products: ProductMemory | None) -> None:
        """Take in a profile's memory as it was kept."""
        for product in remembered(products):
            self._add(product, user)

    def forget(self, user: str, products: ProductMemory | None) -> None:
        """Take out a user who is erased."""
        for product in remembered(products):
            self._drop(product, user)

    def take_in(self, profile: Profile, event: Event) -> list[CoOccurrence]:
        """Let an event into the profile's memory, as `memory.take_in` does, and follow what it changes."""
        return memory.take_in(profile, event, self)

    def noted(self, profile: Profile, product: str, forgotten: str) -> None:
        """Follow what a user remembers."""
        self._add(product, profile.user)
        if forgotten and not is_remembered(profile.products, forgotten):
            self._drop(forgotten, profile.user)

    def users(self, product: str, after: str = "", most: int | None = None) -> list[str]:
        """Return the users who remember a product, by name, from the first one `after` another, at most so many.

        Telling many takes several checkpoints: each notes the last user told, and the next goes on after that one.
        """
        users = self._users.get(product, ())
        found: Iterable[str] = (users,) if isinstance(users, str) else users
        if after:
            found = [user for user in found if user > after]
        return sorted(found) if most is None else nsmallest(most, found)

    def __len__(self) -> int:
        return sum(1 if isinstance(users, str) else len(users) for users in self._users.values())

    def _add(self, product: str, user: str) -> None:
        users = self._users.get(product)
        if users is None:
            self._users[product] = user
        elif not isinstance(users, str):
            users[user] = None
        elif users != user:
            self._users[product] = {users: None, user: None}

    def _drop(self, product: str, user: str) -> None:
        users = self._users.get(product)
        if users == user:
            del self._users[product]
        elif isinstance(users, dict):
            users.pop(user, None)
            if not users:
                del self._users[product]


def is_concerned(profile: Profile, product: str, whom: Concerned, since_ms: int) -> bool:
    """Tell whether an item event is for this user: who saw, carted or bought the product, at a time or later.

    Who has bought it in that time has seen and carted it to an end: a lower price would only annoy them.
    """
    products = profile.products
    if products is None:
        return False
    too_early_ms = since_ms - 1
    is_bought = products.bought.get(product, too_early_ms) >= since_ms
    if whom == "bought" or is_bought:
        return is_bought and whom == "bought"
    is_carted = products.carted.get(product, too_early_ms) >= since_ms
    return is_carted or (whom == "seen" and products.viewed.get(product, too_early_ms) >= since_ms)


def remembered(products: ProductMemory | None) -> set[str]:
    """Return the products that a user remembers."""
    return set() if products is None else {*products.viewed, *products.carted, *products.bought}


def is_remembered(products: ProductMemory | None, product: str) -> bool:
    """Return whether a user remembers a product."""
    return products is not None and (
        product in products.viewed or product in products.carted or product in products.bought
    )
