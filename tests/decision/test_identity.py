import pytest

from tests.decision.story import D, H, Story, config, shown

NOON_1_MARCH_2023 = 1_677_672_000_000
BIRTHDAY = {"party": "days_to(birthday) <= 7"}


def test_what_users_say_of_themselves_can_be_asked_for() -> None:
    story = Story(config("", {"german": "country == 'DE' and age >= 18"}))
    assert story.tell(0, "identify", country="DE") == []
    assert shown(story.tell(1, "identify", age=18)) == [(1, "entered german")]
    assert shown(story.tell(2, "identify", country="AT")) == [(2, "exited german")]


def test_what_nobody_said_is_unknown() -> None:
    story = Story(config("", {"abroad": "country != 'DE'", "untold": "not known(country)"}))
    assert shown(story.tell(0, "viewed")) == [(0, "entered untold")]


def test_a_trait_may_be_computed_from_it() -> None:
    traits = "is_adult: {value: age >= 18}\nviews: {count: viewed}\n"
    story = Story(config(traits, {"audience": "is_adult and views >= 1"}))
    story.tell(0, "viewed")
    assert shown(story.tell(1, "identify", age=20)) == [(1, "entered audience")]


def test_a_time_they_told_can_be_waited_for() -> None:
    story = Story(config("", {"renewing": "until(renews_at) <= 3d and until(renews_at) > 0s"}))
    story.tell(0, "identify", renews_at=10 * D)
    assert shown(story.wait(20 * D)) == [(7 * D, "entered renewing"), (10 * D, "exited renewing")]


@pytest.mark.parametrize(
    ("zone", "entered_h", "exited_h"), [("UTC", 12, 204), ("Europe/Berlin", 11, 203), ("America/New_York", 17, 209)]
)
def test_a_birthday_comes_near_and_passes_at_local_midnight(zone: str, entered_h: int, exited_h: int) -> None:
    story, begin = Story(config("", BIRTHDAY)), NOON_1_MARCH_2023
    assert story.tell(begin, "identify", birthday="1990-03-09", timezone=zone) == []
    hours = [((one.at_ms - begin) // H, one.change) for one in story.wait(begin + 30 * D)]
    assert hours == [(entered_h, "entered"), (exited_h, "exited")]


def test_who_is_told_another_zone_has_their_birthday_elsewhere() -> None:
    story, begin = Story(config("", {"today": "days_to(birthday) == 0"})), NOON_1_MARCH_2023
    assert shown(story.tell(begin, "identify", birthday="1990-03-02")) == []
    assert shown(story.tell(begin, "identify", timezone="Pacific/Auckland")) == [(begin, "entered today")]


@pytest.mark.parametrize("told", ["soon", "", "1990-02-30", "1990", "1990-2-3"])
def test_what_is_no_date_is_unknown(told: str) -> None:
    story = Story(config("", BIRTHDAY))
    assert story.tell(0, "identify", birthday=told) == []
    assert story.reading("days_to(birthday)", 0)[0] is None


def test_an_unknown_zone_is_taken_for_utc() -> None:
    story = Story(config("", BIRTHDAY))
    story.tell(NOON_1_MARCH_2023, "identify", birthday="1990-03-03", timezone="../etc/passwd")
    assert story.value("days_to(birthday)", NOON_1_MARCH_2023) == 2


@pytest.mark.parametrize(
    ("day", "days"), [("1990-03-01", 0), ("1990-02-28", 364), ("1992-02-29", 365), ("1990-03-02", 1)]
)
def test_days_to_a_date_count_to_its_anniversary(day: str, days: int) -> None:
    story = Story(config("", BIRTHDAY))
    story.tell(NOON_1_MARCH_2023, "identify", birthday=day)
    assert story.value("days_to(birthday)", NOON_1_MARCH_2023) == days


def test_the_29th_of_february_is_the_28th_where_there_is_none() -> None:
    story = Story(config("", {"today": "days_to(birthday) == 0"}))
    story.tell(NOON_1_MARCH_2023, "identify", birthday="1992-02-29")
    turned = [(one.at_ms // D, one.change) for one in story.wait(NOON_1_MARCH_2023 + 800 * D)]
    leap, common = 19_782, 20_147  # 2024-02-29 and 2025-02-28, in days since 1970
    assert turned == [(leap, "entered"), (leap + 1, "exited"), (common, "entered"), (common + 1, "exited")]
