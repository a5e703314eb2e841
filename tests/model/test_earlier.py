"""Profiles kept by earlier versions are read as today's would be."""

import msgspec

from stream.model.profile import NEVER, Chosen, Membership, Profile, Run, decode_profile, encode_profile
from stream.model.states import Buckets, KeyedBuckets


def kept_earlier(*keyed: object) -> bytes:
    """The bytes of a profile with one trait by key, in the shape that had a mapping for each bucket."""
    return msgspec.msgpack.encode([NEVER, "u", 0, -NEVER, {"views#1": ["k", *keyed]}])


def test_counts_by_key_that_were_kept_as_a_mapping_for_each_bucket_are_read_with_their_totals() -> None:
    encoded = kept_earlier([3, 4, 7], [{"hats": 1, "shoes": 2}, {"b": 1}, {"shoes": 3, "": 1}], 5, "e1")
    state = decode_profile(encoded).traits["views#1"]
    assert state == KeyedBuckets(
        [3, 4, 7],
        [2, 1, 2],
        bytearray(b"hats\xffshoesb\xff\xff\xff\xffshoes\xff\xff\xff\xff\xff"),
        5,
        bytearray([1, 2, 1, 3, 1]),
        bytearray([1, 0, 1, 5, 1]),
        5,
        -1,
        "e1",
    )
    assert state.tallies == [{"hats": 1, "shoes": 2}, {"b": 1}, {"shoes": 3, "": 1}]


def test_counts_that_no_byte_holds_are_read_too() -> None:
    state = decode_profile(kept_earlier([3, 4], [{"a": 255}, {"a": 1, "b": 300}], 3, "e1")).traits["views#1"]
    assert isinstance(state, KeyedBuckets)
    assert (state.held, state.totals) == ([255, 1, 300], [0, 256, 300])


def test_sums_by_key_are_read_without_totals_where_they_show_to_be_sums() -> None:
    state = decode_profile(kept_earlier([0], [{"a": 2.5, "b": -3}], 2, "e1")).traits["views#1"]
    assert isinstance(state, KeyedBuckets)
    assert (state.tallies, state.totals) == ([{"a": 2.5, "b": -3}], bytearray())


def test_what_was_read_from_earlier_bytes_survives_todays() -> None:
    profile = decode_profile(kept_earlier([3, 4], [{"a": 255}, {"a": 1, "b": 300}], 3, "e1"))
    assert decode_profile(encode_profile(profile)) == profile
    assert decode_profile(kept_earlier([], [], 0, "")).traits == {"views#1": KeyedBuckets()}


def test_hashes_of_ids_that_were_kept_as_numbers_are_read_in_their_order() -> None:
    kept = list(msgspec.structs.astuple(Profile(NEVER, "u", 0)))
    place = Profile.__struct_fields__.index("earlier_seen")
    fields = [*kept[:place], {(1 << 64) - 1: 0, 0: 0, 5: 0}]
    profile = decode_profile(msgspec.msgpack.encode(fields))
    assert profile.seen == b"\xff" * 8 + bytes(8) + bytes(7) + b"\x05"
    assert profile.earlier_seen is None


def test_nothing_takes_the_place_of_what_was_kept_as_empty() -> None:
    kept = list(msgspec.structs.astuple(Profile(NEVER, "u", 0, hand={}, undelivered={}, heard={})))
    place = Profile.__struct_fields__.index("traits")
    kept[place] = {"views#1": ["b", [7], [2], [], 2, "e"], "pages#1": ["b", [7], [2.0], [1], 0, "e"]}
    profile = decode_profile(msgspec.msgpack.encode(kept))
    assert (profile.hand, profile.undelivered, profile.heard) == (None, None, None)
    assert profile.traits["views#1"] == Buckets([7], [2], None, 2, "e")
    assert profile.traits["pages#1"] == Buckets([7], [2.0], [1], 0, "e")


def test_what_was_kept_of_deliveries_and_of_a_catalogue_is_read() -> None:
    kept = Profile(NEVER, "u", 0, undelivered={"t": ["cap"]}, heard={3: 9})
    assert decode_profile(encode_profile(kept)) == kept


def test_a_membership_that_was_kept_with_no_times_of_tiers_or_some_is_read() -> None:
    kept = [msgspec.msgpack.encode([True, 5, 2, 99, "high", left_ms]) for left_ms in ({}, {"low": 3})]
    assert [msgspec.msgpack.decode(each, type=Membership).left("low") for each in kept] == [-NEVER, 3]


def test_a_run_that_was_kept_with_a_list_of_choices_and_visits_is_read() -> None:
    kept = [
        "j",
        "hash",
        "id",
        "key",
        1,
        5,
        2,
        9,
        10,
        [],
        {},
        "",
        {"2": 3},
        "",
        7,
        7,
        7,
        "",
        0,
        [["k", "a", 0.5, [], "t"]],
    ]
    run = msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Run)
    assert [run.visited(step) for step in ("2", "3")] == [3, 0]
    assert run.chosen == (Chosen("k", "a", 0.5, [], "t"),)
    kept[12], kept[19] = {}, []
    run = msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Run)
    assert (run.visited("2"), run.chosen) == (0, ())
