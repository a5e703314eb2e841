"""What each trait came to over a sample of users."""

from collections import Counter
from collections.abc import Collection, Sequence

from stream.replay.review.contrast import VALUE_USERS_MIN
from stream.replay.review.sample import Column, Sampled
from stream.replay.review.shapes import TraitReview

_COMMON = 3


def trait_reviews(columns: Sequence[Column], users: Sequence[Sampled], unfed: Collection[str]) -> list[TraitReview]:
    """Return each trait's spread over the sample."""
    return [
        _review(column, [user.values[at] for user in users], column.name in unfed) for at, column in enumerate(columns)
    ]


def _review(column: Column, values: Sequence[object], unfed: bool) -> TraitReview:
    known = [value for value in values if value is not None]
    numbers = sorted(float(value) for value in known if isinstance(value, int | float))
    is_number = column.kind not in ("value", "true") and len(numbers) == len(known)
    low, middle, high = (_quantile(numbers, at) if is_number else None for at in (0.1, 0.5, 0.9))
    counted = Counter() if is_number else Counter(map(_text, known))
    return TraitReview(
        name=column.name,
        kind=column.kind,
        known=len(known) / len(values) if values else 0.0,
        low=low,
        middle=middle,
        high=high,
        common=[value for value, count in counted.most_common(_COMMON) if count >= VALUE_USERS_MIN],
        unfed=unfed,
    )


def _quantile(numbers: Sequence[float], at: float) -> float | None:
    """Return the nearest-rank quantile."""
    return numbers[min(len(numbers) - 1, int(at * len(numbers)))] if numbers else None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
