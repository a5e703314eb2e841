from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.hours import HOURS, hour_of_week, hours_between, shown_hour
from tests.decision.story import D, H, M
from tests.decision.test_local_time import TIMES, ZONES, ms
from tests.properties.histories import modest


def wall(time_ms: int, zone: str) -> datetime:
    return datetime.fromtimestamp(time_ms // 1_000, UTC).astimezone(ZoneInfo(zone))


@modest
@given(TIMES, ZONES)
def test_the_hour_of_the_week_is_what_calendar_and_clock_on_the_wall_show(now_ms: int, zone: str) -> None:
    shown = wall(now_ms, zone)
    assert hour_of_week(now_ms, ZoneInfo(zone)) == shown.weekday() * 24 + shown.hour


@modest
@given(TIMES, ZONES, st.integers(0, 3 * D))
def test_hours_come_in_order_within_their_bounds_and_never_more_than_one_apart(
    now_ms: int, zone: str, within_ms: int
) -> None:
    its, before_ms = ZoneInfo(zone), now_ms
    for begins_ms, hour in hours_between(now_ms, now_ms + within_ms, its):
        assert before_ms < begins_ms <= min(before_ms + H, now_ms + within_ms)
        assert hour == hour_of_week(begins_ms, its)
        before_ms = begins_ms
    assert now_ms + within_ms - before_ms < H


@pytest.mark.parametrize(("until_ms", "count"), [(2 * H - 1, 1), (2 * H, 2)])
def test_an_hour_that_begins_at_the_end_of_the_time_is_in_it(until_ms: int, count: int) -> None:
    assert len(list(hours_between(0, until_ms, ZoneInfo("UTC")))) == count


def hours_of(zone: str, after: str, until: str) -> list[str]:
    return [f"{wall(at_ms, zone):%H:%M}" for at_ms, _ in hours_between(ms(after), ms(until), ZoneInfo(zone))]


def test_the_hour_that_the_clock_skips_does_not_come_and_the_one_shown_twice_comes_twice() -> None:
    skipped = hours_of("Europe/Berlin", "2024-03-31T00:30:00+01:00", "2024-03-31T04:30:00+02:00")
    assert skipped == ["01:00", "03:00", "04:00"]
    twice = hours_of("Europe/Berlin", "2024-10-27T00:30:00+02:00", "2024-10-27T03:30:00+01:00")
    assert twice == ["01:00", "02:00", "02:00", "03:00"]


def test_where_the_clock_goes_half_an_hour_forward_the_hour_begins_in_its_middle() -> None:
    assert hours_of("Australia/Lord_Howe", "2024-10-06T01:15:00+10:30", "2024-10-06T04:00:00+11:00") == [
        "02:30",
        "03:00",
        "04:00",
    ]


def test_hours_of_zones_a_quarter_off_begin_at_their_own_full_hours() -> None:
    assert hours_of("Asia/Kathmandu", "2024-06-01T10:44:00+05:45", "2024-06-01T12:00:00+05:45") == ["11:00", "12:00"]
    assert (ms("2024-06-01T11:00:00+05:45") % H) // M == 15


def test_hours_are_written_as_people_write_them() -> None:
    assert [shown_hour(0), shown_hour(42), shown_hour(HOURS - 1)] == [
        "Monday 00:00-01:00",
        "Tuesday 18:00-19:00",
        "Sunday 23:00-24:00",
    ]
