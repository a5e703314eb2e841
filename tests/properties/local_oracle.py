"""Local days by looking at each in turn; slow, and free of the core's code."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from stream.model.events import Event, Scalar


def identity_of(events: Sequence[Event]) -> dict[str, Scalar]:
    """Return what the user said last of each property."""
    said: dict[str, Scalar] = {}
    for event in events:
        if event.name == "identify":
            said.update(event.props)
    return said


def local_date(time_ms: int, zone: Scalar | None) -> date:
    """Return the date where the user is."""
    return datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(ZoneInfo(str(zone or "UTC"))).date()


def days_to(told: Scalar | None, now_ms: int, zone: Scalar | None) -> int | None:
    """Count the days until one has the day and month of a date."""
    if told is None:
        return None
    try:
        day = date.fromisoformat(str(told)[:10]) if isinstance(told, str) else local_date(told, zone)
    except ValueError:
        return None
    found, count = local_date(now_ms, zone), 0
    while not _is_anniversary(found, day):
        found, count = found + timedelta(days=1), count + 1
    return count


def streak(at_ms: Sequence[tuple[int, Scalar | None]], now_ms: int, zone: Scalar | None, every: str) -> int:
    """Count the days (or weeks, by their Mondays) in a row; each occurrence comes with the zone known then."""
    step = timedelta(days=1 if every == "day" else 7)

    def begin(day: date) -> date:
        return day if every == "day" else day - timedelta(days=day.weekday())

    days = {begin(local_date(time_ms, its_zone)) for time_ms, its_zone in at_ms}
    if not days or max(days) < begin(local_date(now_ms, zone)) - step:
        return 0
    last, count = max(days), 0
    while last - count * step in days:
        count += 1
    return count


def _is_anniversary(found: date, day: date) -> bool:
    if (day.month, day.day) == (2, 29) and (found.month, found.day) == (2, 28):
        return (found + timedelta(days=1)).month == 3
    return (found.month, found.day) == (day.month, day.day)
