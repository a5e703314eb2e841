"""Anniversaries against counting day by day, in zones of all kinds and around leap days."""

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from stream.decision.anniversaries import days_compare, days_to
from stream.definitions.comparators import HOLDS
from stream.model.profile import NEVER
from tests.properties import local_oracle
from tests.properties.histories import modest

DAY_MS = 86_400_000
TIMES = st.integers(0, 60 * 365 * DAY_MS)
ZONES = st.sampled_from((None, "UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/Sao_Paulo", "Pacific/Apia"))
DATES = st.one_of(
    st.dates().map(str), st.sampled_from(("1992-02-29", "1991-02-28", "1991-03-01", "1990-12-31", "1990-01-01"))
)
LIMITS = st.sampled_from((-1, 0, 1, 7, 7.5, 180, 363, 364, 365, 366, 400))


@modest
@given(TIMES, ZONES, DATES)
def test_days_to_a_date_are_what_counting_them_gives(now_ms: int, zone: str | None, told: str) -> None:
    its = ZoneInfo(zone or "UTC")
    value, until_ms = days_to(its, now_ms, told)
    assert value == local_oracle.days_to(told, now_ms, zone)
    assert now_ms < until_ms <= now_ms + 2 * DAY_MS
    assert days_to(its, until_ms - 1, told)[0] == value
    assert days_to(its, until_ms, told)[0] != value or zone == "Pacific/Apia"  # which left out a day


@modest
@given(TIMES, ZONES, DATES, st.sampled_from(sorted(HOLDS)), LIMITS)
def test_a_comparison_turns_when_it_says_and_not_before(
    now_ms: int, zone: str | None, told: str, op: str, limit: float
) -> None:
    its = ZoneInfo(zone or "UTC")
    value, until_ms = days_compare(its, now_ms, told, op, limit)
    assert value is HOLDS[op](local_oracle.days_to(told, now_ms, zone), limit)
    assert until_ms > now_ms
    for later_ms in range(DAY_MS, 800 * DAY_MS, 7 * DAY_MS + 3_600_000):
        moment_ms = min(now_ms + later_ms, until_ms - 1)
        assert days_compare(its, moment_ms, told, op, limit)[0] is value
    if until_ms < NEVER:
        assert days_compare(its, until_ms - 1, told, op, limit)[0] is value
