"""Traits over rolling windows: how each is updated and read."""

from bisect import bisect_left
from collections.abc import Callable
from math import fsum
from typing import Final

from stream.decision.reading import Reader, Reading, Update
from stream.decision.totals import REPLACES, fresh_cell_reader, kept, saturated
from stream.decision.windows import Window, drop_old, place, window
from stream.definitions.shapes import Aggregate
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import Buckets
from stream.model.text import kept_text

MERGE: Final[dict[str, Callable[[Scalar, Scalar], Scalar]]] = {
    "sum": lambda kept, value: saturated(kept + value),  # type: ignore[operator, arg-type]  # only numbers are summed
    "min": min,
    "max": max,
    "first": lambda kept, _value: kept,
}
"""What is kept of two values."""


def merged_in_buckets(key: str, op: str, span: Window) -> Update:
    """Keep one value a bucket. Within a bucket, `first` is the first to arrive."""
    merge = MERGE[op]

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        buckets, at, is_there = _bucket(profile, key, span, time_ms)
        if value.__class__ is str:
            value = kept_text(str(value))
        if is_there:
            buckets.values[at] = merge(buckets.values[at], value)
        elif at >= 0:
            buckets.insert(at, span.number(time_ms, profile.spread), value)
        buckets.event = event if at >= 0 else buckets.event

    return update


def averaged_in_buckets(key: str, span: Window) -> Update:
    """Keep the sum and the count of each bucket; as floats, since sums of integers could outgrow 64 bits."""

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        buckets, at, is_there = _bucket(profile, key, span, time_ms)
        if is_there:
            buckets.values[at] += float(value)  # type: ignore[operator]  # only numbers are averaged
            buckets.count(at)
        elif at >= 0:
            buckets.insert(at, span.number(time_ms, profile.spread), float(value), 1)
        buckets.event = event if at >= 0 else buckets.event

    return update


def counted_in_buckets(key: str, span: Window) -> Update:
    """Count into buckets. Most events fall into the newest one or a newer one, which have a quick way of their own."""
    width_ms = span.width_ms

    def update(profile: Profile, _value: Scalar, time_ms: int, event: str) -> None:
        buckets = profile.traits.get(key)
        number = (time_ms + profile.spread) // width_ms
        if not (isinstance(buckets, Buckets) and buckets.numbers and buckets.numbers[-1] <= number):
            _count_anywhere(profile, key, span, time_ms, event)
            return
        if buckets.numbers[-1] < number:
            oldest = span.oldest(profile.now_ms, profile.spread)
            if number < oldest:
                return
            drop_old(buckets, oldest)
            buckets.numbers.append(number)
            buckets.values.append(0)
        buckets.values[-1] += 1  # type: ignore[operator]  # counts are ints
        buckets.total += 1
        buckets.event = event

    return update


def _count_anywhere(profile: Profile, key: str, span: Window, time_ms: int, event: str) -> None:
    """Count into the first bucket, or into one that is not the newest."""
    buckets, at, is_there = _bucket(profile, key, span, time_ms)
    if at < 0:
        return
    if not is_there:
        buckets.insert(at, span.number(time_ms, profile.spread), 0)
    buckets.values[at] += 1  # type: ignore[operator]  # counts are ints
    buckets.total += 1
    buckets.event = event


def _bucket(profile: Profile, key: str, span: Window, time_ms: int) -> tuple[Buckets, int, bool]:
    """Return the buckets, where a time's bucket belongs among them (-1: too old), and whether it is there."""
    buckets = profile.traits.get(key)
    if not isinstance(buckets, Buckets):
        buckets = profile.traits[key] = Buckets()
    number, oldest = span.number(time_ms, profile.spread), span.oldest(profile.now_ms, profile.spread)
    if number < oldest:
        return buckets, -1, False
    drop_old(buckets, oldest)
    return (buckets, *place(buckets.numbers, number))


def is_exact(trait: Aggregate) -> bool:
    """Whether sums of a trait are of whole numbers, without rounding."""
    return trait.op == "count" or trait.type in ("money", "duration")


def value_of(op: str, exact: bool, buckets: Buckets) -> Scalar:
    """Return what all the buckets say together; there is at least one."""
    values = buckets.values
    match op:
        case "count":
            return buckets.total
        case "sum":
            total = sum if exact else fsum
            return saturated(total(values))  # type: ignore[arg-type]  # only numbers are summed
        case "avg":
            return fsum(values) / sum(buckets.counts or ())  # type: ignore[arg-type]  # only numbers are averaged
        case "min":
            return min(values)
        case "max":
            return max(values)
        case _:
            return values[-1] if op == "last" else values[0]


def bucket_reader(key: str, trait: Aggregate, span: Window) -> Reader:
    """Read a window: zero for empty counts and sums, else unknown; it may change when its oldest bucket leaves."""
    op, exact = trait.op, is_exact(trait)
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
        return (buckets.total if op == "count" else value_of(op, exact, buckets)), span.leaves_ms(numbers[0], spread)

    return read


def ended_reader(key: str, trait: Aggregate, span: Window) -> Reader:
    """Read a window that ended some time ago: buckets that came since wait to be taken in."""
    op, exact = trait.op, is_exact(trait)
    empty = 0 if op in ("count", "sum") else None

    def read(profile: Profile, now_ms: int) -> Reading:
        buckets = profile.traits.get(key)
        if not isinstance(buckets, Buckets):
            return empty, NEVER
        spread = profile.spread
        drop_old(buckets, span.oldest(now_ms, spread))
        if not buckets.numbers:
            return empty, NEVER
        counted = bisect_left(buckets.numbers, span.awaited(now_ms, spread))
        counting = buckets.among(0, counted)
        counting.total = sum(counting.values) if op == "count" else 0  # type: ignore[arg-type]  # counts are ints
        value = value_of(op, exact, counting) if counted else empty
        return value, span.changes_ms(buckets.numbers, counted, spread)

    return read


def falls_below_ms(buckets: Buckets, spread: int, span: Window, limit: int) -> int:
    """Return when a rolling count that is now at least `limit` will be below it, if no event comes."""
    newest: float = 0
    for place_back in range(len(buckets.numbers) - 1, -1, -1):  # from the newest: a limit is mostly a few events away
        newest += buckets.values[place_back]  # type: ignore[operator]  # counts are ints
        if newest >= limit:
            return (buckets.numbers[place_back] + 1) * span.width_ms - spread + span.kept_ms
    return NEVER


def rolling_trait(trait: Aggregate, key: str) -> tuple[Update, Reader]:
    """Return the update and the reader of a count, sum, avg, min, max, first or last over a rolling window."""
    if trait.within_ms is None:
        msg = f"{trait.name} has no window"
        raise ValueError(msg)
    if trait.op == "last":
        return kept(key, REPLACES["last"]), fresh_cell_reader(key, trait.within_ms)
    span = window(trait.within_ms, trait.ending_ms)
    read = ended_reader(key, trait, span) if trait.ending_ms else bucket_reader(key, trait, span)
    match trait.op:
        case "count":
            return counted_in_buckets(key, span), read
        case "avg":
            return averaged_in_buckets(key, span), read
        case _:
            return merged_in_buckets(key, trait.op, span), read
