"""When and where a user answers: what best time and best channel are chosen by.

What is kept fades without ever being touched: each contribution is multiplied by how much the present weighs at its
time (`growth`), so that the past weighs ever less beside it. Sums of such numbers are exact, whatever the order.
"""

from math import ldexp
from typing import Final

import msgspec

HALF_LIFE_MS: Final = 90 * 86_400_000
"""After 90 days a response counts half: a season is long enough to show a habit, and short enough to lose one."""

STEPS: Final = 1_024
"""Into so many steps each half-life is cut, of a good two hours each."""

_STEP_MS: Final = HALF_LIFE_MS // STEPS


def growth_parts(time_ms: int) -> tuple[int, int]:
    """Return (period, mantissa): what happens at a time weighs mantissa x 2^period, the mantissa from 1024 to 2047."""
    period, step = divmod(time_ms // _STEP_MS, STEPS)
    return period, STEPS + step


def growth(time_ms: int) -> float:
    """Return how much what happens at a time weighs: twice as much with every half-life, along straight lines between.

    This is forward decay (Cormode, Shkapenyuk, Srivastava and Xu, 2009) from a landmark in 1970. An exponential would
    differ by up to 6 %, but its sums would depend on their order. Sums of these are exact in double precision as long
    as they span no more than 26 half-lives (six years) and 65,536 responses, and nearly so beyond; up to 2200 they are
    finite.
    """
    period, mantissa = growth_parts(time_ms)
    return ldexp(mantissa, period)


class Contacts(msgspec.Struct, array_like=True, gc=False):
    """How many triggers went out through a channel, and how many were responded to, each grown by when it was sent."""

    sent: float = 0.0
    responded: float = 0.0


class Awaited(msgspec.Struct, array_like=True, gc=False):
    """A trigger to which no response came yet."""

    channel: str
    at_ms: int


class Habits(msgspec.Struct, array_like=True, gc=False):
    """When a user opened and clicked, by local hour of the week (0: Monday 00:00), and through which channels.

    `hours` and `channels` hold grown numbers: over `growth(now)` they are counts that have faded. At most 168 hours, 16
    channels and 32 awaited triggers (by a 64-bit hash of their ids, the oldest first) are kept.
    """

    hours: dict[int, float] = {}
    channels: dict[str, Contacts] = {}
    awaited: dict[int, Awaited] = {}


class HourSeen(msgspec.Struct, frozen=True, tag="hour"):
    """A user's contribution to when everyone responds. `id` is a function of the event behind it."""

    user: str
    hour_of_week: int
    weight: int
    at_ms: int
    id: str
    told_ms: int = 0


class ChannelSeen(msgspec.Struct, frozen=True, tag="channel"):
    """A user's contribution to how a channel does: a trigger sent through it at a time, or a response to one."""

    user: str
    channel: str
    responded: bool
    at_ms: int
    id: str
    told_ms: int = 0
