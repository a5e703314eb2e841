"""How long stays last, as counts by length, so that any number of them takes the same space."""

from math import floor, log2
from typing import Final

import msgspec

from stream.replay.review.shapes import StayBin

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS
EDGES_MS: Final = (_MINUTE_MS, 10 * _MINUTE_MS, _HOUR_MS, 6 * _HOUR_MS, _DAY_MS, 3 * _DAY_MS, 7 * _DAY_MS, 30 * _DAY_MS)
"""Where the bins end that people are shown."""

_FINE: Final = 4
"""Finer bins to an octave, for the median."""


class StayLengths(msgspec.Struct):
    """Stays counted by length."""

    fine: list[int]
    bins: list[int] = msgspec.field(default_factory=lambda: [0] * (len(EDGES_MS) + 1))

    def add(self, length_ms: int) -> None:
        """Count a stay that has ended."""
        number = floor(_FINE * log2(length_ms)) + 1 if length_ms > 0 else 0
        if number >= len(self.fine):
            self.fine.extend([0] * (number + 1 - len(self.fine)))
        self.fine[number] += 1
        self.bins[sum(length_ms >= edge for edge in EDGES_MS)] += 1

    def ended(self) -> int:
        """Return how many stays there were."""
        return sum(self.bins)

    def below(self, edge_ms: int) -> int:
        """Return how many were shorter than one of the edges."""
        return sum(self.bins[: EDGES_MS.index(edge_ms) + 1])

    def median_ms(self) -> int | None:
        """Return the middle of the bin that holds the median, None where there is none."""
        half, passed = self.ended() / 2, 0
        for number, count in enumerate(self.fine):
            passed += count
            if passed and passed >= half:
                return round(2 ** ((number - 0.5) / _FINE)) if number else 0
        return None

    def shown(self) -> list[StayBin]:
        """Return the bins that people are shown."""
        return [StayBin(edge, count) for edge, count in zip((*EDGES_MS, None), self.bins, strict=True)]
