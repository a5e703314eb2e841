from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.replay.pages.charts import LEFT, TOP, chart, spark
from stream.replay.pages.wording import length, measured, moment, number, percent

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def points(text: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in text.split())]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=50))
def test_all_points_lie_inside_the_plot_and_the_marks_reach_over_them(values: list[int]) -> None:
    drawn = chart([HOUR_MS * n for n in range(len(values))], [("one", values)])
    assert all(LEFT <= x <= drawn.right and TOP <= y <= drawn.bottom for x, y in points(drawn.lines[0].points))
    assert int(drawn.up[-1].label.replace(",", "")) >= max(values)
    assert 2 <= len(drawn.up) <= 6
    assert all(0 <= x <= 120 and 0 <= y <= 26 for x, y in points(spark(values)))


def test_marks_are_round_and_days_are_labelled_by_their_date() -> None:
    start_ms = int(datetime(2017, 11, 24, 3, tzinfo=UTC).timestamp() * 1_000)
    axis_ms = [start_ms + 3 * HOUR_MS * n for n in range(78)]
    drawn = chart(axis_ms, [("members", [6 * n for n in range(78)])])
    assert [mark.label for mark in drawn.up] == ["0", "200", "400", "600"]
    assert [mark.label for mark in drawn.across] == ["25 Nov", "27 Nov", "29 Nov", "1 Dec", "3 Dec"]


def test_hours_are_labelled_where_there_are_no_days() -> None:
    drawn = chart([n * HOUR_MS for n in range(1, 5)], [("members", [0, 0, 0, 0])])
    assert [mark.label for mark in drawn.across] == ["1 Jan 01:00", "1 Jan 02:00", "1 Jan 03:00", "1 Jan 04:00"]
    assert [mark.label for mark in drawn.up] == ["0", "1"]


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.0004, "< 0.1 %"),
        (0.012, "1.2 %"),
        (0.5, "50 %"),
        (0.996, "99.6 %"),
        (0.9999, "> 99.9 %"),
    ],
)
def test_a_share_is_never_shown_as_all_or_nothing_unless_it_is(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_numbers_are_shown_with_what_matters() -> None:
    assert [number(value) for value in (0.0, 3.0, 1234567.0, 12.3456, 0.0123, 1234.5)] == [
        "0",
        "3",
        "1,234,567",
        "12.3",
        "0.0123",
        "1,234",
    ]
    assert [length(size_ms) for size_ms in (30, 5_400, 5_400_000, 61_539_100, 3 * DAY_MS + 5, 40.4 * DAY_MS)] == [
        "30ms",
        "5s",
        "1h30m",
        "17h",
        "3d",
        "40d",
    ]
    assert measured(123456, "money", "EUR") == "1234.56 EUR"
    assert (measured(2 * DAY_MS, "age", ""), measured(0.25, "known", "")) == ("2d ago", "25 %")
    assert (moment(None), moment(DAY_MS + 61_000)) == ("never", "1970-01-02 00:01")
