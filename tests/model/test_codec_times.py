"""Times as text and numbers."""

import pytest

from stream.model.times import END_OF_TIME_MS, parse_rfc3339, parse_time, shown_time


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2017-11-25T01:21:10Z", 1_511_572_870_000),
        ("2017-11-25t01:21:10z", 1_511_572_870_000),
        ("2017-11-25 01:21:10Z", 1_511_572_870_000),
        ("2017-11-25T09:21:10+08:00", 1_511_572_870_000),
        ("2017-11-24T19:51:10-05:30", 1_511_572_870_000),
        ("2017-11-25T01:21:10.1Z", 1_511_572_870_100),
        ("2017-11-25T01:21:10.1239999999Z", 1_511_572_870_123),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("2017-01-01T00:59:60.5+01:00", 1_483_228_800_500),
        ("2016-02-29T00:00:00Z", 1_456_704_000_000),
    ],
)
def test_rfc3339_with_any_offset_and_fraction(text: str, time_ms: int) -> None:
    assert parse_rfc3339(text) == time_ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2017-11-25",
        "2017-11-25T01:21:10",
        "2017-11-25T01:21Z",
        "20171125T012110Z",
        "2017-02-29T00:00:00Z",
        "2017-11-25T24:00:00Z",
        "2017-11-25T01:21:10,5Z",
        "2017-11-25T01:21:10.Z",
        "2017-11-25T01:21:10Z ",
        "２017-11-25T01:21:10Z",
        "2017-11-25T01:21:10+0530",
        "2017-W47-6T01:21:10Z",
        "2017-11-25T01:21:61Z",
    ],
)
def test_what_is_not_rfc3339_or_has_no_offset(text: str) -> None:
    assert parse_rfc3339(text) is None


def test_epoch_milliseconds_as_integer_and_as_float_cut_off() -> None:
    assert parse_time(1_511_572_870_000) == 1_511_572_870_000
    assert parse_time(1_511_572_870_000.9) == 1_511_572_870_000


def test_times_lie_from_1970_to_before_2200() -> None:
    assert parse_time(0) == 0
    assert parse_time(-1) is None
    assert parse_time(END_OF_TIME_MS - 1) == END_OF_TIME_MS - 1
    assert parse_time(END_OF_TIME_MS) is None
    assert parse_time("2199-12-31T23:59:59.999Z") == END_OF_TIME_MS - 1
    assert parse_time("2200-01-01T00:00:00Z") is None
    assert parse_time(float("nan")) is None
    assert parse_time(True) is None


def test_a_time_is_shown_with_its_milliseconds_only_where_it_has_some() -> None:
    assert shown_time(1_511_572_870_000) == "2017-11-25T01:21:10Z"
    assert shown_time(1_511_572_870_007) == "2017-11-25T01:21:10.007Z"
