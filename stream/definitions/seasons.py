"""Seasons: named parts of the calendar, by the days where the user is."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

DATED: Final = 10_000
"""Numbers of days from here on have a year."""


class Days(msgspec.Struct, frozen=True):
    """Some days in a row, both ends included, as dates without dashes (20261126); below `DATED` they are of every year.

    Of every year, they may go over its end.
    """

    first: int
    last: int

    def hold(self, day: date) -> bool:
        """Return whether a day is one of these."""
        number = day.month * 100 + day.day
        if self.last >= DATED:
            return self.first <= day.year * 10_000 + number <= self.last
        if self.first <= self.last:
            return self.first <= number <= self.last
        return number >= self.first or number <= self.last


class Season(msgspec.Struct, frozen=True):
    """A named part of the calendar."""

    name: str
    days: tuple[Days, ...]

    def holds(self, day: date) -> bool:
        """Return whether a day lies in the season."""
        return any(days.hold(day) for days in self.days)


class Seasons(msgspec.Struct, frozen=True):
    """All seasons by name; not `complete` where some cannot be read."""

    named: Mapping[str, Season] = {}
    complete: bool = True
