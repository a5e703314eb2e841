"""A repetition is recognised by its hash, where that stands among those remembered and not across two of them."""

from xxhash import xxh3_64_digest

from stream.decision.repetitions import IDS_REMEMBERED, is_repetition
from stream.model.profile import new_profile


def test_a_hash_that_two_others_make_where_they_meet_is_none() -> None:
    profile, digest = new_profile("u"), xxh3_64_digest(b"m")
    profile.seen = b"1234" + digest + b"5678"
    assert not is_repetition(profile, "m")
    assert is_repetition(profile, "m")


def test_a_hash_is_found_where_it_stands_even_after_a_place_where_two_others_make_it() -> None:
    profile, digest = new_profile("u"), xxh3_64_digest(b"m")
    profile.seen = b"1234" + digest + b"5678" + digest
    assert is_repetition(profile, "m")


def test_of_the_latest_64_the_first_is_known_and_the_one_before_is_not() -> None:
    for others, is_known in ((IDS_REMEMBERED - 1, True), (IDS_REMEMBERED, False)):
        profile = new_profile("u")
        ids = ["first", *map(str, range(others))]
        assert not any(is_repetition(profile, each) for each in ids)
        assert is_repetition(profile, "first") is is_known
        assert len(profile.seen) == 8 * min(IDS_REMEMBERED, others + 1)
