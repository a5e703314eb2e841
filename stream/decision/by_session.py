"""Traits over the session under way, or over the last ones that have finished: one value a session.

Of each session but the latest two nothing more is taken in, since no late event is told which of them it belongs to.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Final

from stream.decision.reading import Reader, Reading, Update
from stream.decision.rolling import MERGE, is_exact, value_of
from stream.decision.session_borders import is_over, number_at
from stream.decision.windows import place
from stream.definitions.shapes import Aggregate
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import Buckets
from stream.model.text import kept_text

_MERGE: Final[dict[str, Callable[[Scalar, Scalar], Scalar]]] = {
    "count": MERGE["sum"],
    "sum": MERGE["sum"],
    "avg": lambda kept, value: kept + value,  # type: ignore[operator]  # only numbers are averaged
    "min": min,
    "max": max,
}


def session_update(key: str, op: str, gap_ms: int, sessions: int) -> Update:
    """Take an occurrence into the session it lies in, if that is one of the latest two."""

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        number = number_at(profile, gap_ms, time_ms)
        if not number or profile.session is None:
            return
        buckets = profile.traits.get(key)
        if not isinstance(buckets, Buckets):
            buckets = profile.traits[key] = Buckets()
        buckets.forget(bisect_left(buckets.numbers, profile.session.number - sessions))
        _take_in(buckets, number, op, _fed(op, value), time_ms)
        buckets.event = event

    return update


def _fed(op: str, value: Scalar) -> Scalar:
    if op == "count":
        return 1
    if op == "avg":
        return float(value)
    return kept_text(value) if isinstance(value, str) else value


def _take_in(buckets: Buckets, number: int, op: str, value: Scalar, time_ms: int) -> None:
    """Merge a value into its session's; `counts` says how many were averaged, or when the first or last one came."""
    at, is_there = place(buckets.numbers, number)
    if not is_there:
        buckets.insert(at, number, value, time_ms if op in ("first", "last") else 1)
    elif op in _MERGE:
        buckets.values[at] = _MERGE[op](buckets.values[at], value)
        buckets.count(at)
    elif (times := buckets.counts) and (time_ms >= times[at] if op == "last" else time_ms < times[at]):
        buckets.values[at], times[at] = value, time_ms


def session_reader(key: str, trait: Aggregate, gap_ms: int, sessions: int) -> Reader:
    """Read the session under way (0 `sessions`) or so many finished ones; only the end of a session changes it."""
    op, exact = "sum" if trait.op == "count" else trait.op, is_exact(trait)
    empty = 0 if op == "sum" else None

    def read(profile: Profile, now_ms: int) -> Reading:
        session, buckets = profile.session, profile.traits.get(key)
        if session is None:
            return empty, NEVER
        over = is_over(session, gap_ms, now_ms)
        until_ms = NEVER if over else session.last_ms + gap_ms
        if not isinstance(buckets, Buckets) or (over and not sessions):
            return empty, until_ms
        last = session.number if over or not sessions else session.number - 1
        first = last - sessions + 1 if sessions else last
        asked = buckets.among(bisect_left(buckets.numbers, first), bisect_right(buckets.numbers, last))
        return (value_of(op, exact, asked) if asked.values else empty), until_ms

    return read


def session_trait(trait: Aggregate, key: str) -> tuple[Update, Reader]:
    """Return the update and the reader of a count, sum, avg, min, max, first or last by session."""
    sessions, gap_ms = trait.sessions or 0, trait.gap_ms
    return session_update(key, trait.op, gap_ms, sessions), session_reader(key, trait, gap_ms, sessions)
