"""A sample of users: their traits and segments at the end, for what can only be told by looking at users together."""

import heapq
from collections.abc import Sequence
from typing import Final

import msgspec
from xxhash import xxh3_64_intdigest

from stream.decision.program import Program
from stream.decision.reading import Reader
from stream.definitions.shapes import Aggregate
from stream.model.events import Scalar
from stream.model.profile import Profile
from stream.replay.review.places import Place
from stream.replay.review.shapes import ContrastKind

SAMPLE_MAX: Final = 20_000
"""Users in the sample."""

_KINDS: Final[dict[str, ContrastKind]] = {
    "number": "number",
    "money": "money",
    "duration": "duration",
    "timestamp": "age",
    "boolean": "true",
    "integer": "number",
}


class Column(msgspec.Struct, frozen=True):
    """A trait of the sample: `kind` is `number`, `money`, `duration`, `age` (of a timestamp), `true` or `value`."""

    name: str
    kind: ContrastKind
    read: Reader


class Sampled(msgspec.Struct, frozen=True, order=True):
    """One user of the sample: a hash to choose by, the segments as bits, the columns' values."""

    chosen_by: int
    mask: int
    values: tuple[Scalar | None, ...]


class Sample:
    """Keeps the users whose hash is greatest: the same ones in whatever order they come.

    Their values are those of the `columns`, then of the `parts` of conditions.
    """

    def __init__(self, columns: Sequence[Column], parts: Sequence[Column] = (), size_max: int = SAMPLE_MAX) -> None:
        self.columns: Final = tuple(columns)
        self.parts: Final = tuple(parts)
        self._all = (*self.columns, *self.parts)
        self._size_max = size_max
        self._heap: list[Sampled] = []

    def add(self, profile: Profile, mask: int, now_ms: int) -> None:
        """Consider a user for the sample, as they are now."""
        chosen_by = xxh3_64_intdigest(profile.user.encode())
        if len(self._heap) < self._size_max:
            heapq.heappush(self._heap, Sampled(chosen_by, mask, self._values(profile, now_ms)))
        elif chosen_by > self._heap[0].chosen_by:
            heapq.heapreplace(self._heap, Sampled(chosen_by, mask, self._values(profile, now_ms)))

    def users(self) -> list[Sampled]:
        """Return the users of the sample."""
        return list(self._heap)

    def _values(self, profile: Profile, now_ms: int) -> tuple[Scalar | None, ...]:
        return tuple(_value(column, profile, now_ms) for column in self._all)


def columns_of(program: Program) -> list[Column]:
    """Return the traits, then what users say of themselves."""
    columns = []
    for name, trait in program.definitions.traits.items():
        value_type = trait.type if isinstance(trait, Aggregate) else trait.value.type
        columns.append(Column(name, _KINDS.get(value_type, "value"), program.readers[name]))
    identify = program.definitions.plan.events.get("identify")
    for name, planned in identify.properties.items() if identify is not None else ():
        columns.append(Column(name, _KINDS.get(planned.type, "value"), _identity_reader(name)))
    return columns


def parts_of(program: Program, places: Sequence[Place]) -> list[Column]:
    """Return the parts of all places' conditions, each named as the place."""
    return [Column(place.name, "true", program.compiled(part)) for place in places for part in place.parts]


def _identity_reader(name: str) -> Reader:
    return lambda profile, _now_ms: (profile.identity.get(name), 0)


def _value(column: Column, profile: Profile, now_ms: int) -> Scalar | None:
    value = column.read(profile, now_ms)[0]
    if column.kind == "age":
        return now_ms - value if isinstance(value, int) else None
    if column.kind not in ("value", "true") and not isinstance(value, int | float):
        return str(value) if value is not None else None  # kept by key: the key it holds most of
    return value
