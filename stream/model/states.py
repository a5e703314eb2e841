"""What a profile remembers of each trait, one shape for each way of remembering.

Buckets are numbered `(time_ms + spread) // width_ms`. A bucket is counted until its end is older than the window, so
that an event counts for at least the window and at most one bucket longer.
"""

import msgspec

from stream.model.events import Scalar


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
    `counts` are times for what came first or last.
    """

    numbers: list[int]
    values: list[Scalar]
    counts: list[int]
    total: int
    event: str


class Tally(msgspec.Struct, array_like=True, gc=False, tag="t"):
    """Different values, each with the time it was last seen, bounded; for all time and for windows.

    Where some had to be forgotten, the last of which was seen at `forgotten_ms`, all are in `sketches` too, by bucket.
    """

    last_ms: dict[str, int]
    event: str
    forgotten_ms: int = -(1 << 62)
    sketches: dict[int, bytes] = {}


class KeyedBuckets(msgspec.Struct, array_like=True, dict=True, tag="k"):
    """How often each value was seen, by bucket; one bucket numbered 0 for all time. `kept` counts the places that
    the values of all take.

    Of what is summed by key: the sum of each key, by bucket. What can be made from this at any time may be kept as
    further attributes: they are neither encoded nor compared.
    """

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
    Cell | Mean | Buckets | Tally | KeyedBuckets | Moments | Openings | Runs | FadingMean | FadingByKey | Partials
)
