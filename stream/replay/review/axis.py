"""The axis of time: the moments at which sizes are told."""

from typing import Final

import msgspec

POINTS_MAX: Final = 120
_MINUTE_MS: Final = 60_000
_STEPS_MS: Final = tuple(
    minutes * _MINUTE_MS for minutes in (1, 5, 15, 60, 180, 360, 720, 1_440, 2 * 1_440, 7 * 1_440, 28 * 1_440)
)


class Axis(msgspec.Struct, frozen=True):
    """Moments in equal steps (a last, shorter one aside), from `start_ms` to `end_ms`, both included."""

    start_ms: int
    end_ms: int
    step_ms: int

    def times_ms(self) -> list[int]:
        """Return all moments."""
        return [*range(self.start_ms, self.end_ms, self.step_ms), self.end_ms]

    def index(self, time_ms: int) -> int:
        """Return the first moment that is not before a time; what was before the axis has happened at its start."""
        return max(0, -((self.start_ms - min(time_ms, self.end_ms)) // self.step_ms))

    def sizes(self, changes: list[int]) -> list[int]:
        """Return the running total at each moment, of changes by the index of the moment."""
        total, sizes = 0, []
        for change in changes:
            total += change
            sizes.append(total)
        return sizes

    def blank(self) -> list[int]:
        """Return no change at any moment."""
        return [0] * len(self.times_ms())


def axis_over(first_ms: int, last_ms: int) -> Axis:
    """Return an axis over a span of time, of at most `POINTS_MAX` moments on whole steps."""
    span_ms = max(last_ms - first_ms, 1)
    step_ms = next((step for step in _STEPS_MS if span_ms <= step * (POINTS_MAX - 2)), None)
    if step_ms is None:
        step_ms = _STEPS_MS[-1] * -(-span_ms // (_STEPS_MS[-1] * (POINTS_MAX - 2)))
    start_ms = first_ms - first_ms % step_ms
    return Axis(start_ms, max(last_ms, start_ms + 1), step_ms)
