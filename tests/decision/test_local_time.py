from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision import local_time
from stream.decision.local_time import period_begins_ms, period_number, zone_reader
from stream.model.profile import new_profile
from tests.decision.story import D, H, M, Story, config, shown
from tests.properties import local_oracle
from tests.properties.histories import modest

TIMES = st.integers(0, 90 * 365 * D)
ZONES = st.sampled_from(
    (
        *("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Kiritimati"),
        *(
            "America/Sao_Paulo",
            "Pacific/Apia",
            "America/St_Johns",
            "Antarctica/Casey",
            "America/Havana",
            "Africa/Monrovia",
        ),
    )
)
PERIODS = st.sampled_from(("day", "week", "month", "quarter", "year"))


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000


@modest
@given(TIMES, ZONES, PERIODS)
def test_every_time_lies_in_its_period_and_the_next_begins_where_that_ends(now_ms: int, zone: str, every: str) -> None:
    its = ZoneInfo(zone)
    number = period_number(now_ms, its, every)
    begins_ms, ends_ms = period_begins_ms(number, its, every), period_begins_ms(number + 1, its, every)
    assert begins_ms <= now_ms < ends_ms
    assert period_number(begins_ms, its, every) == number == period_number(ends_ms - 1, its, every)
    assert local_oracle.begin(local_oracle.local_date(begins_ms, zone), every) == local_oracle.local_date(
        begins_ms, zone
    )


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2024-03-31", 23),  # the clock skips an hour
        ("Europe/Berlin", "2024-10-27", 25),  # and shows one twice
        ("America/Sao_Paulo", "2018-11-04", 23),  # it skips midnight
        ("America/Havana", "2024-11-03", 25),  # midnight comes twice: the first begins the day
        ("Australia/Lord_Howe", "2024-04-07", 24.5),
        ("America/St_Johns", "2010-11-07", 25),  # a minute after midnight it goes back to the day before
    ],
)
def test_a_day_on_which_the_clock_is_changed_is_longer_or_shorter(zone: str, day: str, hours: float) -> None:
    its, number = ZoneInfo(zone), (date.fromisoformat(day) - date(1970, 1, 1)).days
    begins_ms = period_begins_ms(number, its, "day")
    assert period_begins_ms(number + 1, its, "day") - begins_ms == hours * H
    assert all(
        period_number(at_ms, its, "day") == number for at_ms in range(begins_ms, begins_ms + int(hours * H), 10 * M)
    )


def test_a_day_that_a_zone_left_out_has_no_time() -> None:
    its, left_out = ZoneInfo("Pacific/Apia"), (date(2011, 12, 30) - date(1970, 1, 1)).days
    assert period_begins_ms(left_out, its, "day") == period_begins_ms(left_out + 1, its, "day")


def test_quarters_and_years_begin_where_people_say() -> None:
    its, at_ms = ZoneInfo("Europe/Berlin"), ms("2024-05-17T12:00:00+02:00")
    assert period_begins_ms(period_number(at_ms, its, "quarter"), its, "quarter") == ms("2024-04-01T00:00:00+02:00")
    assert period_begins_ms(period_number(at_ms, its, "year"), its, "year") == ms("2024-01-01T00:00:00+01:00")
    assert period_begins_ms(period_number(at_ms, its, "week"), its, "week") == ms("2024-05-13T00:00:00+02:00")


@modest
@given(TIMES, st.sampled_from(("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati")))
def test_weekday_month_and_hour_are_what_the_clock_on_the_wall_shows(now_ms: int, zone: str) -> None:
    its = ZoneInfo(zone)
    wall = datetime.fromtimestamp(now_ms // 1_000, UTC).astimezone(its)
    assert local_time.weekday(now_ms, its) == wall.strftime("%A").lower()
    assert local_time.month(now_ms, its) == wall.strftime("%B").lower()
    assert local_time.hour(now_ms, its) == wall.hour


def test_the_zone_is_the_users_own_word_else_the_latest_call_else_the_setting() -> None:
    profile, zone_of = new_profile("u"), zone_reader("Asia/Tokyo")
    assert zone_of(profile).key == "Asia/Tokyo"
    profile.zone = "America/New_York"
    assert zone_of(profile).key == "America/New_York"
    profile.identity["timezone"] = "Mars/Olympus"
    assert zone_of(profile).key == "America/New_York"
    profile.identity["timezone"] = "Europe/Berlin"
    assert zone_of(profile).key == "Europe/Berlin"


WEEKEND = """weekend: {count: viewed, where: "weekday(at) in ('saturday', 'sunday')"}\n"""


@pytest.mark.parametrize(("at_ms", "counted"), [(2 * D - 1, 0), (2 * D, 1), (4 * D - 1, 1), (4 * D, 0)])
def test_an_occurrence_counts_on_the_weekdays_named(at_ms: int, counted: int) -> None:
    story = Story(config(WEEKEND))  # it begins on a Thursday
    story.tell(at_ms, "viewed")
    assert story.value("weekend", at_ms) == counted


def test_weekdays_are_those_of_the_zone_known_when_the_event_came() -> None:
    story = Story(config(WEEKEND))
    story.tell(2 * D, "identify", timezone="America/New_York")
    story.tell(2 * D, "viewed")
    story.tell(2 * D + 5 * H, "viewed")
    story.tell(2 * D + 5 * H, "identify", timezone="Asia/Tokyo")
    assert story.value("weekend", 2 * D + 5 * H) == 1


def test_seasons_hours_and_months_select_occurrences_and_the_unknown_is_none_of_them() -> None:
    traits = (
        "late: {count: viewed, where: hour(at) >= 22}\n"
        "holidays: {count: viewed, where: 'during(at, new_year)'}\n"
        "jan: {count: measured, where: month(t) == 'january'}\n"
    )
    story = Story(config(traits))
    for at_ms in (21 * H, 22 * H, 2 * D - 1, 2 * D):
        story.tell(at_ms, "viewed")
    story.tell(2 * D, "measured")
    story.tell(2 * D, "measured", t=31 * D - 1)
    story.tell(2 * D, "measured", t=31 * D)
    assert [story.value(name, 2 * D) for name in ("late", "holidays", "jan")] == [2, 3, 1]


def test_a_condition_on_a_traits_time_is_asked_again_when_the_zone_changes() -> None:
    story = Story(config("at_last: {last: viewed.at}\n", {"thursday": "weekday(at_last) == 'thursday'"}))
    assert shown(story.tell(H, "viewed")) == [(H, "entered thursday")]
    moved = story.event(2 * H, "closed")
    moved.zone = "America/New_York"
    (left,) = story.hear(moved)
    assert (left.change, left.why.leaves[0].value, left.why.leaves[0].threshold) == ("exited", "wednesday", "thursday")
    assert shown(story.tell(3 * H, "identify", timezone="Asia/Tokyo")) == [(3 * H, "entered thursday")]
    again = story.event(4 * H, "closed")
    again.zone = "America/Los_Angeles"
    assert story.hear(again) == []  # their own word goes first


def test_what_a_value_may_be_is_explained() -> None:
    story = Story(config("", {"abroad": "country in ('fr', 'de') and cart.total not in (0, 5)"}))
    story.tell(0, "product_added", product_id="a", price=700)
    (entered,) = story.tell(0, "identify", country="de")
    shown_leaves = [(leaf.value, leaf.threshold, leaf.holds) for leaf in entered.why.leaves]
    assert shown_leaves == [("de", "fr, de", True), ("7.00 USD", "0.00 USD, 5.00 USD", False)]


def test_days_are_numbered_alike_by_every_way() -> None:
    its = ZoneInfo("Europe/Berlin")
    for day in range(0, 20_000, 17):
        at_ms = day * D + 12 * H
        assert local_time.local_day(at_ms, its) == date(1970, 1, 1) + timedelta(days=day)
