"""What a user's events say up to a place among them: consents, suppression, time zones. Free of the core's code.

An outcome of a cause that is an event was decided once that was told; one by time before the first event of a later
time. Late events may have come before or after a timer.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from stream.definitions.policy_shapes import QuietHours
from stream.model.events import Event, Scalar
from stream.model.outcomes import AnyOutcome, Decision, RunChange, SegmentChange, Trigger
from stream.model.zones import zone_named, zones_by_country

IDS_REMEMBERED: Final = 64
"""A repetition within the user's last so many events is one."""


class Life(msgspec.Struct):
    """A user's events, repeats left out, and outcomes from the first or from having been forgotten.

    `places` says for each outcome how many events were told before it, at least and at most; `before` holds the events
    of lives before, of which only what must not be done is remembered.
    """

    events: list[Event] = []
    outcomes: list[AnyOutcome] = []
    places: list[tuple[int, int]] = []
    before: list[Event] = []

    def told(self, count: int) -> "Told":
        """Return the first so many events."""
        return Told(self.events[:count])


def lives(events: Sequence[Event], outcomes: Sequence[AnyOutcome]) -> Iterator[Life]:
    """Divide what happened at each erasure, and say what was told when."""
    left, begun = list(outcomes), 0
    for number, event in enumerate([*events, None]):
        if event is not None and event.name != "erasure_requested":
            continue
        own = _without_repeats(events[begun:number])
        later = {each.id for each in events[number:]}
        count = len(left)
        if event is not None:
            after = (n for n, o in enumerate(left) if o.at_ms > event.time_ms or _cause(o) in later)
            count = next(after, len(left))
        yield Life(own, left[:count], _places(own, left[:count]), list(events[:begun]))
        left, begun = left[count:], number + 1


def _without_repeats(events: Sequence[Event]) -> list[Event]:
    kept: list[Event] = []
    for event in events:
        if not event.repeatable or all(event.id != other.id for other in kept[-IDS_REMEMBERED:]):
            kept.append(event)
    return kept


def _cause(outcome: AnyOutcome) -> str:
    if isinstance(outcome, RunChange):
        return outcome.reason if outcome.change == "started" else ""
    if isinstance(outcome, SegmentChange):
        return outcome.cause
    return outcome.why.cause if isinstance(outcome, Trigger | Decision) else ""


def _places(events: Sequence[Event], outcomes: Sequence[AnyOutcome]) -> list[tuple[int, int]]:
    """Say how many events were told before each outcome."""
    numbers = {event.id: number for number, event in enumerate(events)}
    latest_ms = list(accumulate((event.time_ms for event in events), max))
    places: list[tuple[int, int]] = []
    least = 0
    for outcome in outcomes:
        by_event = numbers.get(_cause(outcome))
        if by_event is not None:
            least = max(least, by_event + 1)
            places.append((least, least))
            continue
        on_time = [n for n, event in enumerate(events) if event.time_ms == latest_ms[n] <= outcome.at_ms]
        least = max(least, on_time[-1] + 1 if on_time and _cause(outcome) else 0)
        most = next((n for n, event in enumerate(events) if event.time_ms > outcome.at_ms), len(events))
        places.append((least, max(least, most)))
    return places


class Told:
    """The first so many of a user's events."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events

    def consent(self, purpose: str) -> bool | None:
        """Return the latest word on a purpose, at equal time the refusal; None where none was said."""
        words = [
            (event.time_ms, event.props.get("granted") is not True)
            for event in self.events
            if event.name == "consent_changed" and str(event.props.get("purpose", "")) == purpose
        ]
        return not max(words)[1] if words else None

    def is_suppressed(self, channel: str) -> bool:
        """Say whether a channel must not be used: of e-mail after a hard bounce, a complaint, or unsubscribing."""
        if channel != "email":
            return False
        for event in self.events:
            if event.name in ("unsubscribed", "email_marked_as_spam"):
                return True
            if event.name == "email_bounced" and event.props.get("bounce_type", "hard") == "hard":
                return True
        return False

    def identity(self) -> dict[str, Scalar]:
        """Return what the user said of themselves, the latest of each as it came."""
        said: dict[str, Scalar] = {}
        for event in self.events:
            if event.name == "identify":
                said |= event.props
        return said

    def zone(self) -> ZoneInfo | None:
        """Return the zone that the user told, else the last that a call brought."""
        told = self.identity().get("timezone")
        brought = next((event.zone for event in reversed(self.events) if event.zone), "")
        return (zone_named(told) if isinstance(told, str) else None) or (zone_named(brought) if brought else None)

    def is_quiet(self, at_ms: int, rule: QuietHours) -> bool:
        """Say whether it is quiet in any zone that the user may be in."""
        own, code = self.zone(), str(self.identity().get("country", "")).strip().upper()
        if own is not None:
            return is_quiet_in((own.key,), at_ms, rule.starts, rule.ends)
        country = zones_by_country().get({"UK": "GB"}.get(code, code), ())
        return is_quiet_in(country or rule.zones or everywhere(), at_ms, rule.starts, rule.ends)


@lru_cache(1)
def everywhere() -> tuple[str, ...]:
    """Return the names of all zones that any country has."""
    return tuple(sorted({name for names in zones_by_country().values() for name in names}))


@lru_cache(100_000)
def is_quiet_in(names: tuple[str, ...], at_ms: int, starts: int, ends: int) -> bool:
    """Say whether in any of some zones the clock shows a time in `[starts, ends)`, over midnight if need be."""
    for name in names:
        shown = datetime.fromtimestamp(at_ms // 1_000, UTC).astimezone(ZoneInfo(name))
        minute = shown.hour * 60 + shown.minute
        if starts <= minute < ends if starts <= ends else not ends <= minute < starts:
            return True
    return False


def period_begins_ms(at_ms: int, zone: ZoneInfo, per: str) -> int:
    """Return the first millisecond of the local day, week (from Monday) or month of a time, found minute by minute."""
    on = datetime.fromtimestamp(at_ms // 1_000, UTC).astimezone(zone).date()
    first = {"day": on, "week": on - timedelta(days=on.weekday()), "month": on.replace(day=1)}[per]
    noon = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=1)
    minute_ms = int(noon.timestamp()) * 1_000
    while datetime.fromtimestamp(minute_ms // 1_000, UTC).astimezone(zone).date() < first:
        minute_ms += 60_000
    return minute_ms
