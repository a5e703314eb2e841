from math import fsum

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.model.habits import HALF_LIFE_MS, STEPS, Awaited, Contacts, Habits, growth, growth_parts
from stream.model.profile import Profile, decode_profile, encode_profile, new_profile
from stream.model.times import END_OF_TIME_MS
from tests.properties.histories import modest

DAY_MS = 86_400_000
NOW_MS = 20_000 * DAY_MS
STEP_MS = HALF_LIFE_MS // STEPS


def test_what_is_a_half_life_old_counts_half_and_what_is_two_old_a_quarter() -> None:
    assert growth(NOW_MS - HALF_LIFE_MS) / growth(NOW_MS) == 0.5
    assert growth(NOW_MS - 2 * HALF_LIFE_MS) / growth(NOW_MS) == 0.25


def test_forgetting_goes_in_steps_of_a_good_two_hours() -> None:
    edge_ms = NOW_MS // STEP_MS * STEP_MS
    assert 2 * 3_600_000 < STEP_MS < 2.2 * 3_600_000
    assert growth(edge_ms - 1) < growth(edge_ms) == growth(edge_ms + STEP_MS - 1) < growth(edge_ms + STEP_MS)


@modest
@given(st.integers(0, END_OF_TIME_MS - 1))
def test_weights_are_within_seven_hundredths_of_an_exponential_and_always_finite(at_ms: int) -> None:
    period, mantissa = growth_parts(at_ms)
    assert STEPS <= mantissa < 2 * STEPS
    exponential = 2.0 ** (at_ms / HALF_LIFE_MS - period) * STEPS
    assert exponential * 0.999 <= mantissa <= exponential * 1.07
    assert 0 < growth(at_ms) * 65_536 < float("inf")


@modest
@given(st.lists(st.integers(NOW_MS - 26 * HALF_LIFE_MS, NOW_MS - 1), min_size=1, max_size=99), st.randoms())
def test_sums_over_six_years_are_exact_in_any_order(times_ms: list[int], chance: object) -> None:
    grown = [growth(at_ms) for at_ms in times_ms]
    shuffled = sorted(grown, key=lambda _: chance.random())  # type: ignore[attr-defined]
    assert sum(grown) == sum(shuffled) == fsum(grown)


def test_habits_survive_being_kept_and_a_profile_kept_before_them_has_none() -> None:
    profile = new_profile("u")
    profile.habits = Habits({42: growth(NOW_MS)}, {"email": Contacts(2.0, 1.0)}, {1 << 63: Awaited("email", NOW_MS)})
    assert decode_profile(encode_profile(profile)) == profile
    before = msgspec.msgpack.decode(msgspec.msgpack.encode(profile), strict=False)[
        : Profile.__struct_fields__.index("habits")
    ]
    assert decode_profile(msgspec.msgpack.encode(before)).habits is None


@pytest.mark.parametrize("full", [Habits({h: growth(END_OF_TIME_MS - 1) for h in range(168)})])
def test_the_fullest_histogram_takes_less_than_two_kilobytes(full: Habits) -> None:
    profile = new_profile("u")
    empty = len(msgspec.msgpack.encode(profile))
    profile.habits = full
    assert len(msgspec.msgpack.encode(profile)) - empty < 2_000
