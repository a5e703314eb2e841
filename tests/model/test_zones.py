from datetime import date
from zoneinfo import ZoneInfo

import pytest

from stream.model.zones import day_begins_ms, day_number, local_date, numbered_day, zone_named, zones_by_country

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_day_begins_at_local_midnight() -> None:
    begins_ms = day_begins_ms(date(2024, 7, 1), BERLIN)
    assert begins_ms == 1_719_784_800_000
    assert local_date(begins_ms, BERLIN) == date(2024, 7, 1)
    assert local_date(begins_ms - 1, BERLIN) == date(2024, 6, 30)


def test_where_the_clock_skips_midnight_the_day_begins_an_hour_later() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    begins_ms = day_begins_ms(date(2018, 11, 4), zone)
    assert local_date(begins_ms, zone) == date(2018, 11, 4)
    assert local_date(begins_ms - 1, zone) == date(2018, 11, 3)


@pytest.mark.parametrize("name", ["Nowhere/City", "", "Europe", "/etc/passwd", "../UTC", "a\0b", "x" * 900])
def test_a_name_of_no_zone_is_none(name: str) -> None:
    assert zone_named(name) is None


def test_days_are_numbered_from_1970() -> None:
    assert day_number(date(1970, 1, 1)) == 0
    assert numbered_day(day_number(date(2024, 2, 29))) == date(2024, 2, 29)


def test_each_country_has_zones_that_exist() -> None:
    by_country = zones_by_country()
    assert len(by_country) > 240
    assert by_country["JP"] == ("Asia/Tokyo",)
    assert "Atlantic/Canary" in by_country["ES"]
    for country, zones in by_country.items():
        assert len(country) == 2
        assert country.isupper()
        assert zones
        assert all(zone_named(zone) is not None for zone in zones)
