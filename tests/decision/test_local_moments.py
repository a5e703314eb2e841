from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.local_moments import local_moment_ms, next_time_of_day_ms, next_weekday_ms
from stream.decision.offsets import stretches_of
from stream.definitions.expressions import WEEKDAYS
from tests.properties import clock_walk
from tests.properties.clock_walk import DAY_MS, MINUTE_OF_DAY, zones_and_times
from tests.properties.histories import modest


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1_000)


def minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


@pytest.mark.parametrize(
    ("zone", "on", "at", "moment"),
    [
        ("Europe/Berlin", "2024-03-31", "01:59", "2024-03-31T01:59:00+01:00"),
        ("Europe/Berlin", "2024-03-31", "02:00", "2024-03-31T03:00:00+02:00"),  # skipped: at the end of the gap
        ("Europe/Berlin", "2024-03-31", "02:30", "2024-03-31T03:00:00+02:00"),
        ("Europe/Berlin", "2024-03-31", "03:00", "2024-03-31T03:00:00+02:00"),
        ("Europe/Berlin", "2024-03-31", "03:01", "2024-03-31T03:01:00+02:00"),
        ("Europe/Berlin", "2024-10-27", "01:59", "2024-10-27T01:59:00+02:00"),
        ("Europe/Berlin", "2024-10-27", "02:00", "2024-10-27T02:00:00+02:00"),  # comes twice: the first
        ("Europe/Berlin", "2024-10-27", "02:59", "2024-10-27T02:59:00+02:00"),
        ("Europe/Berlin", "2024-10-27", "03:00", "2024-10-27T03:00:00+01:00"),
        ("America/New_York", "2024-03-10", "02:30", "2024-03-10T03:00:00-04:00"),
        ("America/New_York", "2024-11-03", "01:30", "2024-11-03T01:30:00-04:00"),
        ("Australia/Lord_Howe", "2024-10-06", "02:15", "2024-10-06T02:30:00+11:00"),  # a gap of half an hour
        ("Australia/Lord_Howe", "2024-04-07", "01:45", "2024-04-07T01:45:00+11:00"),
        ("America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T01:00:00-02:00"),  # midnight is skipped
        ("America/Sao_Paulo", "2018-11-03", "23:59", "2018-11-03T23:59:00-03:00"),
        ("America/Nuuk", "2024-03-30", "23:30", "2024-03-31T00:00:00-01:00"),  # skipped up to the end of the day
        ("America/St_Johns", "2010-11-07", "00:00", "2010-11-07T00:00:00-02:30"),  # midnight comes twice
        ("Pacific/Apia", "2011-12-30", "09:00", "2011-12-31T00:00:00+14:00"),  # a date that was left out
        ("Pacific/Apia", "2011-12-31", "09:00", "2011-12-31T09:00:00+14:00"),
        ("Africa/Monrovia", "1971-06-01", "09:00", "1971-06-01T09:00:00-00:44:30"),
    ],
)
def test_a_date_has_each_time_of_the_day_once(zone: str, on: str, at: str, moment: str) -> None:
    assert local_moment_ms(date.fromisoformat(on), ZoneInfo(zone), minute(at)) == ms(moment)


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        ("2024-05-17T08:59:59.999+02:00", "2024-05-17T09:00:00+02:00"),
        ("2024-05-17T09:00:00+02:00", "2024-05-17T09:00:00+02:00"),
        ("2024-05-17T09:00:00.001+02:00", "2024-05-18T09:00:00+02:00"),
        ("2024-03-30T09:00:00.001+01:00", "2024-03-31T09:00:00+02:00"),  # 23 hours later
        ("2024-10-26T09:00:00.001+02:00", "2024-10-27T09:00:00+01:00"),  # 25 hours later
    ],
)
def test_the_next_nine_o_clock_is_today_up_to_nine_and_tomorrow_after(now: str, moment: str) -> None:
    assert next_time_of_day_ms(ms(now), BERLIN, minute("09:00")) == ms(moment)


def test_who_is_past_the_first_half_past_two_waits_for_the_next_day() -> None:
    first_ms = ms("2024-10-27T02:30:00+02:00")
    assert next_time_of_day_ms(first_ms, BERLIN, minute("02:30")) == first_ms
    for past in ("2024-10-27T02:30:00.001+02:00", "2024-10-27T02:10:00+01:00", "2024-10-27T02:30:00+01:00"):
        assert next_time_of_day_ms(ms(past), BERLIN, minute("02:30")) == ms("2024-10-28T02:30:00+01:00")


def test_a_skipped_time_is_the_end_of_the_gap_and_then_that_of_the_next_day() -> None:
    end_ms = ms("2024-03-31T03:00:00+02:00")
    assert next_time_of_day_ms(ms("2024-03-31T01:59:59+01:00"), BERLIN, minute("02:30")) == end_ms
    assert next_time_of_day_ms(end_ms, BERLIN, minute("02:30")) == end_ms
    assert next_time_of_day_ms(end_ms + 1, BERLIN, minute("02:30")) == ms("2024-04-01T02:30:00+02:00")


def test_a_time_skipped_up_to_midnight_is_the_midnight() -> None:
    nuuk, midnight_ms = ZoneInfo("America/Nuuk"), ms("2024-03-31T00:00:00-01:00")
    assert next_time_of_day_ms(midnight_ms, nuuk, minute("23:30")) == midnight_ms
    assert next_time_of_day_ms(midnight_ms + 1, nuuk, minute("23:30")) == ms("2024-03-31T23:30:00-01:00")
    assert next_weekday_ms(midnight_ms - 1, nuuk, ["saturday"], minute("23:30")) == midnight_ms
    assert next_weekday_ms(midnight_ms + 1, nuuk, ["saturday"], minute("23:30")) == ms("2024-04-06T23:30:00-01:00")


def test_a_date_that_was_left_out_does_not_come_as_a_day_or_a_weekday() -> None:
    apia, past_ms = ZoneInfo("Pacific/Apia"), ms("2011-12-29T09:00:00.001-10:00")
    assert next_time_of_day_ms(past_ms, apia, minute("09:00")) == ms("2011-12-31T09:00:00+14:00")
    assert next_weekday_ms(past_ms, apia, ["friday"], minute("09:00")) == ms("2012-01-06T09:00:00+14:00")
    assert next_weekday_ms(past_ms, apia, ["saturday"], minute("09:00")) == ms("2011-12-31T09:00:00+14:00")
    assert next_time_of_day_ms(past_ms, apia, minute("00:00")) == ms("2011-12-31T00:00:00+14:00")


@pytest.mark.parametrize(
    ("now", "weekdays", "moment"),
    [
        ("2024-05-17T10:00:00+02:00", ["friday"], "2024-05-17T10:00:00+02:00"),  # it is a Friday
        ("2024-05-17T10:00:00.001+02:00", ["friday"], "2024-05-24T10:00:00+02:00"),
        ("2024-05-17T10:00:00.001+02:00", ["friday", "monday"], "2024-05-20T10:00:00+02:00"),
        ("2024-05-16T22:00:00.001Z", ["thursday"], "2024-05-23T10:00:00+02:00"),  # in Berlin it is Friday already
        ("2024-05-16T21:59:59.999Z", ["thursday"], "2024-05-23T10:00:00+02:00"),
        ("2024-05-16T07:59:59.999Z", ["thursday"], "2024-05-16T10:00:00+02:00"),
    ],
)
def test_the_next_weekday_is_today_up_to_its_time_and_a_week_later_after(
    now: str, weekdays: list[str], moment: str
) -> None:
    assert next_weekday_ms(ms(now), BERLIN, weekdays, minute("10:00")) == ms(moment)


@pytest.mark.parametrize("weekdays", [(), ("someday",)])
def test_without_a_weekday_there_is_no_next_one(weekdays: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no weekday among"):
        next_weekday_ms(0, BERLIN, weekdays, 0)


@modest
@given(zones_and_times(), MINUTE_OF_DAY)
def test_the_next_time_of_day_is_what_a_walk_by_minutes_comes_to(where: tuple[ZoneInfo, int], at: int) -> None:
    zone, now_ms = where
    assert next_time_of_day_ms(now_ms, zone, at) == next(clock_walk.comings(now_ms, zone, at))[0]


@modest
@given(zones_and_times(), st.sets(st.sampled_from(WEEKDAYS), min_size=1), MINUTE_OF_DAY)
def test_the_next_weekday_is_what_a_walk_by_minutes_comes_to(
    where: tuple[ZoneInfo, int], weekdays: set[str], at: int
) -> None:
    zone, now_ms = where
    walked = (ms for ms, on in clock_walk.comings(now_ms, zone, at) if on.strftime("%A").lower() in weekdays)
    assert next_weekday_ms(now_ms, zone, weekdays, at) == next(walked)


@modest
@given(zones_and_times(), MINUTE_OF_DAY)
def test_going_on_after_each_time_of_day_comes_to_each_date_once(where: tuple[ZoneInfo, int], at: int) -> None:
    zone, now_ms = where
    came = []
    for _ in range(3):
        now_ms = next_time_of_day_ms(now_ms, zone, at) + 1
        came.append(now_ms - 1)
    walk = clock_walk.comings(where[1], zone, at)
    assert came == [next(walk)[0] for _ in range(3)]


@modest
@given(zones_and_times())
def test_the_stretches_of_a_day_follow_one_another_and_show_what_the_clock_shows(where: tuple[ZoneInfo, int]) -> None:
    zone, day = where[0], where[1] // DAY_MS
    stretches = stretches_of(day, zone)
    assert [stretch.starts_ms for stretch in stretches] == [day * DAY_MS, *(x.ends_ms for x in stretches[:-1])]
    assert stretches[-1].ends_ms == (day + 1) * DAY_MS
    for starts_ms, ends_ms, ahead_ms in stretches:
        for at_ms in (starts_ms, (starts_ms + ends_ms) // 2 // 1_000 * 1_000, ends_ms - 1_000):
            wall = datetime.fromtimestamp(at_ms // 1_000, UTC).astimezone(zone).replace(tzinfo=UTC)
            assert wall == datetime.fromtimestamp(at_ms // 1_000, UTC) + timedelta(milliseconds=ahead_ms)
