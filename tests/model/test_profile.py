import msgspec
import pytest

from stream.model.money import Money
from stream.model.profile import (
    NEVER,
    Cart,
    Consent,
    Item,
    JourneyMemory,
    Membership,
    Profile,
    Run,
    Suppression,
    decode_profile,
    due_ms_of,
    encode_profile,
    new_profile,
)
from stream.model.states import Buckets, Cell, KeyedBuckets, Mean, Tally


def full_profile() -> Profile:
    """A profile with something in every field."""
    return Profile(
        due_ms=12,
        user="Zoë 🛒",
        spread=(1 << 32) - 1,
        now_ms=1_700_000_000_000,
        traits={
            "cell#1": Cell("text", 1, "e1"),
            "flag#1": Cell(True, 1, "e1"),
            "whole#1": Cell(3, 1, "e1"),
            "real#1": Cell(3.0, 1, "e1"),
            "mean#1": Mean(1.5, 2, "e2"),
            "buckets#1": Buckets([1, 2], [3, 4.5], [1, 1], 3, "e3"),
            "tally#1": Tally({"a": 1}, "e4"),
            "top#1": KeyedBuckets([0], [1], bytearray(b"a"), 1, bytearray([2]), bytearray([2]), 1, 0, "e5"),
        },
        carts={"c1": Cart("c1", {"p": Item("p", 2, None, 5), "q": Item("q", 1, 9, 6, Money(8, "EUR"))}, 6, 3, 2, "e6")},
        cart_ordinal=4,
        ordered_ms=3,
        history_until_ms=2,
        memberships={"vip": Membership(True, 5, 2, 99)},
        runs=[Run("j", "hash", "id", "key", 1, 5, 2, 9, 10, [], {"a": 1})],
        journeys={"j": JourneyMemory(3, 7)},
        identity={"email": "a@b.example", "age": 7},
        consents={"marketing": Consent(False, 8)},
        suppressions={"email": Suppression("bounced", 9)},
        sent_ms={"email": [1, 2]},
        seen=b"\xff" * 8 + bytes(8),
    )


def test_a_profile_survives_its_bytes_in_every_field() -> None:
    profile = full_profile()
    again = decode_profile(encode_profile(profile))
    assert again == profile
    assert [type(again.traits[key].value) for key in ("cell#1", "flag#1", "whole#1", "real#1")] == [
        str,
        bool,
        int,
        float,
    ]
    assert encode_profile(again) == encode_profile(profile)


def test_the_order_of_carts_survives_too() -> None:
    profile = new_profile("u")
    profile.carts = {name: Cart(name, {}, 0) for name in ("z", "a", "m")}
    again = decode_profile(encode_profile(profile))
    assert list(again.carts) == ["z", "a", "m"]


@pytest.mark.parametrize("due_ms", [0, 12, 1_700_000_000_000, NEVER])
def test_the_next_timer_is_read_without_the_rest(due_ms: int) -> None:
    profile = full_profile()
    profile.due_ms = due_ms
    assert due_ms_of(encode_profile(profile)) == due_ms


def test_a_profile_kept_before_profiles_were_compressed_is_read_too() -> None:
    encoded = msgspec.msgpack.encode(full_profile())
    assert decode_profile(encoded) == full_profile()
    assert due_ms_of(encoded) == full_profile().due_ms


def test_what_repeats_is_kept_at_a_fraction_of_its_size() -> None:
    profile = full_profile()
    profile.traits |= {f"views_{number}#1": Cell(number, 1_700_000_000_000 + number, "e1") for number in range(100)}
    assert len(encode_profile(profile)) < len(msgspec.msgpack.encode(profile)) / 2


def test_a_new_profile_knows_nothing_and_waits_for_nothing() -> None:
    profile = new_profile("u")
    assert (profile.due_ms, profile.now_ms, profile.cart_ordinal) == (NEVER, -NEVER, 1)
    remembered = (profile.traits, profile.carts, profile.memberships, profile.runs, profile.seen, profile.consents)
    assert not any(remembered)


def test_profiles_share_nothing() -> None:
    one, other = new_profile("a"), new_profile("b")
    one.carts["c"] = Cart("c", {}, 0)
    one.sent_ms["email"] = [1]
    assert not other.carts
    assert not other.sent_ms


def test_the_spread_is_a_function_of_the_user_and_none_without() -> None:
    assert new_profile("a").spread == new_profile("a").spread
    assert new_profile("a").spread != new_profile("b").spread
    assert new_profile("a", spread=False).spread == 0


@pytest.mark.parametrize("encoded", [b"", b"\x00", b"\xc1", b"\x91\xa1a", b"{}"])
def test_bytes_that_are_no_profile_are_an_error_to_catch(encoded: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_profile(encoded)


def test_a_profile_cut_short_is_an_error_too() -> None:
    encoded = encode_profile(full_profile())
    for length in range(0, len(encoded), 17):
        with pytest.raises(msgspec.DecodeError):
            decode_profile(encoded[:length])
