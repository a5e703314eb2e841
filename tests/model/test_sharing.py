"""What decoding would make anew for each profile, or for each place in one, is one object."""

from math import copysign

import msgspec

from stream.model import sharing
from stream.model.profile import (
    NEVER,
    Cart,
    Item,
    JourneyMemory,
    Membership,
    Profile,
    Run,
    SentTrigger,
    Session,
    decode_profile,
)
from stream.model.states import Buckets, Cell, KeyedBuckets, Moments

FIRST_MS = 1_511_539_200_000


def of_user(user: str) -> Profile:
    sent = SentTrigger("t", "mail", "2", FIRST_MS, 9)
    return Profile(
        NEVER,
        user,
        0,
        traits={
            "views#1": Buckets([419_872, 419_873], [1, 2], None, 3, "an event"),
            "by#1": KeyedBuckets([419_873], [1], bytearray(b"a"), 1, bytearray([1]), bytearray([1]), 1, 0, "an event"),
            "flag#1": Cell(True, FIRST_MS, "an event"),
            "real#1": Cell(1.0, 1, "an event"),
            "mean#1": Buckets([1, 2, 3, 4, 5], [3.0, 3.0, 0.0, -0.0, 0.5], [1, 1, 1, 1, 1], 0, "an event"),
            "mixed#1": Buckets([1, 2, 3], [1, True, 1.0], [1, 1, 1], 0, "an event"),
            "last#1": Cell(FIRST_MS, FIRST_MS, "an event"),
            "nth#1": Moments([FIRST_MS, FIRST_MS + 1], [], "an event"),
        },
        memberships={"vip": Membership(True, FIRST_MS, 1, tier="high"), "new": Membership(False, FIRST_MS, 0)},
        runs=[Run("j", "hash", user, "", 1, FIRST_MS, 2, NEVER, NEVER, [sent], {})],
        carts={"c": Cart("c", {"p": Item("p", 1, None, FIRST_MS)}, FIRST_MS, 1, event="an event")},
        session=Session(1, FIRST_MS, FIRST_MS, "an event"),
        journeys={"j": JourneyMemory(1)},
        version="version",
    )


def again(user: str) -> Profile:
    return decode_profile(msgspec.msgpack.encode(of_user(user)))


def test_profiles_hold_the_same_numbers_of_buckets_and_names() -> None:
    one, other = again("one"), again("other")
    assert (one, other) == (of_user("one"), of_user("other"))
    for key in ("views#1", "by#1"):
        assert all(a is b for a, b in zip(one.traits[key].numbers, other.traits[key].numbers, strict=True))
    assert one.runs[0].definition is other.runs[0].definition
    assert one.runs[0].sent[0].action is other.runs[0].sent[0].action


def test_a_profile_holds_each_time_and_each_event_once() -> None:
    profile = again("one")
    assert profile == of_user("one")
    vip, new = profile.memberships.values()
    assert vip.since_ms is new.since_ms is profile.traits["flag#1"].at_ms is profile.runs[0].sent[0].at_ms
    assert vip.next_ms is new.next_ms is profile.runs[0].goal_at_ms is NEVER
    assert profile.runs[0].asked_ms is profile.journeys["j"].ended_ms
    assert profile.traits["views#1"].event is profile.traits["by#1"].event
    assert profile.traits["last#1"].value is profile.traits["nth#1"].times_ms[0] is vip.since_ms
    assert (profile.traits["flag#1"].value, type(profile.traits["real#1"].value)) == (True, float)
    assert profile.carts["c"].changed_ms is profile.carts["c"].items["p"].at_ms is vip.since_ms
    assert profile.session is not None
    assert profile.session.started_ms is vip.since_ms
    assert profile.session.event is profile.carts["c"].event is profile.traits["flag#1"].event


def test_profiles_hold_the_same_keys_of_traits_and_tiers() -> None:
    one, other = again("one"), again("other")
    assert all(a is b for a, b in zip(one.traits, other.traits, strict=True))
    assert one.memberships["vip"].tier is other.memberships["vip"].tier


def test_a_cart_holds_the_name_of_a_product_once() -> None:
    ((product, item),) = again("one").carts["c"].items.items()
    assert item.product is product


def test_profiles_hold_the_same_whole_floats_and_nothing_else_in_their_place() -> None:
    one, other = (again(user).traits for user in ("one", "other"))
    assert one["mean#1"].values[0] is one["mean#1"].values[1] is other["mean#1"].values[0]
    assert one["mean#1"].values[2] is other["mean#1"].values[2]
    assert [copysign(1, value) for value in one["mean#1"].values] == [1, 1, 1, -1, 1]
    assert [type(value) for value in one["mixed#1"].values] == [int, bool, float]


def test_numbers_are_learnt_anew_when_too_many_are_known(monkeypatch) -> None:
    monkeypatch.setattr(sharing, "NUMBERS_SHARED", 1)
    sharing._numbers.update({-1: -1, -2: -2})
    for user in ("one", "other", "third"):
        assert again(user) == of_user(user)
    assert sharing._numbers.keys() == {419_872, 419_873, 1, 2, 3, 4, 5}
