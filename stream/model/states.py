"""What a profile remembers of each trait, one shape for each way of remembering.

Buckets are numbered `(time_ms + spread) // width_ms`. A bucket is counted until its end is older than the window, so
that an event counts for at least the window and at most one bucket longer.
"""

from typing import Final

import msgspec

from stream.model.events import Scalar

FILL: Final = b"\xff"
"""What the cells of keys are filled up with."""


class Cell(msgspec.Struct, array_like=True, gc=False, tag="c"):
    """One value: an all-time count, sum, min or max, or the first or last value with its time.

    Of what fades: the value as it stood at `at_ms`.
    """

    value: Scalar
    at_ms: int
    event: str


class Mean(msgspec.Struct, array_like=True, gc=False, tag="m"):
    """An all-time average, as its sum and count."""

    sum: float
    count: int
    event: str


class Buckets(msgspec.Struct, array_like=True, gc=False, tag="b"):
    """A rolling count, sum, average, min, max or first: a value per bucket, numbers ascending; `counts` for averages.

    `total` is the sum of `values` of a count, and 0 for the others. By session, the numbers are those of sessions, and
    `counts` are times for what came first or last. Where nothing is counted beside the values, `counts` is None.
    """

    numbers: list[int] = []
    values: list[Scalar] = []
    counts: list[int] | None = None
    total: int = 0
    event: str = ""

    def insert(self, at: int, number: int, value: Scalar, count: int | None = None) -> None:
        """Put a bucket in its place, where wanted with a count."""
        self.numbers.insert(at, number)
        self.values.insert(at, value)
        if count is not None:
            self.counts = self.counts or []
            self.counts.insert(at, count)

    def count(self, at: int) -> None:
        """Count once more in a bucket, if anything is counted beside the values."""
        if self.counts:
            self.counts[at] += 1

    def among(self, first: int, end: int) -> "Buckets":
        """Return what buckets from one place to before another hold, without their numbers and total."""
        return Buckets([], self.values[first:end], self.counts[first:end] if self.counts else None)

    def forget(self, gone: int) -> None:
        """Let the first so many buckets go; the total is left to the caller."""
        del self.numbers[:gone], self.values[:gone]
        if self.counts:
            del self.counts[:gone]
            self.counts = self.counts or None


class Tally(msgspec.Struct, array_like=True, gc=False, tag="t"):
    """Different values, each with the time it was last seen, bounded; for all time and for windows.

    Where some had to be forgotten, the last of which was seen at `forgotten_ms`, all are in `sketches` too, by bucket.
    """

    last_ms: dict[str, int]
    event: str
    forgotten_ms: int = -(1 << 62)
    sketches: dict[int, bytes] = {}


class KeyedBuckets(msgspec.Struct, array_like=True, gc=False, tag="kb"):
    """How often each key was seen, by bucket, or the sum of each key; one bucket numbered 0 for all time. `kept` counts
    the places that the keys of all take.

    Pairs of a bucket and a key stand one after another, by bucket, and within a bucket as they came: `sizes` has how
    many a bucket has, `cells` the keys in UTF-8, each filled up to `width` bytes with 0xFF, which UTF-8 does not have,
    and `held` what is held of each. `width` is that of the longest key, 128 at most. Of counts, `totals` has at the
    latest pair of a key how often it is counted in all, and 0 at the others; `leader` is the latest pair of the key
    counted most often, -1 where that is to be found out. Of sums, `totals` is empty. Counts are bytes while all are
    below 256, and a list from then on.
    """

    numbers: list[int] = []
    sizes: list[int] = []
    cells: bytearray = msgspec.field(default_factory=bytearray)
    width: int = 1
    held: bytearray | list[int | float] = msgspec.field(default_factory=bytearray)
    totals: bytearray | list[int] = msgspec.field(default_factory=bytearray)
    kept: int = 0
    leader: int = -1
    event: str = ""

    @property
    def tallies(self) -> list[dict[str, int | float]]:
        """What is held of each key, one mapping for each bucket, made anew each time."""
        tallies, at = list[dict[str, int | float]](), 0
        for size in self.sizes:
            tallies.append({self.name(place): self.held[place] for place in range(at, at + size)})
            at += size
        return tallies

    def name(self, at: int) -> str:
        """Return the key of a pair."""
        return self.cells[at * self.width : (at + 1) * self.width].rstrip(FILL).decode()


class KeyedTallies(msgspec.Struct, array_like=True, gc=False, tag="k"):
    """Keyed buckets as earlier versions kept them: a mapping for each bucket. Nothing but decoding meets them."""

    numbers: list[int]
    tallies: list[dict[str, int | float]]
    kept: int
    event: str


class Moments(msgspec.Struct, array_like=True, gc=False, tag="n"):
    """The times of the first or the latest few occurrences, ascending; for the first ones also what each brought."""

    times_ms: list[int]
    values: list[Scalar]
    event: str


class Openings(msgspec.Struct, array_like=True, gc=False, tag="o"):
    """What is open, and what was closed lately, each by its id with the time; the longest ago first."""

    opened_ms: dict[str, int]
    closed_ms: dict[str, int]
    event: str


class Runs(msgspec.Struct, array_like=True, gc=False, tag="r"):
    """Runs of consecutive local days or weeks, by number: the first and the last of each, ascending and apart."""

    firsts: list[int]
    lasts: list[int]
    event: str


class FadingMean(msgspec.Struct, array_like=True, gc=False, tag="fm"):
    """An average whose weights fade, as its sum and its weight, both as they stood at `at_ms`."""

    sum: float
    weight: float
    at_ms: int
    event: str


class FadingByKey(msgspec.Struct, array_like=True, gc=False, tag="fk"):
    """A value that fades for each key, as it stood at the time of the key's latest occurrence."""

    held: dict[str, float]
    at_ms: dict[str, int]
    event: str


class Partials(msgspec.Struct, array_like=True, gc=False, tag="sq"):
    """Of sequences under way, by key, the key longest without an event first.

    Of each step but the last it is kept when the latest sequence that got so far began. `last_ms`: the latest event.
    """

    began_ms: dict[str, list[int]]
    last_ms: dict[str, int]
    event: str


TraitState = (
    Cell
    | Mean
    | Buckets
    | Tally
    | KeyedBuckets
    | KeyedTallies
    | Moments
    | Openings
    | Runs
    | FadingMean
    | FadingByKey
    | Partials
)
