"""Cut points of traits: quantiles of the values that users had at the end of a history."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from stream.decision.ranks import rank
from stream.definitions.cut_points import PERCENTILES, SCORES, CutPoints, as_kept, as_written, unit_of
from stream.definitions.expressions import ValueType
from stream.fitting.histories import History


class Fit(msgspec.Struct, frozen=True):
    """The cut points of one trait (of its age, if it is a time), and how many users have each score, from 1 to 5."""

    trait: str
    cuts: CutPoints
    is_age: bool
    users: int
    sizes: tuple[int, ...]


def fit_cut_points(history: History, traits: tuple[str, ...], types: dict[str, ValueType], currency: str) -> list[Fit]:
    """Fit the cut points of traits on the users of whom all of them are known; none where there is no such user."""
    rows = [row for row in history.rows(traits) if None not in row]
    if not rows:
        return []
    return [
        _fit(trait, types[trait], currency, [_ranked(row[place], types[trait], history.at_ms) for row in rows])
        for place, trait in enumerate(traits)
    ]


def _ranked(value: object, kind: ValueType, at_ms: int) -> float:
    """Return what is ranked of a value: of a time, how long ago it was."""
    number = value if isinstance(value, int | float) else 0
    return at_ms - number if kind == "timestamp" else number


def _fit(trait: str, kind: ValueType, currency: str, values: list[float]) -> Fit:
    unit = unit_of(kind, currency)
    values.sort()
    cuts = CutPoints(
        unit,
        tuple(as_written(cut, unit) for cut in quantiles(values, SCORES + 1)),
        tuple(as_written(cut, unit) for cut in quantiles(values, PERCENTILES + 1)),
    )
    kept, highest = as_kept(cuts.scores, unit), 2 + SCORES
    scores = Counter(rank(value, kept, 1) for value in values)
    sizes = tuple(scores[highest - score if kind == "timestamp" else score] for score in range(1, highest))
    return Fit(trait, cuts, kind == "timestamp", len(values), sizes)


def quantiles(ascending: Sequence[float], parts: int) -> list[Decimal]:
    """Return the cut points that make so many equal parts, between neighbours where none lies exactly on one.

    These are the quantiles that pandas, NumPy, R and `percentile_cont` of SQL give by default (Hyndman and Fan 1996,
    type 7), without their rounding: where two neighbours are equal the cut point is that very value.
    """
    cuts = []
    for part in range(1, parts):
        place, rest = divmod((len(ascending) - 1) * part, parts)
        low = Decimal(str(ascending[place]))
        high = Decimal(str(ascending[min(place + 1, len(ascending) - 1)]))
        cuts.append(low + (high - low) * rest / parts)
    return cuts
