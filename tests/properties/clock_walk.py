"""Times near a change of the clock, and what a walk by minutes finds its face to show; free of the core's code."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
FROM_DAY: Final = 3 * 365
"""1973: until 1972 Liberia was behind by a part of a minute, which a walk by minutes does not meet."""

ANY_ZONE: Final = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})).map(ZoneInfo)
MINUTE_OF_DAY: Final = st.integers(0, 1439)


def shown(time_ms: int, zone: ZoneInfo) -> datetime:
    """Return what the clock shows, to the minute, as a time without a zone."""
    return datetime.fromtimestamp(time_ms // 1_000, UTC).astimezone(zone).replace(tzinfo=None, second=0)


def next_change_ms(time_ms: int, zone: ZoneInfo) -> int | None:
    """Return the minute in which the clock is set next, within thirteen months."""
    for at_ms in range(time_ms, time_ms + 400 * DAY_MS, DAY_MS):
        if shown(at_ms + DAY_MS, zone) - shown(at_ms, zone) != timedelta(days=1):
            return next(
                minute_ms + MINUTE_MS
                for minute_ms in range(at_ms, at_ms + DAY_MS, MINUTE_MS)
                if shown(minute_ms + MINUTE_MS, zone) - shown(minute_ms, zone) != timedelta(minutes=1)
            )
    return None


@st.composite
def zones_and_times(draw: st.DrawFn) -> tuple[ZoneInfo, int]:
    """Draw a zone and a time, mostly within two days of a change of its clock."""
    zone, time_ms = draw(ANY_ZONE), draw(st.integers(FROM_DAY, 80 * 365)) * DAY_MS
    near_ms = draw(st.integers(-2 * 1_440, 1_440)) * MINUTE_MS
    change_ms = next_change_ms(time_ms, zone) if draw(st.integers(0, 4)) else None
    return zone, (time_ms if change_ms is None else change_ms) + near_ms + draw(st.sampled_from((0, 0, 1, 30_000)))


def minutes_from(time_ms: int) -> Iterator[int]:
    """Yield each whole minute at or after a time, without end."""
    minute_ms = -(-time_ms // MINUTE_MS) * MINUTE_MS
    while True:
        yield minute_ms
        minute_ms += MINUTE_MS


def comings(from_ms: int, zone: ZoneInfo, minute_of_day: int) -> Iterator[tuple[int, date]]:
    """Yield each moment at which a date's time of day has come, and the date, without end.

    It has come once the latest the clock ever showed is that time or later. Dates of which no minute was shown are
    passed over.
    """
    latest = shown(from_ms - 2 * DAY_MS, zone)
    for minute_ms in minutes_from(from_ms - 2 * DAY_MS):
        before, latest = latest, max(latest, shown(minute_ms, zone))
        if latest == before:
            continue
        first = before.date()
        for on in (first + timedelta(days=days) for days in range((latest.date() - first).days + 1)):
            begins = datetime.combine(on, datetime.min.time())
            is_left_out = before < begins and latest >= begins + timedelta(days=1)
            if (
                before < begins + timedelta(minutes=minute_of_day) <= latest
                and not is_left_out
                and minute_ms >= from_ms
            ):
                yield minute_ms, on
