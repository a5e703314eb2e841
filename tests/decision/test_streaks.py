import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.streaks import RUNS_KEPT
from tests.decision.story import D, H, Story, config, shown
from tests.properties import local_oracle
from tests.properties.histories import modest

DAILY = "days: {streak: viewed}\n"
WEEKLY = "weeks: {streak: viewed, every: week}\n"


def seen(traits: str, *at_ms: int) -> Story:
    story = Story(config(traits))
    for time_ms in at_ms:
        story.tell(time_ms, "viewed")
    return story


def test_a_streak_counts_days_in_a_row_and_each_once() -> None:
    story = seen(DAILY, H, 2 * H, D, 2 * D + 23 * H)
    assert story.value("days", 2 * D + 23 * H) == 3


def test_a_streak_lasts_to_the_end_of_the_day_after() -> None:
    story = seen(DAILY, H, D + H)
    assert story.reading("days", D + H) == (2, 3 * D)
    assert story.value("days", 3 * D - 1) == 2
    assert story.value("days", 3 * D) == 0


def test_a_day_left_out_begins_anew() -> None:
    assert seen(DAILY, H, D + H, 3 * D + H).value("days", 3 * D + H) == 1


@pytest.mark.parametrize(("late_ms", "days"), [(2 * D, 5), (5 * D, 2), (4 * D + 5, 2)])
def test_a_late_event_joins_what_it_bridges(late_ms: int, days: int) -> None:
    assert seen(DAILY, 0, D, 3 * D, 4 * D, late_ms).value("days", 5 * D) == days + (late_ms == 5 * D)


def test_weeks_begin_on_monday() -> None:
    monday = 4 * D  # 5 January 1970
    story = seen(WEEKLY, monday - 1, monday)
    assert story.reading("weeks", monday) == (2, monday + 14 * D)
    assert story.value("weeks", monday + 14 * D) == 0


def test_days_are_those_of_the_users_time_zone() -> None:
    story = Story(config(DAILY))
    story.tell(0, "identify", timezone="America/New_York")
    story.tell(D + 3 * H, "viewed")
    story.tell(D + 6 * H, "viewed")
    assert story.reading("days", D + 6 * H) == (2, 3 * D + 5 * H)


def test_a_segment_by_a_streak_is_left_by_time_alone_and_told_another_zone_asked_again() -> None:
    story = Story(config(DAILY, {"daily": "days >= 2", "lazy": "days < 2"}))
    assert shown(story.tell(0, "viewed")) == [(0, "entered lazy")]
    assert story.profile().due_ms > 99 * D  # a streak too short does not grow by itself
    assert shown(story.tell(D, "viewed")) == [(D, "entered daily"), (D, "exited lazy")]
    assert shown(story.wait(3 * D - 1)) == []
    assert story.tell(3 * D - 1, "identify", timezone="America/New_York") == []
    assert shown(story.wait(9 * D)) == [(3 * D + 5 * H, "exited daily"), (3 * D + 5 * H, "entered lazy")]


def test_only_the_latest_runs_are_kept() -> None:
    story = seen(DAILY, *(2 * day * D for day in range(5 * RUNS_KEPT)))
    (state,) = story.profile().traits.values()
    assert len(state.firsts) == len(state.lasts) == RUNS_KEPT


@modest
@given(st.lists(st.integers(0, 2 * RUNS_KEPT - 1), max_size=25), st.integers(0, 3), st.sampled_from(("day", "week")))
def test_a_streak_is_what_counting_the_days_gives_in_whatever_order_they_came(
    days: list[int], later: int, every: str
) -> None:
    step = 1 if every == "day" else 7
    at_ms = [day * step * D for day in days]
    story = seen(f"x: {{streak: viewed, every: {every}}}\n", 0, *at_ms)
    now_ms = max([0, *at_ms]) + later * step * D
    expected = local_oracle.streak([(time_ms, None) for time_ms in [0, *at_ms]], now_ms, None, every)
    value, until_ms = story.reading("x", now_ms)
    assert value == expected
    if value:
        assert (story.value("x", until_ms - 1), story.value("x", until_ms)) == (value, 0)
