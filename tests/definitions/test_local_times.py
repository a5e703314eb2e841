from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.definitions.expressions import WEEKDAYS
from stream.definitions.local_times import (
    date_slip,
    hours_slip,
    hours_text,
    parse_date,
    parse_hours,
    parse_time_of_day,
    parse_weekday,
    time_of_day_slip,
    time_of_day_text,
    weekday_slip,
)
from tests.properties.histories import modest


@pytest.mark.parametrize(("text", "minute"), [("00:00", 0), ("00:01", 1), ("09:00", 540), ("23:59", 1439)])
def test_a_time_of_day_is_hours_and_minutes(text: str, minute: int) -> None:
    assert parse_time_of_day(text) == minute
    assert time_of_day_text(minute) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9:00", "'9:00' is no time of day: write 09:00"),
        ("9", "'9' is no time of day: write 09:00"),
        ("9.00", "'9.00' is no time of day: write 09:00"),
        ("9h", "'9h' is no time of day: write 09:00"),
        ("9h30", "'9h30' is no time of day: write 09:30"),
        ("9am", "'9am' is no time of day: write 09:00"),
        ("9pm", "'9pm' is no time of day: write 21:00"),
        ("9:30 p.m.", "'9:30 p.m.' is no time of day: write 21:30"),
        ("12am", "'12am' is no time of day: write 00:00"),
        ("12 PM", "'12 PM' is no time of day: write 12:00"),
        ("13pm", "'13pm' is no time of day: write hours and minutes, as in 09:00"),
        ("0am", "'0am' is no time of day: write hours and minutes, as in 09:00"),
        ("0900", "'0900' is no time of day: write 09:00"),
        ("09:00:00", "'09:00:00' is no time of day: write 09:00"),
        ("09:00 ", "'09:00 ' is no time of day: write 09:00"),
        ("24:00", "'24:00' is no time of day: write 00:00"),
        ("24:01", "'24:01' is no time of day: they go from 00:00 to 23:59"),
        ("25:61", "'25:61' is no time of day: they go from 00:00 to 23:59"),
        ("09:60", "'09:60' is no time of day: they go from 00:00 to 23:59"),
        ("noon", "'noon' is no time of day: write 12:00"),
        ("Midnight", "'Midnight' is no time of day: write 00:00"),
        ("09:00Z", "'09:00Z' names a time zone, and times of day are those where the user is: write 09:00"),
        ("09:00 CET", "'09:00 CET' names a time zone, and times of day are those where the user is: write 09:00"),
        ("09:00+02:00", "'09:00+02:00' names a time zone, and times of day are those where the user is: write 09:00"),
        ("-09:00", "'-09:00' is no time of day: write hours and minutes, as in 09:00"),
        ("٠٩:٠٠", "'٠٩:٠٠' is no time of day: write hours and minutes, as in 09:00"),
        ("morning", "'morning' is no time of day: write hours and minutes, as in 09:00"),
        ("", "'' is no time of day: write hours and minutes, as in 09:00"),
    ],
)
def test_anything_else_is_no_time_of_day(text: str, said: str) -> None:
    assert parse_time_of_day(text) is None
    assert time_of_day_slip(text) == said


@pytest.mark.parametrize(
    ("text", "hours"),
    [("20:00-09:00", (1200, 540)), ("09:00-20:00", (540, 1200)), ("22:00-00:00", (1320, 0)), ("00:00-00:01", (0, 1))],
)
def test_hours_are_two_times_of_day(text: str, hours: tuple[int, int]) -> None:
    assert parse_hours(text) == hours
    assert hours_text(*hours) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("20:00–09:00", "'20:00–09:00' is no hours of the day: write 20:00-09:00"),
        ("20:00—09:00", "'20:00—09:00' is no hours of the day: write 20:00-09:00"),
        ("20:00 - 09:00", "'20:00 - 09:00' is no hours of the day: write 20:00-09:00"),
        ("20:00-9:00", "'20:00-9:00' is no hours of the day: write 20:00-09:00"),
        ("8pm to 9am", "'8pm to 9am' is no hours of the day: write 20:00-09:00"),
        ("from 20:00 until 09:00", "'from 20:00 until 09:00' is no hours of the day: write 20:00-09:00"),
        ("20:00..09:00", "'20:00..09:00' is no hours of the day: write 20:00-09:00"),
        ("20-9", "'20-9' is no hours of the day: write 20:00-09:00"),
        ("20:00-24:00", "'20:00-24:00' is no hours of the day: write 20:00-00:00"),
        ("20:00-25:00", "'25:00' is no time of day: they go from 00:00 to 23:59"),
        ("20:00-", "'' is no time of day: write hours and minutes, as in 09:00"),
        ("09:00-09:00", "'09:00-09:00' ends where it starts: write two times that differ, as in 20:00-09:00"),
        ("00:00-24:00", "'00:00-24:00' ends where it starts: write two times that differ, as in 20:00-09:00"),
        ("20:00", "'20:00' is no hours of the day: write when they start and end, as in 20:00-09:00"),
        (
            "20:00-09:00-10:00",
            "'20:00-09:00-10:00' is no hours of the day: write when they start and end, as in 20:00-09:00",
        ),
        ("at night", "'at night' is no hours of the day: write when they start and end, as in 20:00-09:00"),
        ("", "'' is no hours of the day: write when they start and end, as in 20:00-09:00"),
    ],
)
def test_anything_else_is_no_hours(text: str, said: str) -> None:
    assert parse_hours(text) is None
    assert hours_slip(text) == said


def test_weekdays_have_their_names() -> None:
    assert [parse_weekday(name) for name in WEEKDAYS] == list(WEEKDAYS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Monday", "'Monday' is no weekday: write monday"),
        ("MON", "'MON' is no weekday: write monday"),
        ("tue.", "'tue.' is no weekday: write tuesday"),
        ("thurs", "'thurs' is no weekday: write thursday"),
        ("fridays", "'fridays' is no weekday: write friday"),
        ("wensday", "'wensday' is no weekday: write wednesday"),
        ("7", "'7' is no weekday: write sunday"),
        ("0", "'0' is no weekday: write its name, as in monday"),
        ("weekend", "'weekend' is no weekday: write [saturday, sunday]"),
        ("working days", "'working days' is no weekday: write [monday, tuesday, wednesday, thursday, friday]"),
        ("tomorrow", "'tomorrow' is no weekday: write its name, as in monday"),
        ("", "'' is no weekday: write its name, as in monday"),
    ],
)
def test_anything_else_is_no_weekday(text: str, said: str) -> None:
    assert parse_weekday(text) is None
    assert weekday_slip(text) == said


@pytest.mark.parametrize("text", ["1970-01-01", "2024-02-29", "2026-11-27", "2199-12-31"])
def test_a_date_is_year_month_and_day(text: str) -> None:
    assert parse_date(text) == date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2023-02-29", "'2023-02-29' is no date: there is no such day"),
        ("2026-13-01", "'2026-13-01' is no date: there is no such day"),
        ("1969-12-31", "'1969-12-31' is no year of ours: dates go from 1970 to 2199"),
        ("2200-01-01", "'2200-01-01' is no year of ours: dates go from 1970 to 2199"),
        ("27.11.2026", "'27.11.2026' is no date: write 2026-11-27"),
        ("7.1.2026", "'7.1.2026' is no date: write 2026-01-07"),
        ("11/27/2026", "'11/27/2026' is no date: write 2026-11-27"),
        ("27/11/2026", "'27/11/2026' is no date: write 2026-11-27"),
        ("11/11/2026", "'11/11/2026' is no date: write 2026-11-11"),
        ("11/12/2026", "'11/12/2026' is no date: write year, month and day, as in 2026-11-27"),  # either may be meant
        ("2026/11/27", "'2026/11/27' is no date: write 2026-11-27"),
        ("2026-1-7", "'2026-1-7' is no date: write 2026-01-07"),
        ("20261127", "'20261127' is no date: write 2026-11-27"),
        ("2026-11-27T09:00", "'2026-11-27T09:00' is more than a date: write 2026-11-27"),
        ("11-27", "'11-27' is no date: write year, month and day, as in 2026-11-27"),
        ("2026-W48-5", "'2026-W48-5' is no date: write year, month and day, as in 2026-11-27"),
        ("black friday", "'black friday' is no date: write year, month and day, as in 2026-11-27"),
    ],
)
def test_anything_else_is_no_date(text: str, said: str) -> None:
    assert parse_date(text) is None
    assert date_slip(text) == said


@modest
@given(st.text(max_size=12) | st.from_regex(r"\A\d{0,2}[:.h]?\d{0,2} ?([ap]m)?(-\d{0,2}:?\d{0,2})?\Z"))
def test_what_a_slip_proposes_is_right(text: str) -> None:
    for parse, slip in (
        (parse_time_of_day, time_of_day_slip),
        (parse_hours, hours_slip),
        (parse_date, date_slip),
        (parse_weekday, weekday_slip),
    ):
        if parse(text) is None:
            said = slip(text)
            assert said
            proposed = said.rpartition(": write ")[2]
            if " " not in proposed and proposed != said:
                assert parse(proposed) is not None or parse_time_of_day(proposed) is not None
