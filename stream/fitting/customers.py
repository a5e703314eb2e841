"""The histories of customers that models are fitted on: one row each, from a replay or as published."""

import csv
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from stream.adapters.rows import InputRefused
from stream.definitions.cut_points import DAY_MS
from stream.fitting.histories import History

COLUMNS: Final = ("x", "t_x", "T", "zbar")
"""The columns of a published summary: repeat orders, when the last of them came, age, and their mean value."""


class Customers(msgspec.Struct, frozen=True):
    """Histories, one customer a place: repeat orders, days from the first order to the last, days since the first.

    `orders` are those that `means` (their mean value, in major units) is the mean of.
    """

    repeats: list[float]
    last_days: list[float]
    age_days: list[float]
    orders: list[float]
    means: list[float]


def customers_of(history: History, reads: Mapping[str, str], minor: int) -> Customers:
    """Return all who have ordered; `minor` is how many minor units make a major one."""
    words = tuple(reads)
    found = Customers([], [], [], [], [])
    for row in history.rows(tuple(reads.values())):
        told = dict(zip(words, row, strict=True))
        count, first, last, spend = (_number(told.get(word)) for word in ("count", "first", "last", "sum"))
        if count is None or count < 1 or first is None or last is None:
            continue
        found.repeats.append(count - 1)
        found.last_days.append((last - first) / DAY_MS)
        found.age_days.append((history.at_ms - first) / DAY_MS)
        found.orders.append(count)
        found.means.append((spend or 0.0) / minor / count)
    return found


def published(lines: Iterable[str], unit_days: float) -> Customers:
    """Return the customers of a summary, CSV with the columns of `COLUMNS` in that unit of time.

    Raises `InputRefused` where it is none.
    """
    rows = csv.DictReader(lines)
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise InputRefused(f"a summary has the columns {', '.join(COLUMNS)}; {', '.join(missing)} is missing")
    found = Customers([], [], [], [], [])
    for number, row in enumerate(rows, 2):
        try:
            repeats, last, age, mean = (float(row[name]) for name in COLUMNS)
        except (TypeError, ValueError):
            raise InputRefused(f"line {number} of the summary: {', '.join(COLUMNS)} are numbers") from None
        found.repeats.append(repeats)
        found.last_days.append(last * unit_days)
        found.age_days.append(age * unit_days)
        found.orders.append(repeats)
        found.means.append(mean)
    return found


def _number(told: object) -> float | None:
    return told if isinstance(told, int | float) else None
