"""What a trait is worth at an instant, and at which instants it might become another: from plain lists of entries."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import fsum
from zoneinfo import ZoneInfo

from stream.definitions.shapes import Aggregate
from stream.model.events import Scalar
from tests.oracle.facts import Facts
from tests.oracle.feeding import Entry
from tests.properties.local_oracle import before, begin, in_periods, local_date, streak

BUCKETS = 168
LAG_MS = 600_000
LEAST = 1e-9
EXACT_TO_THE_MS = ("last", "distinct", "set")


def counts(trait: Aggregate, entry: Entry, facts: Facts, spread: int, now_ms: int) -> bool:
    """The rule of windows and sessions; what is last, and last seen, by the millisecond, all else by buckets."""
    if trait.sessions is not None:
        return entry.session in _sessions(trait, facts, now_ms)
    if trait.within_ms is None:
        return True
    if trait.op in EXACT_TO_THE_MS:
        return now_ms - entry.time_ms <= trait.within_ms
    enters_ms, leaves_ms = edges(trait, entry, spread)
    return (enters_ms <= now_ms if trait.ending_ms else True) and now_ms < leaves_ms


def edges(trait: Aggregate, entry: Entry, spread: int) -> tuple[int, int]:
    """Return when the bucket of an entry enters its window, and when it leaves it."""
    width_ms = max(1, trait.within_ms // BUCKETS)
    ends_ms = ((entry.time_ms + spread) // width_ms + 1) * width_ms - spread
    return ends_ms + trait.ending_ms, ends_ms + trait.ending_ms + trait.within_ms


def _sessions(trait: Aggregate, facts: Facts, now_ms: int) -> range:
    current = len(facts.visits)
    if not trait.sessions:
        return range(current, current + (not facts.is_over(now_ms)))
    finished = current if facts.is_over(now_ms) else current - 1
    return range(max(1, finished - trait.sessions + 1), finished + 1)


def counting(trait: Aggregate, found: Sequence[Entry], facts: Facts, spread: int, now_ms: int) -> list[Entry]:
    """Return the entries that count now."""
    if trait.calendar is None:
        return [entry for entry in found if counts(trait, entry, facts, spread, now_ms)]
    seen, span = [(entry.time_ms, entry.zone) for entry in found], (trait.calendar.every, trait.calendar.previous)
    does = in_periods(seen, now_ms, facts.zone, span, spread % LAG_MS)
    return [entry for entry, counted in zip(found, does, strict=True) if counted]


def worth(trait: Aggregate, found: Sequence[Entry], spread: int) -> Scalar | None:
    """Return what entries that count are worth together."""
    values = [entry.value for entry in found]
    match trait.op:
        case "count" | "sum" | "sequence":
            return fsum(values) if any(isinstance(value, float) for value in values) else sum(values)
        case "distinct" | "set":
            return len(set(values))
        case "top":
            return min(set(values), key=lambda value: (-values.count(value), value), default=None)
        case "gap":
            times = sorted(entry.time_ms for entry in found)[-trait.n :]
            return (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else None
        case "nth":
            in_order = sorted(found, key=lambda entry: entry.time_ms)
            return in_order[trait.n - 1].value if len(found) >= trait.n else None
    return _one_of(trait, found, values, spread) if found else None


def _one_of(trait: Aggregate, found: Sequence[Entry], values: Sequence[Scalar], spread: int) -> Scalar:
    match trait.op:
        case "avg":
            return fsum(values) / len(values)
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "first":
            return min(found, key=lambda entry: _bucket(trait, entry, spread)).value
        case _:
            return max(reversed(found), key=lambda entry: entry.time_ms).value


def _bucket(trait: Aggregate, entry: Entry, spread: int) -> object:
    """Of what came within one bucket, or one period, the first to come counts as first."""
    if trait.calendar is not None:
        return begin(local_date(entry.time_ms, entry.zone), trait.calendar.every)
    return entry.time_ms if trait.within_ms is None else edges(trait, entry, spread)[1]


def by_key(trait: Aggregate, found: Sequence[Entry], now_ms: int) -> Mapping[str, float]:
    """Return what is held of each key, of the entries that count."""
    held: dict[str, list[Entry]] = {}
    for entry in found:
        held.setdefault(entry.key, []).append(entry)
    if trait.half_life_ms is not None:
        return {key: faded(its, trait.half_life_ms, now_ms) for key, its in held.items()}
    return {key: sum(entry.value for entry in its) for key, its in held.items()}


def faded(found: Sequence[Entry], half_life_ms: int, now_ms: int) -> float:
    """Return the sum of what is left of each."""
    left = fsum(entry.value * 2.0 ** ((entry.time_ms - now_ms) / half_life_ms) for entry in found)
    return left if abs(left) >= LEAST else 0.0


def open_now(opened: Sequence[Entry], closed: Sequence[Entry]) -> int:
    """Count the ids that were opened after they were closed last."""
    last: dict[tuple[bool, str], int] = {}
    for is_opening, its in ((True, opened), (False, closed)):
        for entry in its:
            last[is_opening, entry.key] = max(last.get((is_opening, entry.key), entry.time_ms), entry.time_ms)
    never = -(1 << 62)
    return sum(last.get((True, key), never) > last.get((False, key), never) for key in {key for _, key in last})


def streak_now(trait: Aggregate, found: Sequence[Entry], facts: Facts, spread: int, now_ms: int) -> int:
    """Count the days in a row; one more may be missing for as long as the user lags behind midnight."""
    return streak([(e.time_ms, e.zone) for e in found], now_ms - spread % LAG_MS, facts.zone, trait.every)


def instants(trait: Aggregate, found: Sequence[Entry], facts: Facts, spread: int) -> list[int]:
    """Return all instants at which time alone may change what counts; there may be more than do."""
    if not found:
        return []
    if trait.op == "streak":
        return period_edges(found, facts, spread, (trait.every, 1))
    if trait.calendar is not None:
        return period_edges(found, facts, spread, (trait.calendar.every, trait.calendar.previous))
    if trait.sessions is not None:
        return [facts.visits[-1].last_ms + facts.rules.gap_ms] if facts.visits else []
    if trait.within_ms is None:
        return []
    if trait.op in EXACT_TO_THE_MS:
        return [entry.time_ms + trait.within_ms + 1 for entry in found]
    return [at_ms for entry in found for at_ms in edges(trait, entry, spread)]


def period_edges(found: Sequence[Entry], facts: Facts, spread: int, span: tuple[str, int]) -> list[int]:
    """Return when local periods begin, for the user's clock and as late as time alone notices."""
    every, previous = span
    found_ms = [entry.time_ms for entry in found]
    day, last = (begin(local_date(at_ms, facts.zone), every) for at_ms in (min(found_ms), max(found_ms)))
    edges_ms = []
    day = before(day, every)
    last = _after(last, every, previous + 2)
    while day <= last:
        begins_ms = int(
            datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(facts.zone)).astimezone(UTC).timestamp() * 1_000
        )
        edges_ms += [begins_ms, begins_ms + spread % LAG_MS]
        day = _after(day, every, 1)
    return edges_ms


def _after(day: object, every: str, number: int) -> object:
    for _ in range(number):
        following = day + timedelta(days=1)
        while begin(following, every) != following:
            following += timedelta(days=1)
        day = following
    return day
