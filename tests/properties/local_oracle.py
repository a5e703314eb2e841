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
    """Count the periods in a row, by their first days; each occurrence comes with the zone known then."""
    days = {begin(local_date(time_ms, its_zone), every) for time_ms, its_zone in at_ms}
    if not days or max(days) < before(begin(local_date(now_ms, zone), every), every):
        return 0
    last, count = max(days), 0
    while last in days:
        last, count = before(last, every), count + 1
    return count


def begin(day: date, every: str) -> date:
    """Return the first day of the period that a day lies in."""
    match every:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)
        case _:
            return day


def before(day: date, every: str) -> date:
    """Return the first day of the period before the one that begins on a day."""
    return begin(day - timedelta(days=1), every)


def is_in_story_season(name: str, day: date) -> bool:
    """Tell whether a day is in a season of the stories' calendar."""
    new_year = ((12, 31), (1, 1), (1, 2))
    return (day.month, day.day) in new_year if name == "new_year" else day == date(1970, 1, 1)


def local_part(part: str, time_ms: int, zone: Scalar | None) -> Scalar:
    """Return the weekday, month or hour on the wall where the user is."""
    wall = datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(ZoneInfo(str(zone or "UTC")))
    return wall.hour if part == "hour" else wall.strftime("%A" if part == "weekday" else "%B").lower()


def _is_anniversary(found: date, day: date) -> bool:
    if (day.month, day.day) == (2, 29) and (found.month, found.day) == (2, 28):
        return (found + timedelta(days=1)).month == 3
    return (found.month, found.day) == (day.month, day.day)


def in_periods(
    seen: Sequence[tuple[int, Scalar | None]], now_ms: int, zone: Scalar | None, span: tuple[str, int], lag_ms: int
) -> list[bool]:
    """Tell of each time, with the zone known then, whether it counts now, by the first day of its period."""
    every, previous = span
    begins = [begin(local_date(at_ms, its_zone), every) for at_ms, its_zone in seen]
    today, current = (begin(local_date(at_ms, zone), every) for at_ms in (now_ms, now_ms - lag_ms))
    if any(current < day <= today for day in begins):
        current = today
    counting, day = {current} if not previous else set(), current
    for _ in range(previous):
        day = before(day, every)
        counting.add(day)
    return [day in counting for day in begins]
