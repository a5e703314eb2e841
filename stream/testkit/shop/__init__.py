"""The simulated shop: a few hundred shoppers of different habits, the same ones for the same seed."""

import random
from collections.abc import Iterable
from operator import itemgetter
from typing import Final

from stream.model.calls import Call
from stream.testkit.shop.habits import HABITS
from stream.testkit.shop.offers import Offer, Offers
from stream.testkit.shop.shopper import DAY_MS, Shopper

OPENS_MS: Final = 20_514 * DAY_MS
"""The midnight (UTC) on which the simulated days begin: Monday 2 March 2026."""

__all__ = ["OPENS_MS", "Offer", "offers", "simulate"]


def simulate(seed: int, purposes: Iterable[str], shoppers: int = 300, days: int = 12) -> list[Call]:
    """Return everything the shoppers do, in order of time, as calls whose `timestamp` is in epoch milliseconds.

    `purposes` are those that a shopper consents to, or not, at the first visit.
    """
    chance = random.Random(seed)
    wanted = tuple(purposes)
    habits = chance.choices(HABITS, weights=[habit.share for habit in HABITS], k=shoppers)
    shelf = Offers(seed, OPENS_MS, days)
    people = [Shopper(f"shopper-{number:03d}", habit, chance, wanted, shelf) for number, habit in enumerate(habits, 1)]
    for day in range(days):
        for person in people:
            person.live(OPENS_MS + day * DAY_MS, day)
    calls = [call for person in people for call in person.calls]
    return [call for _, call in sorted(calls, key=itemgetter(0))]


def offers(seed: int, days: int = 12) -> list[Offer]:
    """Return what that shop's catalogue tells of its products, in order of time: all at first, then what changes."""
    return list(Offers(seed, OPENS_MS, days).told)
