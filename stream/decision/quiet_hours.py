"""Quiet hours: the times of the day at which nobody is to be disturbed, in every zone a user may be in."""

from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from stream.decision.offsets import Stretch, stretches_of
from stream.model.profile import NEVER

_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 86_400_000
_DAYS_KEPT: Final = 4_096

LOOKED_AHEAD_MS: Final = 48 * 3_600_000
"""Two days: who is not to be disturbed for longer is, in these zones, never to be disturbed.

Each zone alone is free once a day; only zones far apart leave no moment that is free in all.
"""

DAYS_LOOKED_AT: Final = LOOKED_AHEAD_MS // _DAY_MS + 1
"""Days of UTC, today's first, that are looked through."""

Free = tuple[int, int]
"""A time `[from_ms, to_ms)` at which it is nowhere quiet."""


def quiet_until_ms(now_ms: int, zones: tuple[ZoneInfo, ...], starts: int, ends: int) -> int | None:
    """Return the first moment at which it is quiet in none of some zones, or None where that is now.

    Quiet is while the clock on the wall shows `[starts, ends)`, in minutes of the day (0 to 1439), over midnight where
    `ends` is the smaller; nothing where they are equal. So with 02:00-03:00, the hour that comes twice is quiet twice,
    and one that is skipped is not quiet at all. Returns `NEVER` where within `LOOKED_AHEAD_MS` there is no such moment.
    """
    today = now_ms // _DAY_MS
    for day in range(today, today + DAYS_LOOKED_AT):
        for from_ms, to_ms in _free_of(day, zones, starts, ends):
            if now_ms < to_ms:
                if from_ms <= now_ms:
                    return None
                return from_ms if from_ms - now_ms <= LOOKED_AHEAD_MS else NEVER
    return NEVER


@lru_cache(_DAYS_KEPT)
def _free_of(day: int, zones: tuple[ZoneInfo, ...], starts: int, ends: int) -> tuple[Free, ...]:
    """Return when in a day of UTC it is quiet in none of the zones, in order."""
    free: list[Free] = [(day * _DAY_MS, (day + 1) * _DAY_MS)]
    for zone in zones:
        in_zone = [its for stretch in stretches_of(day, zone) for its in _free_in(stretch, starts, ends)]
        both = ((max(a, b), min(to_a, to_b)) for a, to_a in free for b, to_b in in_zone)
        free = [(from_ms, to_ms) for from_ms, to_ms in both if from_ms < to_ms]
    return tuple(free)


def _free_in(stretch: Stretch, starts: int, ends: int) -> list[Free]:
    """Return when it is not quiet while the clock shows UTC and `ahead_ms` more, in order."""
    starts_ms, ends_ms, ahead_ms = stretch
    free_ms = ((starts - ends) * _MINUTE_MS) % _DAY_MS or _DAY_MS
    shown_ms = starts_ms + ahead_ms - ends * _MINUTE_MS  # since the end of the quiet hours of some first day
    begins_ms = starts_ms - shown_ms % _DAY_MS  # at or before the stretch, so that what began before it counts too
    free = []
    while begins_ms < ends_ms:
        from_ms, to_ms = max(begins_ms, starts_ms), min(begins_ms + free_ms, ends_ms)
        if from_ms < to_ms:
            free.append((from_ms, to_ms))
        begins_ms += _DAY_MS
    return free
