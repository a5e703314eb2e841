from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.local_time import LAG_MS, lag_ms
from stream.model.profile import NEVER, decode_profile, encode_profile
from tests.decision.story import D, H, M, Story, config, shown
from tests.properties import local_oracle
from tests.properties.histories import modest


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000


TODAY = "today: {count: viewed, this: day}\n"
MONTHS = "now: {sum: viewed.rating, this: month}\nbefore: {sum: viewed.rating, previous: 2 months}\n"


def test_a_count_of_today_begins_anew_at_midnight() -> None:
    story = Story(config(TODAY))
    for at_ms in (0, D - 1):
        story.tell(at_ms, "viewed")
    assert story.reading("today", D - 1) == (2, D)
    assert story.reading("today", D) == (0, NEVER)
    story.tell(D, "viewed")
    assert story.reading("today", D) == (1, 2 * D)


def test_previous_periods_are_whole_ones() -> None:
    story = Story(config(MONTHS))
    january, february, march, april = (
        ms("1971-01-10T00Z"),
        ms("1971-02-01T00Z"),
        ms("1971-03-01T00Z"),
        ms("1971-04-01T00Z"),
    )
    for at_ms, rating in ((january, 1), (february - 1, 2), (february, 4), (march, 8)):
        story.tell(at_ms, "viewed", rating=rating)
    assert story.reading("now", march) == (8, april)
    assert story.reading("before", march) == (7, april)
    assert story.reading("before", april) == (12, ms("1971-05-01T00Z"))
    assert story.reading("before", ms("1971-05-01T00Z")) == (8, ms("1971-06-01T00Z"))
    assert story.reading("before", ms("1971-06-01T00Z")) == (0, NEVER)


@pytest.mark.parametrize(
    ("zone", "day", "ends"),
    [
        ("Europe/Berlin", "2024-03-31T10:00+02:00", "2024-04-01T00:00+02:00"),
        ("Europe/Berlin", "2024-10-27T01:00+02:00", "2024-10-28T00:00+01:00"),
        ("America/Sao_Paulo", "2018-11-03T10:00-03:00", "2018-11-04T01:00-02:00"),
        ("America/Havana", "2024-11-02T10:00-04:00", "2024-11-03T00:00-04:00"),
    ],
)
def test_a_day_ends_when_the_next_begins_also_where_the_clock_is_changed(zone: str, day: str, ends: str) -> None:
    story = Story(config(TODAY, {"seen": "today >= 1"}))
    story.tell(ms(day) - 1, "identify", timezone=zone)
    story.tell(ms(day), "viewed")
    assert shown(story.wait(ms(ends) - 1)) == []
    assert shown(story.wait(ms(ends) + 9 * D)) == [(ms(ends), "exited seen")]


@pytest.mark.parametrize(
    ("option", "ends"),
    [
        ("this: week", "2024-05-20T00:00+02:00"),
        ("this: quarter", "2024-07-01T00:00+02:00"),
        ("this: year", "2025-01-01T00:00+01:00"),
        ("previous: day", "2024-05-19T00:00+02:00"),
        ("previous: 2 quarters", "2025-01-01T00:00+01:00"),
    ],
)
def test_each_kind_of_period_ends_with_the_users_calendar(option: str, ends: str) -> None:
    story = Story(config(f"x: {{count: viewed, {option}}}\n", {"seen": "x >= 1"}))
    at_ms = ms("2024-05-17T12:00+02:00")
    story.tell(at_ms - 1, "identify", timezone="Europe/Berlin")
    story.tell(at_ms, "viewed")
    *_, last = shown(story.outcomes + story.wait(at_ms + 400 * D))
    assert last == (ms(ends), "exited seen")


def test_who_moves_to_a_zone_where_it_is_still_yesterday_finds_yesterday_kept() -> None:
    story = Story(config(TODAY, {"seen": "today >= 1"}))
    story.tell(0, "identify", timezone="Asia/Tokyo")
    assert shown(story.tell(14 * H, "viewed")) == [(14 * H, "entered seen")]
    assert shown(story.wait(16 * H)) == [(15 * H, "exited seen")]
    assert shown(story.tell(16 * H, "identify", timezone="America/New_York")) == [(16 * H, "entered seen")]
    assert shown(story.tell(17 * H, "identify", timezone="Asia/Tokyo")) == [(17 * H, "exited seen")]


def test_what_was_done_tomorrow_waits_for_it() -> None:
    story = Story(config(TODAY, {"seen": "today >= 1"}))
    story.tell(0, "identify", timezone="Asia/Tokyo")
    story.tell(16 * H, "viewed")
    assert shown(story.tell(17 * H, "identify", timezone="America/New_York")) == [(17 * H, "exited seen")]
    assert shown(story.wait(9 * D)) == [(D + 5 * H, "entered seen"), (2 * D + 5 * H, "exited seen")]


def test_the_zone_of_a_calls_context_and_that_of_the_setting_serve_where_none_is_told() -> None:
    story = Story(config(TODAY))
    event = story.event(3 * H, "viewed")
    event.zone = "America/New_York"
    story.hear(event)
    assert story.reading("today", 3 * H) == (1, 5 * H)


def test_operators_over_periods() -> None:
    options = {
        "mean": "avg: viewed.rating",
        "least": "min: viewed.price",
        "first": "first: viewed.category",
        "kinds": "distinct: viewed.category",
        "favourite": "top: viewed.category",
        "categories": "set: viewed.category",
        "net": "count: viewed, minus: closed",
        "views": "count: viewed, by: category",
        "share": "rate: viewed, where: rating > 2, per: viewed",
    }
    story = Story(config("".join(f"{name}: {{{option}, this: week}}\n" for name, option in options.items())))
    story.tell(0, "viewed", rating=1, price=100, category="a")
    story.tell(4 * D, "viewed", rating=2, price=900, category="b")  # a Monday
    story.tell(5 * D, "viewed", rating=4, price=500, category="c")
    story.tell(6 * D, "viewed", category="c")
    story.tell(6 * D, "closed")
    texts = (
        "mean",
        "least",
        "first",
        "kinds",
        "favourite",
        "'c' in categories",
        "'a' in categories",
        "net",
        "views['c']",
    )
    assert [story.value(text, 6 * D) for text in texts] == [3.0, 500, "b", 2, "c", True, False, 2, 2]
    assert story.value("share", 6 * D) == 1 / 3
    assert all(story.reading(text, 6 * D)[1] == 11 * D for text in texts)
    assert [story.value(text, 11 * D) for text in texts] == [None, None, None, 0, None, False, False, 0, 0]


def test_users_are_spread_over_ten_minutes_after_midnight_but_what_is_new_counts_at_once() -> None:
    story = Story(config(TODAY, {"seen": "today >= 1"}), spread=True)
    for number in range(200):
        story.hear(story.event(H, "viewed", user=f"u{number}"))
    left = [outcome.at_ms - D for outcome in story.wait(2 * D)]
    assert len(left) == 200
    assert min(left) >= 0
    assert max(left) < LAG_MS
    assert max(sum(at // M == minute for at in left) for minute in range(10)) < 40
    late = next(user for user in story.profiles if lag_ms(story.profiles[user]) > M)
    story.hear(story.event(3 * D - 1, "viewed", user=late))
    story.outcomes.clear()
    assert shown(story.hear(story.event(3 * D, "viewed", user=late))) == []
    assert story.decider.program.readers["today"](story.profiles[late], 3 * D)[0] == 1


def test_what_is_kept_is_bounded_whatever_times_come() -> None:
    story = Story(config(MONTHS + "by: {count: viewed, by: category, previous: 3 days}\n"))
    for number in range(400):
        story.tell(number * 7 * H, "viewed", rating=1, category=f"c{number}")
        story.tell(number * 31 * D, "viewed", rating=1, category="late or early")
    states = story.profile().traits.values()
    assert all(len(state.numbers) <= 10 for state in states)
    assert all(state.kept == sum(map(len, state.tallies)) <= 256 for state in states if hasattr(state, "tallies"))


ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "America/Sao_Paulo",
    "Pacific/Apia",
)
EVERY = st.sampled_from(("day", "week", "month", "quarter", "year"))
EDGES = st.sampled_from(
    [ms(f"{day}T00Z") for day in ("2018-11-04", "2011-12-30", "2024-03-31", "2024-10-27", "2023-12-31")]
)
STEPS = st.sampled_from((0, 1, M, 9 * M, H, 5 * H, 11 * H, 23 * H, D, 6 * D, 27 * D, 80 * D))
TOLD = st.lists(st.tuples(STEPS, st.one_of(st.none(), st.sampled_from(ZONES))), min_size=1, max_size=9)


def expected(seen: list[tuple[int, str]], now_ms: int, zone: str, span: tuple[str, int], lag: int) -> int:
    return sum(local_oracle.in_periods(seen, now_ms, zone, span, lag))


@modest
@given(EDGES, TOLD, EVERY, st.sampled_from((0, 1, 2, 5)), st.booleans())
def test_a_count_over_periods_is_what_counting_the_days_gives_now_and_whenever_it_may_change(
    start_ms: int, told: list[tuple[int, str | None]], every: str, previous: int, spread: bool
) -> None:
    option = f"previous: {previous} {every}s" if previous else f"this: {every}"
    story = Story(config(f"x: {{count: viewed, {option}}}\n"), spread=spread)
    now_ms, zone, seen = start_ms, "UTC", []
    for step_ms, moved in told:
        now_ms += step_ms
        if moved is not None:
            zone = moved
            story.tell(now_ms, "identify", timezone=zone)
        else:
            story.tell(now_ms, "viewed")
            seen.append((now_ms, zone))
    story.tell(now_ms, "closed")
    read, profile = story.decider.program.readers["x"], decode_profile(encode_profile(story.profile()))
    lag, oldest = lag_ms(profile), local_oracle.begin(local_oracle.local_date(now_ms, zone), every)
    for _ in range(previous + 2):
        oldest = local_oracle.before(oldest, every)
    seen = [one for one in seen if _begin(one, every) >= oldest]
    value, until_ms = read(profile, now_ms)
    assert value == expected(seen, now_ms, zone, (every, previous), lag)
    moments = {now_ms + later + near for later in (0, M, LAG_MS, H, D, 2 * D, 8 * D, 32 * D, 95 * D) for near in (0, 1)}
    for day in range(40):
        midnight = datetime.combine(local_oracle.local_date(now_ms, zone) + timedelta(day), datetime.min.time())
        at_ms = int(midnight.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).timestamp()) * 1_000
        moments |= {at_ms - 1, at_ms, at_ms + lag - 1, at_ms + lag}
    for moment_ms in sorted(moment for moment in moments if moment >= now_ms):
        while until_ms <= moment_ms:
            value, until_ms = read(profile, until_ms)
        assert value == expected(seen, moment_ms, zone, (every, previous), lag), moment_ms
        assert moment_ms < until_ms


def _begin(one: tuple[int, str], every: str) -> date:
    return local_oracle.begin(local_oracle.local_date(*one), every)
