from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.quiet_hours import LOOKED_AHEAD_MS, quiet_until_ms
from stream.model.profile import NEVER
from tests.properties.clock_walk import ANY_ZONE, MINUTE_MS, MINUTE_OF_DAY, minutes_from, shown, zones_and_times
from tests.properties.histories import modest

BERLIN, NEW_YORK, LOS_ANGELES = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")
EVENING, MORNING = 20 * 60, 9 * 60


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1_000)


def until(now: str, zones: tuple[ZoneInfo, ...], starts: int = EVENING, ends: int = MORNING) -> int | None:
    return quiet_until_ms(ms(now), zones, starts, ends)


@pytest.mark.parametrize(
    ("now", "quiet_until"),
    [
        ("2024-05-17T19:59:59.999+02:00", None),
        ("2024-05-17T20:00:00+02:00", "2024-05-18T09:00:00+02:00"),
        ("2024-05-17T23:59:59.999+02:00", "2024-05-18T09:00:00+02:00"),
        ("2024-05-18T00:00:00+02:00", "2024-05-18T09:00:00+02:00"),
        ("2024-05-18T08:59:59.999+02:00", "2024-05-18T09:00:00+02:00"),
        ("2024-05-18T09:00:00+02:00", None),
        ("2024-03-30T20:00:00+01:00", "2024-03-31T09:00:00+02:00"),  # an hour less of sleep
        ("2024-10-26T20:00:00+02:00", "2024-10-27T09:00:00+01:00"),
    ],
)
def test_it_is_quiet_from_eight_in_the_evening_until_nine(now: str, quiet_until: str | None) -> None:
    assert until(now, (BERLIN,)) == (None if quiet_until is None else ms(quiet_until))


@pytest.mark.parametrize(
    ("now", "quiet_until"),
    [
        ("2024-05-17T12:59:59.999+02:00", None),
        ("2024-05-17T13:00:00+02:00", "2024-05-17T15:00:00+02:00"),
        ("2024-05-17T14:59:59.999+02:00", "2024-05-17T15:00:00+02:00"),
        ("2024-05-17T15:00:00+02:00", None),
    ],
)
def test_it_may_be_quiet_within_a_day(now: str, quiet_until: str | None) -> None:
    assert until(now, (BERLIN,), 13 * 60, 15 * 60) == (None if quiet_until is None else ms(quiet_until))


def test_quiet_hours_may_end_and_begin_at_midnight() -> None:
    assert until("2024-05-17T22:00:00+02:00", (BERLIN,), 22 * 60, 0) == ms("2024-05-18T00:00:00+02:00")
    assert until("2024-05-18T00:00:00+02:00", (BERLIN,), 22 * 60, 0) is None
    assert until("2024-05-18T00:00:00+02:00", (BERLIN,), 0, 6 * 60) == ms("2024-05-18T06:00:00+02:00")
    assert until("2024-05-17T23:59:59.999+02:00", (BERLIN,), 0, 6 * 60) is None


def test_hours_that_end_where_they_begin_are_none() -> None:
    assert until("2024-05-17T09:00:00+02:00", (BERLIN,), 540, 540) is None
    assert until("2024-05-17T00:00:00+02:00", (BERLIN,), 540, 540) is None


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    two, half_past = 2 * 60, 2 * 60 + 30
    assert until("2024-10-27T02:00:00+02:00", (BERLIN,), two, half_past) == ms("2024-10-27T02:30:00+02:00")
    assert until("2024-10-27T02:30:00+02:00", (BERLIN,), two, half_past) is None
    assert until("2024-10-27T02:00:00+01:00", (BERLIN,), two, half_past) == ms("2024-10-27T02:30:00+01:00")
    assert until("2024-10-27T02:00:00+02:00", (BERLIN,), two, two + 60) == ms("2024-10-27T03:00:00+01:00")


def test_a_clock_set_back_out_of_the_quiet_hours_frees_until_they_come_again() -> None:
    half_past, five = 2 * 60 + 30, 5 * 60
    assert until("2024-10-27T02:45:00+02:00", (BERLIN,), half_past, five) == ms("2024-10-27T02:00:00+01:00")
    assert until("2024-10-27T02:29:59+01:00", (BERLIN,), half_past, five) is None
    assert until("2024-10-27T02:30:00+01:00", (BERLIN,), half_past, five) == ms("2024-10-27T05:00:00+01:00")


def test_an_end_that_is_skipped_comes_with_the_end_of_the_gap() -> None:
    assert until("2024-03-31T01:59:59+01:00", (BERLIN,), 0, 2 * 60 + 30) == ms("2024-03-31T03:00:00+02:00")
    assert until("2024-03-31T01:59:59+01:00", (BERLIN,), 2 * 60, 3 * 60) is None  # quiet hours skipped altogether
    assert until("2024-03-31T03:00:00+02:00", (BERLIN,), 2 * 60, 3 * 60) is None


def test_where_a_day_was_left_out_the_night_ends_the_day_after() -> None:
    assert until("2011-12-29T20:00:00-10:00", (ZoneInfo("Pacific/Apia"),)) == ms("2011-12-31T09:00:00+14:00")


def test_in_several_zones_it_is_quiet_while_it_is_in_any() -> None:
    coasts = (NEW_YORK, LOS_ANGELES)
    assert until("2024-05-17T11:59:59.999-04:00", coasts) == ms("2024-05-17T09:00:00-07:00")
    assert until("2024-05-17T12:00:00-04:00", coasts) is None
    assert until("2024-05-17T19:59:59.999-04:00", coasts) is None
    assert until("2024-05-17T20:00:00-04:00", coasts) == ms("2024-05-18T09:00:00-07:00")


def test_zones_that_are_never_awake_together_have_no_moment() -> None:
    apart = (ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Europe/Athens"))  # 12 hours in winter, and 11 are free
    assert until("2024-01-17T12:00:00Z", apart) == NEVER
    assert until("2024-01-17T12:00:00Z", apart, 23 * 60, 7 * 60) == ms("2024-01-17T17:00:00Z")


def test_a_moment_is_looked_for_within_two_days() -> None:
    # With one free hour a day, the two have it together from when Berlin is back on its winter time.
    both, hours, free_ms = (BERLIN, ZoneInfo("Africa/Lagos")), (11 * 60, 10 * 60), ms("2024-10-27T09:00:00Z")
    assert quiet_until_ms(free_ms - LOOKED_AHEAD_MS, both, *hours) == free_ms
    assert quiet_until_ms(free_ms - LOOKED_AHEAD_MS - 1, both, *hours) == NEVER


def is_quiet(at_ms: int, zones: tuple[ZoneInfo, ...], starts: int, ends: int) -> bool:
    walls = [shown(at_ms, zone) for zone in zones]
    minutes = [wall.hour * 60 + wall.minute for wall in walls]
    if starts <= ends:
        return any(starts <= minute < ends for minute in minutes)
    return any(minute >= starts or minute < ends for minute in minutes)


@modest
@given(zones_and_times(), st.lists(ANY_ZONE, max_size=3), MINUTE_OF_DAY, MINUTE_OF_DAY)
def test_the_moment_quiet_hours_release_at_is_the_first_that_is_free(
    where: tuple[ZoneInfo, int], others: list[ZoneInfo], starts: int, ends: int
) -> None:
    now_ms, zones = where[1], (where[0], *others)
    until_ms = quiet_until_ms(now_ms, zones, starts, ends)
    assert (until_ms is None) == (not is_quiet(now_ms, zones, starts, ends))
    if until_ms is not None:
        last_ms = min(until_ms - 1, now_ms + LOOKED_AHEAD_MS)
        for minute_ms in minutes_from(now_ms):
            if minute_ms > last_ms:
                break
            assert is_quiet(minute_ms, zones, starts, ends)
        assert until_ms == NEVER or (until_ms % MINUTE_MS == 0 and not is_quiet(until_ms, zones, starts, ends))


@modest
@given(zones_and_times(), MINUTE_OF_DAY, MINUTE_OF_DAY)
def test_one_zone_alone_is_free_within_two_days(where: tuple[ZoneInfo, int], starts: int, ends: int) -> None:
    zone, now_ms = where
    assert quiet_until_ms(now_ms, (zone,), starts, ends) != NEVER
