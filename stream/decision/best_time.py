"""The best time: the hour in which a user is likeliest to open and to click, by their own past and everyone's."""

from collections.abc import Iterator, Mapping, Sequence
from math import fsum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from stream.decision.hours import HOURS, hour_of_week, hours_between, shown_hour
from stream.decision.shrinkage import Share
from stream.model.habits import growth
from stream.model.outcomes import Leaf

STRENGTH: Final = 100.0
"""What is known of everyone counts as much as 100 of a user's own responses.

So much do users keep to the same hours: for the local hours in which those of a public history (Alibaba's Taobao, 983
users, nine days) did anything, the likelihood of a Dirichlet-multinomial is greatest at 110 (100 to 125 in nine of ten
resamples). Their last three days are foretold from the six before about as well with 60 as with 100, and worse by
everyone's hours alone or the user's alone. By the Dirichlet's aggregation property it is one number for hours of the
day and hours of the week.
"""

_LONGEST_MS: Final = 14 * 86_400_000
"""After two weeks each hour of the week has come that ever comes, also where the clock once skipped it."""


class Moment(msgspec.Struct, frozen=True):
    """When to act, in which local hour of the week, the share of responses expected there, and why it was chosen.

    `evidence` tells of the hour chosen, then, unless that is now, of the hour it is now.
    """

    at_ms: int
    hour_of_week: int
    score: float
    evidence: list[Leaf]


def best_moment(
    hours_of_user: Mapping[int, float], population: Sequence[float], zone: ZoneInfo, now_ms: int, within_ms: int
) -> Moment:
    """Return the best moment among now and the beginnings of local hours until `now_ms + within_ms`, inclusive.

    `hours_of_user` are `Habits.hours`; `population` is everyone's responses by local hour of the week, empty if nothing
    is known of anyone. Of moments equally good it is the earliest: so it is now where this is the best hour, and where
    there is no evidence at all.
    """
    shares = _Shares(hours_of_user, population, now_ms)
    now_hour = hour_of_week(now_ms, zone)
    at_ms, best, highest = now_ms, now_hour, shares.of(now_hour).shrunk
    for begins_ms, hour in hours_between(now_ms, now_ms + min(within_ms, _LONGEST_MS), zone):
        score = shares.of(hour).shrunk
        if score > highest:
            at_ms, best, highest = begins_ms, hour, score
    return Moment(at_ms, best, highest, list(shares.told(best, now_hour)))


class _Shares:
    """A user's share of responses in each hour, as of a time."""

    def __init__(self, hours_of_user: Mapping[int, float], population: Sequence[float], now_ms: int) -> None:
        weight = growth(now_ms)
        self._counts = {hour: grown / weight for hour, grown in hours_of_user.items()}
        self._total = fsum(self._counts.values())
        self._population, self._of_everyone = population, fsum(population)

    def of(self, hour: int) -> Share:
        return Share(self._counts.get(hour, 0.0), self._total, self._expected(hour), STRENGTH)

    def _expected(self, hour: int) -> float:
        """Return everyone's share, by Laplace's rule of succession: one response more in each hour than there were."""
        seen = self._population[hour] if self._population else 0.0
        return (seen + 1) / (self._of_everyone + HOURS)

    def told(self, best: int, now: int) -> Iterator[Leaf]:
        """Yield what speaks for the best hour, and for the present one where that is another."""
        for hour in dict.fromkeys((best, now)):
            share = self.of(hour)
            text = (
                f"opened or clicked {share.count:.1f} of {share.total:.1f} times on {shown_hour(hour)};"
                f" everyone {share.expected:.1%}"
            )
            yield Leaf(text.replace("%", " %"), holds=hour == best, value=round(share.shrunk, 6))
