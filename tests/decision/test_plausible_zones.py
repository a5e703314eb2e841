from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.plausible_zones import plausible_zones
from stream.decision.quiet_hours import quiet_until_ms
from stream.model.profile import NEVER, Profile, new_profile
from stream.model.zones import zone_named, zones_by_country
from tests.properties.clock_walk import DAY_MS, MINUTE_OF_DAY
from tests.properties.histories import modest

EVENING, MORNING = 20 * 60, 9 * 60


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1_000)


SUMMER_MS = ms("2024-07-01T12:00:00Z")


def user(zone: str = "", **identity: str | float) -> Profile:
    profile = new_profile("u")
    profile.zone = zone
    profile.identity.update(identity)
    return profile


def keys(profile: Profile, otherwise: tuple[str, ...] = (), now_ms: int = SUMMER_MS) -> list[str]:
    return [zone.key for zone in plausible_zones(profile, now_ms, otherwise)]


def test_who_told_their_zone_is_there_and_nowhere_else() -> None:
    assert keys(user("America/New_York", timezone="Europe/Berlin", country="JP")) == ["Europe/Berlin"]
    assert keys(user("America/New_York", country="JP")) == ["America/New_York"]
    assert keys(user("America/New_York", timezone="Mars/Olympus")) == ["America/New_York"]


@pytest.mark.parametrize("country", ["JP", "jp", " Jp "])
def test_else_they_are_somewhere_in_their_country(country: str) -> None:
    assert keys(user(country=country), ("Europe/Berlin",)) == ["Asia/Tokyo"]


def test_a_country_with_several_zones_may_be_any_of_them_and_equal_clocks_count_once() -> None:
    assert keys(user(country="DE")) == ["Europe/Berlin"]  # Büsingen keeps the clock of Berlin
    winter, summer = keys(user(country="US"), now_ms=ms("2024-01-15T12:00:00Z")), keys(user(country="US"))
    cities = "New_York Chicago Denver Los_Angeles Anchorage Adak"  # in winter, the clock of Honolulu is that of Adak
    assert winter == [f"America/{city}" for city in cities.split()]
    cities = "New_York Chicago Denver Phoenix Anchorage Adak"  # in summer, the clock of Los Angeles is that of Phoenix
    assert summer == [*(f"America/{city}" for city in cities.split()), "Pacific/Honolulu"]


def test_zones_count_apart_from_when_their_clocks_will_differ_within_two_days() -> None:
    night_ms = ms("2024-11-01T00:00:00Z")  # Los Angeles sets its clock back on the third, and Phoenix does not
    assert "America/Los_Angeles" in keys(user(country="US"), now_ms=night_ms)
    assert "America/Los_Angeles" not in keys(user(country="US"), now_ms=night_ms - 1)


def test_many_write_uk() -> None:
    assert keys(user(country="uk")) == keys(user(country="GB")) == ["Europe/London"]


@pytest.mark.parametrize("profile", [user(), user(country="Atlantis"), user(country=49), user(country="")])
def test_who_is_from_no_known_country_is_where_the_policy_says(profile: Profile) -> None:
    assert keys(profile, ("Europe/Berlin", "Europe/Lisbon")) == ["Europe/Berlin", "Europe/Lisbon"]
    assert keys(profile, ("Europe/Berlin", "Europe/Paris")) == ["Europe/Berlin"]
    assert keys(profile, ("Mars/Olympus", "Europe/Paris")) == ["Europe/Paris"]


@pytest.mark.parametrize("otherwise", [(), ("Mars/Olympus",)])
def test_else_they_may_be_anywhere_in_the_world(otherwise: tuple[str, ...]) -> None:
    world = plausible_zones(user(), SUMMER_MS, otherwise)
    assert 30 <= len(world) <= 45
    assert {"Pacific/Kiritimati", "Asia/Kathmandu"} <= {zone.key for zone in world}
    assert quiet_until_ms(SUMMER_MS, world, EVENING, MORNING) == NEVER  # it is always night somewhere
    assert quiet_until_ms(SUMMER_MS, world, 3 * 60 + 16, 3 * 60 + 29) is None  # zones go by quarters of an hour


def test_all_of_a_country_is_awake_at_times() -> None:
    america = plausible_zones(user(country="US"), SUMMER_MS)
    assert quiet_until_ms(SUMMER_MS, america, EVENING, MORNING) == ms("2024-07-01T09:00:00-10:00")
    asleep = [
        country
        for country in zones_by_country()
        if quiet_until_ms(SUMMER_MS, plausible_zones(user(country=country), SUMMER_MS), EVENING, MORNING) == NEVER
    ]
    assert asleep == ["AQ"]  # Antarctic stations keep the clocks of wherever they are supplied from


@modest
@given(
    st.sampled_from((*zones_by_country(), "")),
    st.integers(50 * 365 * 24, 70 * 365 * 24),
    st.tuples(MINUTE_OF_DAY, MINUTE_OF_DAY),
)
def test_leaving_out_equal_clocks_changes_no_quiet_hours(country: str, hour: int, hours: tuple[int, int]) -> None:
    now_ms = hour * DAY_MS // 24
    names = zones_by_country().get(country) or sorted(
        {name for all_of in zones_by_country().values() for name in all_of}
    )
    everywhere = tuple(zone for zone in map(zone_named, names) if zone is not None)
    few = plausible_zones(user(country=country), now_ms)
    assert set(few) <= set(everywhere)
    assert quiet_until_ms(now_ms, few, *hours) == quiet_until_ms(now_ms, everywhere, *hours)
