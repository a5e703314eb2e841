"""What is published at a barrier: all that was told before it, the same bytes whoever told it and in what order."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.knowledge import knowledge as module
from stream.decision.knowledge.knowledge import Knowledge, decode_knowledge, encode_knowledge, next_barrier_ms
from stream.model.contributions import Contribution, decode_contribution, encode_contribution
from stream.model.habits import ChannelSeen, HourSeen
from stream.model.items import CoOccurrence
from stream.model.reference import (
    BetaPosterior,
    Reference,
    Reward,
    decode_neighbourhoods,
    decode_reference,
    encode_neighbourhoods,
    encode_reference,
)
from tests.decision.story import D, H
from tests.properties.histories import modest


def told(number: int, told_ms: int) -> Contribution:
    """Return one of the contributions of all kinds, each with an id of its own."""
    its_id, kind = f"c{number}", number % 5
    if kind == 0:
        return HourSeen("u", number % 7, 1, told_ms, its_id, told_ms)
    if kind == 1:
        return ChannelSeen("u", "email", number % 2 == 0, max(told_ms - H, 0), its_id, told_ms)
    if kind == 2:
        return Reward("k", "ab"[number % 2], 0.0, 0.5, f"t{number}", told_ms, user="u", id=its_id, told_ms=told_ms)
    how = "viewed" if kind == 3 else "bought"
    return CoOccurrence(its_id, "u", how, "ab"[number % 2], ("c", "d"), told_ms, told_ms)  # type: ignore[arg-type]


def reward(its_id: str, told_ms: int, *, key: str = "k", value: float = 0.0) -> Reward:
    return Reward(key, "a", value, 0.5, "t", told_ms, trials=int(not value), user="u", id=its_id, told_ms=told_ms)


def trials(reference: Reference | None, key: str = "k") -> float:
    """Return how many failures are known of an arm."""
    assert reference is not None
    known = reference.arms.get(key, {}).get("a", BetaPosterior())
    assert isinstance(known, BetaPosterior)
    return known.beta - 1


def all_bytes(reference: Reference | None) -> bytes:
    return b"" if reference is None else encode_reference(reference) + encode_neighbourhoods(reference.items)


@pytest.mark.parametrize(("time_ms", "barrier_ms"), [(0, H), (H - 1, H), (H, 2 * H), (-1, 0)])
def test_what_is_told_at_a_barrier_waits_for_the_next(time_ms: int, barrier_ms: int) -> None:
    assert next_barrier_ms(time_ms, H) == barrier_ms


def test_a_barrier_publishes_what_was_told_before_it_in_force_a_period_later() -> None:
    knowledge = Knowledge(H)
    knowledge.take_in([reward("1", H - 1), reward("2", H), reward("3", 2 * H - 1), reward("4", 2 * H)])
    first, second = knowledge.publish(H), knowledge.publish(2 * H)
    assert (trials(first), trials(second)) == (1, 3)
    assert first is not None
    assert (first.as_of_ms, first.effective_ms) == (H, 2 * H)


def test_where_nothing_was_told_nothing_is_published() -> None:
    knowledge = Knowledge(H)
    assert knowledge.publish(0) is None
    knowledge.take_in([reward("1", 1)])
    assert trials(knowledge.publish(H)) == 1
    assert knowledge.publish(2 * H) is None


def test_what_comes_in_after_its_barrier_counts_at_the_next() -> None:
    knowledge = Knowledge(H)
    knowledge.publish(5 * H)
    knowledge.take_in([reward("1", 1)])
    assert trials(knowledge.publish(6 * H)) == 1


def test_barriers_do_not_go_back_and_are_multiples_of_the_period() -> None:
    knowledge = Knowledge(H)
    knowledge.publish(H)
    for barrier_ms in (0, H, 2 * H + 1):
        with pytest.raises(ValueError, match="no barrier"):
            knowledge.publish(barrier_ms)


def test_what_is_told_again_counts_once_for_another_period() -> None:
    knowledge = Knowledge(H)
    knowledge.take_in([reward("1", 1), reward("1", 1)])
    knowledge.take_in([reward("1", 1)])
    assert trials(knowledge.publish(H)) == 1
    knowledge.take_in([reward("1", 1), reward("2", H)])
    assert trials(knowledge.publish(2 * H)) == 2


def test_of_choices_that_told_nothing_for_longest_all_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEYS_KEPT", 2)
    knowledge = Knowledge(H)
    for number, key in enumerate("abc"):
        knowledge.take_in([reward(key, number * H, key=key)])
        found = knowledge.publish((number + 1) * H)
    assert found is not None
    assert found.arms.keys() == {"b", "c"}


def test_neighbours_are_published_once_a_day_and_named_by_their_hash() -> None:
    knowledge = Knowledge(H)
    pair = [CoOccurrence(str(number), "u", "viewed", "a", ("b",), 1, 1) for number in range(4)]
    knowledge.take_in([*pair, *(CoOccurrence(f"b{number}", "u", "viewed", "b", (), 1, 1) for number in range(4))])
    first = knowledge.publish(D)
    knowledge.take_in([CoOccurrence("f", "u", "viewed", "b", (), D, D)])
    second = knowledge.publish(D + H)
    knowledge.take_in([reward("r", D + H)])
    third = knowledge.publish(2 * D)
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.items.similar.keys() == {"a", "b"}
    assert second.items is first.items
    assert third.items.version not in ("", first.items.version)
    assert decode_neighbourhoods(encode_neighbourhoods(third.items)) == third.items
    assert decode_reference(encode_reference(first)).items.version == first.items.version


def test_the_version_is_the_hash_of_all_that_is_known() -> None:
    def version(*contributions: Contribution) -> str:
        knowledge = Knowledge(H)
        knowledge.take_in(contributions)
        found = knowledge.publish(H)
        assert found is not None
        return found.version

    assert version(reward("1", 1)) == version(reward("2", 2))
    pair = [CoOccurrence(number, "u", "bought", "a", ("b",), 1, 1) for number in "12"]
    single = CoOccurrence("s", "u", "bought", "b", (), 1, 1)
    others = [version(reward("1", 1)), version(reward("1", 1, value=1.0)), version(*pair, single), version(single)]
    assert len(set(others)) == 4


TOLD = st.lists(st.integers(0, 5 * H - 1), max_size=40).map(
    lambda times: [told(number, time_ms) for number, time_ms in enumerate(times)]
)


def published(batches: Sequence[Sequence[Contribution]], *, restarted: bool = False) -> list[bytes]:
    """Publish at each barrier, each batch handed over as late as it may be, and all that was told once more."""
    knowledge, found = Knowledge(H), list[bytes]()
    for barrier_ms in range(H, 6 * H, H):
        for batch in batches:
            now = [each for each in batch if each.told_ms < barrier_ms and each.told_ms >= barrier_ms - H]
            knowledge.take_in(now)
            if restarted:
                knowledge.take_in(now)
        if restarted:
            knowledge = decode_knowledge(encode_knowledge(knowledge))
        found.append(all_bytes(knowledge.publish(barrier_ms)))
    return [*found, encode_knowledge(knowledge)]


@modest
@given(TOLD, st.randoms(use_true_random=False), st.integers(1, 5), st.booleans())
def test_whoever_tells_it_and_in_whatever_order_the_same_is_published(
    contributions: list[Contribution], chance: object, parts: int, restarted: bool
) -> None:
    shuffled = sorted(contributions, key=lambda _: chance.random())  # type: ignore[attr-defined]  # a random.Random
    parted = [shuffled[part::parts] for part in range(parts)]
    assert published(parted, restarted=restarted) == published([contributions])


@modest
@given(TOLD, st.integers(1, 5))
def test_who_hands_over_ahead_of_the_barrier_changes_nothing(contributions: list[Contribution], ahead: int) -> None:
    knowledge, found, rest = Knowledge(H), list[bytes](), sorted(contributions, key=lambda each: each.told_ms)
    for barrier_ms in range(H, 6 * H, H):
        knowledge.take_in([each for each in rest if each.told_ms < barrier_ms + ahead * H])
        rest = [each for each in rest if each.told_ms >= barrier_ms + ahead * H]
        found.append(all_bytes(knowledge.publish(barrier_ms)))
    assert found == published([contributions])[:-1]


@pytest.mark.parametrize("number", range(5))
def test_a_contribution_is_a_line_that_says_what_it_is(number: int) -> None:
    encoded = encode_contribution(told(number, 7))
    assert decode_contribution(encoded) == told(number, 7)
    assert set(msgspec.json.decode(encoded)) >= {"type", "id", "user", "told_ms", "at_ms"}


def test_bytes_that_are_no_knowledge_are_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_knowledge(b"\x00")
