"""Traits over rolling windows: how each is updated and read."""

from collections.abc import Callable
from math import fsum
from operator import add
from typing import Final

from stream.decision.reading import Reader, Reading
from stream.decision.totals import REPLACES, Update, fresh_cell_reader, kept, saturated
from stream.decision.windows import Window, drop_old, place, window
from stream.definitions.shapes import Aggregate
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import Buckets

_MERGE: Final[dict[str, Callable[[Scalar, Scalar], Scalar]]] = {
    "count": add,
    "sum": lambda kept, value: saturated(kept + value),  # type: ignore[operator, arg-type]  # only numbers are summed
    "avg": add,
    "min": min,
    "max": max,
    "first": lambda kept, _value: kept,
}


def bucketed(key: str, op: str, span: Window) -> Update:
    """Take a value into its bucket; an event older than the window is forgotten at once.

    Within a bucket, `first` is the first to arrive.
    """
    merge, averages, counts, width_ms = _MERGE[op], op == "avg", op == "count", span.width_ms

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        if counts:
            value = 1
        elif averages:
            value = float(value)  # sums of integers could outgrow 64 bits
        buckets = profile.traits.get(key)
        if buckets.__class__ is not Buckets:
            buckets = profile.traits[key] = Buckets([], [], [], 0, "")
        number = (time_ms + profile.spread) // width_ms
        if buckets.numbers and buckets.numbers[-1] == number:
            at, there = -1, True
        elif number < span.oldest(profile.now_ms, profile.spread):
            return
        else:
            drop_old(buckets, span.oldest(profile.now_ms, profile.spread))
            at, there = place(buckets.numbers, number)
        if there:
            buckets.values[at] = merge(buckets.values[at], value)
        else:
            buckets.numbers.insert(at, number)
            buckets.values.insert(at, value)
            if averages:
                buckets.counts.insert(at, 0)
        if averages:
            buckets.counts[at] += 1
        if counts:
            buckets.total += 1
        buckets.event = event

    return update


def counted_in_buckets(key: str, span: Window) -> Update:
    """Count into buckets; most events fall into the newest one, which is why this has a way of its own."""
    elsewhere, width_ms = bucketed(key, "count", span), span.width_ms

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        buckets = profile.traits.get(key)
        number = (time_ms + profile.spread) // width_ms
        if isinstance(buckets, Buckets) and buckets.numbers and buckets.numbers[-1] == number:
            buckets.values[-1] += 1  # type: ignore[operator]  # counts are ints
            buckets.total += 1
            buckets.event = event
        else:
            elsewhere(profile, value, time_ms, event)

    return update


def _value(op: str, is_exact: bool, buckets: Buckets) -> Scalar:
    values = buckets.values
    match op:
        case "count":
            return buckets.total
        case "sum":
            total = sum if is_exact else fsum
            return saturated(total(values))  # type: ignore[arg-type]  # only numbers are summed
        case "avg":
            return fsum(values) / sum(buckets.counts)  # type: ignore[arg-type]  # only numbers are averaged
        case "min":
            return min(values)
        case "max":
            return max(values)
        case _:
            return values[0]


def bucket_reader(key: str, trait: Aggregate, span: Window) -> Reader:
    """Read a window: zero for empty counts and sums, else unknown; it may change when its oldest bucket leaves."""
    op, is_exact = trait.op, trait.op == "count" or trait.type == "money"
    nothing: Reading = (0 if op in ("count", "sum") else None, NEVER)

    def read(profile: Profile, now_ms: int) -> Reading:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, Buckets):
            return nothing
        numbers, spread = buckets.numbers, profile.spread
        if numbers and numbers[0] < (oldest := span.oldest(now_ms, spread)):
            drop_old(buckets, oldest)
        if not numbers:
            return nothing
        return (buckets.total if op == "count" else _value(op, is_exact, buckets)), span.leaves_ms(numbers[0], spread)

    return read


def falls_below_ms(buckets: Buckets, spread: int, span: Window, limit: int) -> int:
    """Return when a rolling count that is now at least `limit` will be below it, if no event comes."""
    newest: float = 0
    for place_back in range(len(buckets.numbers) - 1, -1, -1):  # from the newest: a limit is mostly a few events away
        newest += buckets.values[place_back]  # type: ignore[operator]  # counts are ints
        if newest >= limit:
            return (buckets.numbers[place_back] + 1) * span.width_ms - spread + span.within_ms
    return NEVER


def rolling_trait(trait: Aggregate, key: str) -> tuple[Update, Reader]:
    """Return the update and the reader of a count, sum, avg, min, max, first or last over a rolling window."""
    if trait.within_ms is None:
        msg = f"{trait.name} has no window"
        raise ValueError(msg)
    if trait.op == "last":
        return kept(key, REPLACES["last"]), fresh_cell_reader(key, trait.within_ms)
    span = window(trait.within_ms)
    update = counted_in_buckets(key, span) if trait.op == "count" else bucketed(key, trait.op, span)
    return update, bucket_reader(key, trait, span)
