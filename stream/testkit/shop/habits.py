"""The habits of the simulated shoppers: how often they come, and what they then do."""

from typing import Final

import msgspec


class Habit(msgspec.Struct, frozen=True):
    """One way of shopping. All but `visits_a_day` and `views` are probabilities.

    `fills`: a visit puts something into the cart; `buys`: a filled cart is bought at once; `returns`: a cart left over
    is bought at the next visit; `consents`: agrees to be written to; `opens` and `clicks`: an email is opened, and an
    opened one's link is clicked; `leaves`: an unopened email is the one after which the shopper unsubscribes.
    """

    name: str
    share: int
    visits_a_day: float
    views: tuple[int, int]
    fills: float
    buys: float
    returns: float
    consents: float
    opens: float
    clicks: float
    leaves: float


HABITS: Final = (
    Habit("window shopper", 30, 0.5, (2, 6), 0.03, 0.0, 0.0, 0.6, 0.25, 0.3, 0.02),
    Habit("hesitant", 30, 0.35, (1, 4), 0.6, 0.1, 0.35, 0.8, 0.4, 0.5, 0.02),
    Habit("decided", 15, 0.15, (1, 3), 0.9, 0.8, 0.6, 0.7, 0.3, 0.3, 0.03),
    Habit("regular", 12, 0.45, (1, 4), 0.6, 0.7, 0.7, 0.95, 0.7, 0.6, 0.0),
    Habit("reader", 8, 0.2, (1, 3), 0.15, 0.3, 0.4, 1.0, 0.9, 0.7, 0.0),
    Habit("weary", 5, 0.2, (1, 2), 0.4, 0.2, 0.1, 0.9, 0.05, 0.0, 0.4),
)
"""`share` is of a hundred shoppers."""
