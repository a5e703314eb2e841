"""Traits over all time: how each is updated and read."""

from collections.abc import Callable
from typing import Final

from stream.decision.reading import Reader, Reading, Update
from stream.definitions.shapes import Aggregate
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import Cell, Mean
from stream.model.text import kept_text

LARGEST_SUM: Final = 1 << 60
"""A sum goes no further: beyond, it could not be kept in 64 bits."""


def saturated(total: float) -> float:
    """Return a sum within the bounds of what a profile can keep."""
    return max(-LARGEST_SUM, min(total, LARGEST_SUM))


_UNKNOWN: Final[Reading] = (None, NEVER)


def counted(key: str) -> Update:
    """Count occurrences."""

    def update(profile: Profile, _value: Scalar, time_ms: int, event: str) -> None:
        cell = profile.traits.get(key)
        if cell.__class__ is Cell:
            cell.value += 1  # type: ignore[operator]  # a count's value is an int
            cell.event = event
        else:
            profile.traits[key] = Cell(1, time_ms, event)

    return update


def summed(key: str) -> Update:
    """Add values up."""

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        cell = profile.traits.get(key)
        before = cell.value if isinstance(cell, Cell) else 0
        total = saturated(before + value)  # type: ignore[operator, arg-type]  # only numbers are summed
        profile.traits[key] = Cell(total, time_ms, event)

    return update


def averaged(key: str) -> Update:
    """Keep the sum and the count."""

    def update(profile: Profile, value: Scalar, _time_ms: int, event: str) -> None:
        mean = profile.traits.get(key)
        total, count = (mean.sum, mean.count) if isinstance(mean, Mean) else (0.0, 0)
        profile.traits[key] = Mean(total + float(value), count + 1, event)

    return update


def kept(key: str, replaces: Callable[[Scalar, int, Cell], bool]) -> Update:
    """Keep one value: the one that `replaces(value, time_ms, kept)` says."""

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        cell = profile.traits.get(key)
        if value.__class__ is str:
            value = kept_text(str(value))
        if not isinstance(cell, Cell) or replaces(value, time_ms, cell):
            profile.traits[key] = Cell(value, time_ms, event)

    return update


REPLACES: Final[dict[str, Callable[[Scalar, int, Cell], bool]]] = {
    "min": lambda value, _time_ms, cell: value < cell.value,  # type: ignore[operator]  # only ordered types have min
    "max": lambda value, _time_ms, cell: value > cell.value,  # type: ignore[operator]  # only ordered types have max
    "first": lambda _value, time_ms, cell: time_ms < cell.at_ms,
    "last": lambda _value, time_ms, cell: time_ms >= cell.at_ms,
}


def cell_reader(key: str, empty: Scalar | None) -> Reader:
    """Read a cell; `empty` is the value before anything was fed."""
    nothing: Reading = (empty, NEVER)

    def read(profile: Profile, _now_ms: int) -> Reading:
        cell = profile.traits.get(key)
        return (cell.value, NEVER) if isinstance(cell, Cell) else nothing

    return read


def mean_reader(key: str) -> Reader:
    """Read an average; unknown before anything was fed."""

    def read(profile: Profile, _now_ms: int) -> Reading:
        mean = profile.traits.get(key)
        return (mean.sum / mean.count, NEVER) if isinstance(mean, Mean) else _UNKNOWN

    return read


def fresh_cell_reader(key: str, within_ms: int) -> Reader:
    """Read the last value, if it is not older than the window."""

    def read(profile: Profile, now_ms: int) -> Reading:
        cell = profile.traits.get(key)
        if not isinstance(cell, Cell) or now_ms > cell.at_ms + within_ms:
            return _UNKNOWN
        return cell.value, cell.at_ms + within_ms + 1

    return read


def total_trait(trait: Aggregate, key: str) -> tuple[Update, Reader]:
    """Return the update and the reader of an all-time count, sum, avg, min, max, first or last."""
    match trait.op:
        case "count":
            return counted(key), cell_reader(key, 0)
        case "sum":
            return summed(key), cell_reader(key, 0)
        case "avg":
            return averaged(key), mean_reader(key)
        case _:
            return kept(key, REPLACES[trait.op]), cell_reader(key, None)
