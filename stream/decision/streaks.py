"""Streaks: how many local days, weeks or months in a row something happened, up to now.

A streak goes on while the last of its days is today or yesterday, and up to `LAG_MS` longer, evenly spread over users;
the day is that of the user's time zone as known when the event came. Late events join what they bridge, as long as
what they join is among the latest `RUNS_KEPT` runs.
"""

from bisect import bisect_left
from typing import Final

from stream.decision.local_time import ZoneOf, lag_ms, period_begins_ms, period_number
from stream.decision.reading import Reader, Reading, Update
from stream.definitions.shapes import Period
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import Runs

RUNS_KEPT: Final = 8
"""Runs of days or weeks kept of one user, the latest: only a late event can change any but the last."""


def streak_trait(key: str, every: Period, zone_of: ZoneOf) -> tuple[Update, Reader]:
    """Return what takes an occurrence into a streak, and how long it is now."""

    def update(profile: Profile, _value: Scalar, time_ms: int, event: str) -> None:
        runs = profile.traits.get(key)
        if not isinstance(runs, Runs):
            runs = profile.traits[key] = Runs([], [], "")
        _take_in(runs, period_number(time_ms, zone_of(profile), every))
        runs.event = event

    def read(profile: Profile, now_ms: int) -> Reading:
        runs = profile.traits.get(key)
        if not isinstance(runs, Runs) or not runs.lasts:
            return 0, NEVER
        zone, last, lag = zone_of(profile), runs.lasts[-1], lag_ms(profile)
        if last < period_number(now_ms - lag, zone, every) - 1:
            return 0, NEVER
        return last - runs.firsts[-1] + 1, period_begins_ms(last + 2, zone, every) + lag

    return update, read


def _take_in(runs: Runs, number: int) -> None:
    """Extend the run that the number continues, join two that it bridges, or begin one."""
    firsts, lasts = runs.firsts, runs.lasts
    at = bisect_left(lasts, number - 1)  # the first run that does not end before the number's eve
    if at == len(lasts) or firsts[at] > number + 1:
        firsts.insert(at, number)
        lasts.insert(at, number)
        del firsts[:-RUNS_KEPT], lasts[:-RUNS_KEPT]
        return
    firsts[at], lasts[at] = min(firsts[at], number), max(lasts[at], number)
    if at + 1 < len(lasts) and firsts[at + 1] == lasts[at] + 1:
        lasts[at] = lasts[at + 1]
        del firsts[at + 1], lasts[at + 1]
