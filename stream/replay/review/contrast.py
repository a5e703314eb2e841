"""What sets a segment's members apart: each trait compared between the sample's members and all others."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from math import sqrt
from typing import Final, get_args

import msgspec

from stream.model.events import Scalar
from stream.replay.review.sample import Column, Sampled
from stream.replay.review.shapes import Contrast, ContrastKind, Relation

COMPARED_MIN: Final = 10
"""Members, and others, that a comparison needs."""

DIFFERENCE_MIN: Final = 0.2
"""Standardised differences below this are small (Cohen)."""

DIFFERENCE_MAX: Final = 10.0
"""Where neither side varies, a difference would have no bounds."""

SHOWN: Final = 6
VALUE_USERS_MIN: Final = 10
"""Users of the sample who must share a value, for it to be told: one that few have says who they are."""

VALUES_MAX: Final = 200
"""Different values of a trait that are compared, the most frequent ones."""


class _Group(msgspec.Struct):
    """What a comparison needs of one side, of one trait: users, those it is known of, and sums of what is known."""

    users: int
    known: int
    sum: float
    squares: float
    values: Counter[Scalar]

    def less(self, other: "_Group") -> "_Group":
        """Return the users of this group who are not in the other, which is part of it."""
        return _Group(
            self.users - other.users,
            self.known - other.known,
            self.sum - other.sum,
            self.squares - other.squares,
            self.values - other.values,
        )

    def mean(self) -> float:
        """Return the mean of what is known."""
        return self.sum / self.known

    def variance(self) -> float:
        """Return the variance of what is known."""
        return max(0.0, self.squares / self.known - self.mean() ** 2)


class _Trait:
    """One column of the sample. Numbers are kept as their distance from their mean, so that squares stay exact."""

    def __init__(self, column: Column, values: Sequence[Scalar | None]) -> None:
        known = [value for value in values if value is not None]
        self.column: Final = column
        self._values: Final = values
        self._is_number = bool(known) and all(isinstance(value, int | float) for value in known)
        self.shift: Final = sum(map(float, known)) / len(known) if self._is_number else 0.0
        self._all = self._group(range(len(values)))

    def compared(self, members: Sequence[int], relation: Relation) -> Contrast:
        """Return in what way members and others differ most."""
        inside = self._group(members)
        return max(self._ways(inside, self._all.less(inside), relation), key=lambda one: abs(one.difference))

    def _group(self, users: Sequence[int]) -> _Group:
        known = [value for user in users if (value := self._values[user]) is not None]
        if not self._is_number:
            return _Group(len(users), len(known), 0.0, 0.0, Counter(known))
        numbers = [float(value) - self.shift for value in known]
        return _Group(len(users), len(known), sum(numbers), sum(n * n for n in numbers), Counter())

    def _ways(self, inside: _Group, outside: _Group, relation: Relation) -> Iterator[Contrast]:
        yield self._shares("known", inside.known / inside.users, outside.known / outside.users, relation)
        if min(inside.known, outside.known) < COMPARED_MIN:
            return
        if self._is_number and self.column.kind == "true":
            yield self._shares("true", inside.mean() + self.shift, outside.mean() + self.shift, relation)
        elif self._is_number and self.column.kind != "value":
            yield self._means(inside, outside, relation)
        else:
            for value, users in self._all.values.most_common(VALUES_MAX):
                if users >= VALUE_USERS_MIN:
                    shares = inside.values[value] / inside.known, outside.values[value] / outside.known
                    yield msgspec.structs.replace(self._shares("value", *shares, relation), value=str(value))

    def _shares(self, kind: ContrastKind, inside: float, outside: float, relation: Relation) -> Contrast:
        spread = sqrt(max(0.0, (inside * (1 - inside) + outside * (1 - outside)) / 2))
        return self._contrast(kind, (inside, outside), _standardised(inside - outside, spread), relation)

    def _means(self, inside: _Group, outside: _Group, relation: Relation) -> Contrast:
        means = inside.mean() + self.shift, outside.mean() + self.shift
        spread = sqrt((inside.variance() + outside.variance()) / 2)
        return self._contrast(self.column.kind, means, _standardised(means[0] - means[1], spread), relation)

    def _contrast(
        self, kind: ContrastKind, both: tuple[float, float], difference: float, relation: Relation
    ) -> Contrast:
        return Contrast(
            trait=self.column.name, kind=kind, inside=both[0], outside=both[1], difference=difference, relation=relation
        )


class Contrasts:
    """Compares any segment's members with all others, over one sample of users."""

    def __init__(self, columns: Sequence[Column], users: Sequence[Sampled], unfed: Collection[str] = ()) -> None:
        self._masks = [user.mask for user in users]
        self._traits = [
            _Trait(column, [user.values[at] for user in users])
            for at, column in enumerate(columns)
            if column.name not in unfed
        ]

    def of(self, bit: int, relations: Mapping[str, Relation]) -> tuple[list[Contrast], int]:
        """Return the traits that set a segment's users apart, and how many users were compared (0: too few).

        What its condition has least to do with comes first; of either relation at most `SHOWN` traits are told.
        """
        members = [user for user, mask in enumerate(self._masks) if mask >> bit & 1]
        if min(len(members), len(self._masks) - len(members)) < COMPARED_MIN:
            return [], 0
        named = ((trait, relations.get(trait.column.name, "other")) for trait in self._traits)
        found = [trait.compared(members, relation) for trait, relation in named]
        found = [one for one in found if abs(one.difference) >= DIFFERENCE_MIN]
        found.sort(key=lambda one: (-abs(one.difference), one.trait))
        told = ([one for one in found if one.relation == relation][:SHOWN] for relation in get_args(Relation))
        return list(chain.from_iterable(told)), len(members)


def _standardised(difference: float, spread: float) -> float:
    if not difference:
        return 0.0
    if spread < abs(difference) / DIFFERENCE_MAX:
        return DIFFERENCE_MAX if difference > 0 else -DIFFERENCE_MAX
    return difference / spread
