"""Cut points: the values that part users into few and many, early and late; frozen when they were fitted."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from stream.definitions.expressions import PurchaseModel, ValueType
from stream.model.money import exponent

DAYS: Final = "days"
DAY_MS: Final = 86_400_000
SCORES: Final = 4
PERCENTILES: Final = 99
RANKED_TYPES: Final[tuple[ValueType, ...]] = ("number", "money", "duration", "timestamp")
"""The types whose values can be ranked; of timestamps it is how long ago they were."""


class CutPoints(msgspec.Struct, frozen=True):
    """One trait's table: the cut points of its fifths (`scores`) and of its hundredths, ascending; none where not told.

    `unit` is empty for plain numbers, `days` for durations and for the ages of timestamps, else a currency.
    """

    unit: str
    scores: tuple[Decimal, ...]
    percentiles: tuple[Decimal, ...]


class Tables(msgspec.Struct, frozen=True):
    """The frozen tables there are. Of `doubtful` ones another mistake was noted; not `complete` while they are fitted.

    Where a table is doubtful or not fitted yet, what is asked of it is unknown. `model` is what customers are worth.
    """

    cuts: Mapping[str, CutPoints] = {}
    doubtful: frozenset[str] = frozenset()
    complete: bool = True
    model: PurchaseModel | None = None


def unit_of(kind: ValueType, currency: str) -> str:
    """Return the unit in which the cut points of a type are written."""
    return {"money": currency, "duration": DAYS, "timestamp": DAYS}.get(kind, "")


def as_kept(cuts: tuple[Decimal, ...], unit: str) -> tuple[float, ...]:
    """Return cut points as values are kept: milliseconds for days, minor units for money. Whole numbers stay exact."""
    if unit == DAYS:
        return tuple(round(cut * DAY_MS) for cut in cuts)
    scale = 10 ** exponent(unit) if unit else 1
    return tuple(float(cut * scale) for cut in cuts)


def as_written(kept: Decimal, unit: str) -> Decimal:
    """Return a value as a table has it: days, major units of money, or the number itself."""
    if unit == DAYS:
        return (kept.to_integral_value("ROUND_CEILING") / DAY_MS).quantize(Decimal("1e-9"))
    return kept / 10 ** exponent(unit) if unit else kept
