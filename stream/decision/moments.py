"""Traits over the occurrences themselves: the nth of all, the mean time between the latest, and what is still open."""

from bisect import bisect_right
from typing import Final

from stream.decision.reading import KeyedUpdate, Reader, Reading, Update
from stream.decision.tallies import value_name
from stream.model.events import Scalar
from stream.model.profile import NEVER, Profile
from stream.model.states import Moments, Openings
from stream.model.text import kept_text

OPEN_KEPT: Final = 128
"""Ids that are open at once, and ids closed lately: beyond so many, the one opened or closed longest ago is forgotten.

Up to here what is open is counted exactly, also where the closing arrives before the opening.
"""


def _moments(profile: Profile, key: str) -> Moments:
    moments = profile.traits.get(key)
    if not isinstance(moments, Moments):
        moments = profile.traits[key] = Moments([], [], "")
    return moments


def nth_trait(key: str, n: int) -> tuple[Update, Reader]:
    """Keep the earliest n values; at equal time they stand as they came. Unknown before there are n."""

    def update(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        moments = _moments(profile, key)
        at = bisect_right(moments.times_ms, time_ms)
        if at >= n:
            return
        moments.times_ms.insert(at, time_ms)
        moments.values.insert(at, kept_text(value) if isinstance(value, str) else value)
        del moments.times_ms[n:], moments.values[n:]
        moments.event = event

    def read(profile: Profile, _now_ms: int) -> Reading:
        moments = profile.traits.get(key)
        is_there = isinstance(moments, Moments) and len(moments.values) == n
        return (moments.values[n - 1] if is_there else None), NEVER  # type: ignore[union-attr]  # `is_there` says so

    return update, read


def gap_trait(key: str, n: int) -> tuple[Update, Reader]:
    """Keep the latest n times; the mean of the gaps between them is the time they span by their number less one."""

    def update(profile: Profile, _value: Scalar, time_ms: int, event: str) -> None:
        moments = _moments(profile, key)
        times_ms = moments.times_ms
        at = bisect_right(times_ms, time_ms)
        if at == 0 and len(times_ms) == n:
            return
        times_ms.insert(at, time_ms)
        if len(times_ms) > n:
            del times_ms[0]
        moments.event = event

    def read(profile: Profile, _now_ms: int) -> Reading:
        moments = profile.traits.get(key)
        if not isinstance(moments, Moments) or len(moments.times_ms) <= 1:
            return None, NEVER
        return (moments.times_ms[-1] - moments.times_ms[0]) / (len(moments.times_ms) - 1), NEVER

    return update, read


def open_trait(key: str) -> tuple[KeyedUpdate, KeyedUpdate, Reader]:
    """Return what opens an id, what closes it (at equal time it is closed), and how many are open."""

    def opened(profile: Profile, of: Scalar, _value: Scalar, time_ms: int, event: str) -> None:
        openings, name = _openings(profile, key), value_name(of)
        if openings.closed_ms.get(name, -NEVER) < time_ms:
            openings.closed_ms.pop(name, None)
            openings.opened_ms = _with(openings.opened_ms, name, time_ms)
            openings.event = event

    def closed(profile: Profile, of: Scalar, _value: Scalar, time_ms: int, event: str) -> None:
        openings, name = _openings(profile, key), value_name(of)
        if openings.opened_ms.get(name, -NEVER) <= time_ms:
            openings.opened_ms.pop(name, None)
            openings.closed_ms = _with(openings.closed_ms, name, time_ms)
            openings.event = event

    def read(profile: Profile, _now_ms: int) -> Reading:
        openings = profile.traits.get(key)
        return (len(openings.opened_ms) if isinstance(openings, Openings) else 0), NEVER

    return opened, closed, read


def _openings(profile: Profile, key: str) -> Openings:
    openings = profile.traits.get(key)
    if not isinstance(openings, Openings):
        openings = profile.traits[key] = Openings({}, {}, "")
    return openings


def _with(times_ms: dict[str, int], name: str, time_ms: int) -> dict[str, int]:
    """Return the times with one that is the latest of its name, the longest ago first and no more than are kept."""
    latest_ms = max(time_ms, times_ms.pop(name, time_ms))
    is_newest = not times_ms or latest_ms >= next(reversed(times_ms.values()))
    times_ms[name] = latest_ms
    if not is_newest:
        times_ms = dict(sorted(times_ms.items(), key=lambda entry: entry[1]))
    if len(times_ms) > OPEN_KEPT:
        del times_ms[next(iter(times_ms))]
    return times_ms
