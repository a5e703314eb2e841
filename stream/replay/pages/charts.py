"""Line charts, worked out to the point: a template only writes them down as SVG, and escapes what it writes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil, floor, log10
from typing import Final

import msgspec

_DAY_MS: Final = 86_400_000
_LABELS_MAX: Final = 6
_LINES_MAX: Final = 4

LEFT: Final = 58
RIGHT: Final = 14
TOP: Final = 10
BOTTOM: Final = 26
"""Room around the plot, for the labels."""


class Mark(msgspec.Struct, frozen=True):
    """A line of the grid and its label, at so many pixels."""

    at: float
    label: str


class Line(msgspec.Struct, frozen=True):
    """One line: its name, the points as SVG writes them, and its last value."""

    name: str
    points: str
    last: int


class Chart(msgspec.Struct, frozen=True):
    """A line chart of counts over time."""

    width: int
    height: int
    across: list[Mark]
    up: list[Mark]
    lines: list[Line]

    @property
    def right(self) -> int:
        """Where the plot ends."""
        return self.width - RIGHT

    @property
    def bottom(self) -> int:
        """Where the plot stands."""
        return self.height - BOTTOM


def chart(
    axis_ms: Sequence[int], series: Sequence[tuple[str, Sequence[int]]], size: tuple[int, int] = (720, 190)
) -> Chart:
    """Return a chart of the series over the moments of an axis, from zero up."""
    width, height = size
    start_ms, span_ms = axis_ms[0], max(axis_ms[-1] - axis_ms[0], 1)
    marks = _marks(max((max(values, default=0) for _, values in series), default=0))
    top = marks[-1]

    def x(time_ms: int) -> float:
        return LEFT + (width - LEFT - RIGHT) * (time_ms - start_ms) / span_ms

    def y(value: float) -> float:
        return height - BOTTOM - (height - TOP - BOTTOM) * value / top

    return Chart(
        width,
        height,
        [Mark(round(x(time_ms), 1), _day(time_ms, span_ms)) for time_ms in _labelled(axis_ms)],
        [Mark(round(y(value), 1), f"{value:,}") for value in marks],
        [
            Line(name, " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in zip(axis_ms, values, strict=True)), values[-1])
            for name, values in series
        ],
    )


def spark(values: Sequence[int], size: tuple[int, int] = (120, 26)) -> str:
    """Return a small line's points: the shape of a series, from zero up."""
    width, height = size
    top, steps = max([1, *values]), max(len(values) - 1, 1)
    points = (
        (2 + (width - 4) * at / steps, height - 2 - (height - 4) * value / top) for at, value in enumerate(values)
    )
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _marks(highest: int) -> list[int]:
    """Return a few round numbers from zero to above the highest value."""
    rough = max(highest, 1) / _LINES_MAX
    unit = 10 ** floor(log10(rough)) if rough >= 1 else 1
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    return [round(step * number) for number in range(ceil(max(highest, 1) / step) + 1)]


def _labelled(axis_ms: Sequence[int]) -> list[int]:
    """Return the moments to label: whole days where there are enough of them, else evenly spread ones."""
    days = [time_ms for time_ms in axis_ms if time_ms % _DAY_MS == 0]
    chosen = days if len(days) >= 3 else list(axis_ms)
    return chosen[:: -(-len(chosen) // _LABELS_MAX)]


def _day(time_ms: int, span_ms: int) -> str:
    moment = datetime.fromtimestamp(time_ms / 1_000, UTC)
    if span_ms > 300 * _DAY_MS:
        return f"{moment:%b %Y}"
    return f"{moment.day} {moment:%b}" if time_ms % _DAY_MS == 0 else f"{moment.day} {moment:%b %H:%M}"
