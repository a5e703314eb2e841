import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.hours import HOURS
from stream.decision.population import (
    PERIODS_KEPT,
    decode_population,
    encode_population,
    folded,
    hours_of_everyone,
    merged,
    rates_of_everyone,
)
from stream.model.habits import HALF_LIFE_MS, ChannelSeen, HourSeen
from stream.model.reference import Reference, decode_reference, encode_reference
from tests.properties.histories import modest

NOW_MS = HALF_LIFE_MS * 230
TIMES = st.integers(NOW_MS - 30 * HALF_LIFE_MS, NOW_MS)
CONTRIBUTIONS = st.lists(
    st.builds(HourSeen, st.just("u"), st.integers(0, HOURS - 1), st.integers(1, 2), TIMES, st.just("i"))
    | st.builds(ChannelSeen, st.just("u"), st.sampled_from(("email", "push")), st.booleans(), TIMES, st.just("i")),
    max_size=40,
)


def hour_seen(hour: int, at_ms: int = NOW_MS, weight: int = 1) -> HourSeen:
    return HourSeen("u", hour, weight, at_ms, "i")


def test_nothing_is_known_of_nobody() -> None:
    assert hours_of_everyone(folded([]), NOW_MS) == (0.0,) * HOURS
    assert rates_of_everyone(folded([]), NOW_MS) == {}


def test_responses_count_in_their_hours_by_weight_and_fade() -> None:
    known = folded([hour_seen(3), hour_seen(3, weight=2), hour_seen(HOURS - 1, NOW_MS - HALF_LIFE_MS)])
    hours = hours_of_everyone(known, NOW_MS)
    assert (len(hours), hours[3], hours[HOURS - 1], sum(hours)) == (HOURS, 3, 0.5, 3.5)
    assert hours_of_everyone(known, NOW_MS + HALF_LIFE_MS)[3] == 1.5


def test_channels_have_how_many_were_sent_and_how_many_were_responded_to() -> None:
    seen = [
        ChannelSeen("u", channel, responded, NOW_MS, "i")
        for channel, responded in (("email", False), ("email", False), ("email", True), ("push", False))
    ]
    assert rates_of_everyone(folded(seen), NOW_MS) == {"email": (2, 1), "push": (1, 0)}


@pytest.mark.parametrize(("age", "is_kept"), [(PERIODS_KEPT - 1, True), (PERIODS_KEPT, False)])
def test_what_lies_twenty_half_lives_behind_is_forgotten(age: int, is_kept: bool) -> None:
    known = folded([hour_seen(1), hour_seen(2, NOW_MS - age * HALF_LIFE_MS)])
    assert (hours_of_everyone(known, NOW_MS)[2] > 0) is is_kept


@modest
@given(CONTRIBUTIONS, st.randoms(), st.integers(0, 40), st.integers(0, 40))
def test_contributions_in_any_order_and_any_batches_come_to_the_same_bytes(
    seen: list[HourSeen | ChannelSeen], chance: object, one: int, other: int
) -> None:
    shuffled = sorted(seen, key=lambda _: chance.random())  # type: ignore[attr-defined]
    first, last = sorted((one, other))
    batches = [folded(shuffled[:first]), folded(shuffled[first:last]), folded(shuffled[last:])]
    left = merged(merged(batches[0], batches[1]), batches[2])
    right = merged(batches[2], merged(batches[1], batches[0]))
    expected = encode_population(folded(seen))
    assert expected == encode_population(left) == encode_population(right)
    assert decode_population(expected) == folded(seen)


def test_merging_leaves_what_is_merged_as_it_was() -> None:
    one, other = folded([hour_seen(1)]), folded([hour_seen(1), hour_seen(2)])
    kept = msgspec.json.encode([one, other])
    assert hours_of_everyone(merged(one, other), NOW_MS)[1] == 2
    assert msgspec.json.encode([one, other]) == kept


def test_what_is_known_of_everyone_goes_through_a_snapshot_unchanged_and_one_without_it_says_nothing() -> None:
    known = folded([hour_seen(3), ChannelSeen("u", "email", False, NOW_MS, "i")])
    now_ms = NOW_MS + 12_345_678
    reference = Reference(
        "1", now_ms, hours=hours_of_everyone(known, now_ms), channels=rates_of_everyone(known, now_ms)
    )
    assert decode_reference(encode_reference(reference)) == reference
    nothing = decode_reference(b'{"version":"1","effective_ms":0}')
    assert (nothing.hours, nothing.channels) == ((), {})
