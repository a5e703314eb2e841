"""Pairs of a bucket and a key are what mappings for each bucket would be."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.keyed import keyed_count_reader, keyed_counter, keyed_sum_update
from stream.decision.leading import counts_kept
from stream.decision.tallies import leader_reader
from stream.decision.windows import Window
from stream.model.earlier import keyed_buckets
from stream.model.profile import NEVER, Profile, decode_profile, encode_profile, new_profile
from stream.model.states import KeyedBuckets, KeyedTallies
from tests.properties.histories import modest

SPAN = Window(50, 10)
KEYS = ("a", "b", "ab", "ba", "aa", "bab", "", "\x00", "ÿ", "a\x00", "🛒", "k" * 65)
"""Some end as others begin, so that two in a row may read like a third."""
STEPS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 40), st.sampled_from(KEYS)), max_size=60)


def held(profile: Profile) -> KeyedBuckets:
    state = profile.traits["k"]
    assert isinstance(state, KeyedBuckets)
    return state


@modest
@given(STEPS, st.booleans())
def test_counts_are_those_of_a_mapping_for_each_bucket(steps: list[tuple[int, int, str]], is_kept: bool) -> None:
    profile, counted, now_ms = new_profile("u", spread=False), dict[int, Counter[str]](), 100
    count, read, leads = keyed_counter("k", SPAN), keyed_count_reader("k", SPAN), leader_reader("k", SPAN)
    for later_ms, late_ms, key in steps:
        now_ms += later_ms
        profile.now_ms, number = now_ms, (now_ms - late_ms) // 10
        counted = {at: bucket for at, bucket in counted.items() if at >= SPAN.oldest(now_ms, 0)}
        counted.setdefault(number, Counter())[key] += 1
        totals = sum(counted.values(), Counter())
        assert count(profile, key, number, "e") == totals[key]
        most = max(totals.values())
        assert leads(profile, now_ms)[0] == min(name for name in totals if totals[name] == most)
        oldest = min(at for at, bucket in counted.items() if key in bucket)
        assert read(profile, now_ms, key) == (totals[key], SPAN.leaves_ms(oldest, 0))
        assert counts_kept("k", SPAN)(profile, now_ms)[0] == totals
        assert held(profile).tallies == [counted[at] for at in sorted(counted)]
        assert held(profile).kept == sum(2 if len(name) > 64 else 1 for bucket in counted.values() for name in bucket)
        if is_kept:
            profile = decode_profile(encode_profile(profile))


@modest
@given(STEPS)
def test_an_earlier_shape_goes_on_as_todays(steps: list[tuple[int, int, str]]) -> None:
    profile, earlier, now_ms = new_profile("u", spread=False), new_profile("u", spread=False), 100
    count, leads = keyed_counter("k", SPAN), leader_reader("k", SPAN)
    for later_ms, late_ms, key in steps:
        now_ms += later_ms
        for each in (profile, earlier):
            each.now_ms = now_ms
            count(each, key, (now_ms - late_ms) // 10, "e")
        state = held(earlier)
        kept = msgspec.msgpack.encode(KeyedTallies(state.numbers, state.tallies, state.kept, state.event))
        earlier.traits["k"] = keyed_buckets(msgspec.msgpack.decode(kept, type=KeyedTallies))
        assert leads(earlier, now_ms) == leads(profile, now_ms)
        assert held(earlier).totals == held(profile).totals


@pytest.mark.parametrize("other_ms", [0, 25])
def test_counts_go_on_beyond_what_a_byte_holds(other_ms: int) -> None:
    profile, count, leads = new_profile("u", spread=False), keyed_counter("k", SPAN), leader_reader("k", SPAN)
    profile.now_ms = 100
    for number in range(300):
        assert count(profile, "a", (100 - other_ms * (number % 2)) // 10, "e") == number + 1
        profile = decode_profile(encode_profile(profile))
    for number in range(301):
        assert count(profile, "b", 10, "e") == number + 1
    assert leads(profile, 100)[0] == "b"
    profile.now_ms = 140
    assert count(profile, "a", 14, "e") == (301 if not other_ms else 151)


def test_sums_may_be_any_number_and_earlier_ones_that_look_like_counts_go_on_as_sums() -> None:
    profile, update = new_profile("u", spread=False), keyed_sum_update("k", None)
    profile.traits["k"] = keyed_buckets(KeyedTallies([0], [{"a": 2, "b": 1}], 2, "e"))
    for key, value in (("a", 500), ("b", -1), ("c", 0.5), ("a", -2.25)):
        update(profile, key, value, 0, "e")
    assert held(decode_profile(encode_profile(profile))).tallies == [{"a": 499.75, "b": 0, "c": 0.5}]
    assert held(profile).totals == bytearray()


def test_nothing_held_of_a_key_is_zero_however_long_its_name() -> None:
    profile = new_profile("u")
    keyed_counter("k", None)(profile, "a", 0, "e")
    read = keyed_count_reader("k", None)
    assert [read(profile, 0, key) for key in ("a", "b", "a longer one")] == [(1, NEVER), (0, NEVER), (0, NEVER)]
