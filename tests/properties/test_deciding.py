"""What must hold whatever shoppers do: repeats, order of users, steps of the clock, restarts."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.decider import Decider
from stream.model.events import Event
from stream.model.outcomes import encode_outcome
from stream.model.profile import decode_profile, due_ms_of, encode_profile
from tests.properties.histories import modest
from tests.properties.shops import Shop, any_config, days, end_of, late_days


@modest
@given(any_config, late_days(), st.lists(st.tuples(st.integers(0, 24), st.integers(0, 10)), max_size=8))
def test_duplicates_change_nothing(config: str, events: list[Event], again: list[tuple[int, int]]) -> None:
    told = list(events)
    for place, later in again:
        repeat = events[place % len(events)]
        at = next(index for index, event in enumerate(told) if event is repeat)
        told.insert(min(at + 1 + later, len(told)), msgspec.structs.replace(repeat))
    once, twice = Shop(config).live(events), Shop(config).live(told)
    assert twice.profiles == once.profiles
    once.live([], end_of(events))
    twice.live([], end_of(events))
    assert twice.by_user() == once.by_user()
    assert twice.decider.counts == once.decider.counts


@modest
@given(any_config, late_days())
def test_deciding_twice_gives_the_same_bytes_and_every_id_once(config: str, events: list[Event]) -> None:
    first, second = (Shop(config).live(events, end_of(events)) for _ in range(2))
    assert list(map(encode_outcome, first.outcomes)) == list(map(encode_outcome, second.outcomes))
    assert {u: encode_profile(p) for u, p in first.profiles.items()} == {
        u: encode_profile(p) for u, p in second.profiles.items()
    }
    ids = [(type(outcome), outcome.id) for outcome in first.outcomes]
    assert len(set(ids)) == len(ids)


@modest
@given(any_config, late_days())
def test_users_do_not_influence_each_other(config: str, events: list[Event]) -> None:
    together = Shop(config).live(events, end_of(events))
    apart = Shop(config)
    for user in sorted({event.user for event in events}, reverse=True):
        apart.live([event for event in events if event.user == user])
    apart.live([], end_of(events))
    assert apart.by_user() == together.by_user()
    assert apart.profiles == together.profiles
    assert apart.decider.counts == together.decider.counts


@modest
@given(any_config, days(), st.lists(st.floats(0, 1), max_size=30))
def test_it_does_not_matter_in_what_steps_the_clock_moves(config: str, events: list[Event], steps: list[float]) -> None:
    straight = Shop(config).live(events, end_of(events))
    stepped, clock = Shop(config), sorted(round(step * end_of(events)) for step in steps)
    for event in events:
        while clock and clock[0] < event.time_ms:
            stepped.live([], clock.pop(0))
        stepped.live([event])
    for clock_ms in [*clock, end_of(events)]:
        stepped.live([], clock_ms)
    assert stepped.by_user() == straight.by_user()
    assert stepped.profiles == straight.profiles


@modest
@given(any_config, days())
def test_with_the_clock_at_every_event_all_outcomes_come_in_order_of_time(config: str, events: list[Event]) -> None:
    shop = Shop(config)
    for event in events:
        shop.decider.advance(event.time_ms - 1)
        shop.live([event])
    shop.live([], end_of(events))
    times = [outcome.at_ms for outcome in shop.outcomes]
    assert times == sorted(times)
    assert shop.by_user() == Shop(config).live(events, end_of(events)).by_user()


@modest
@given(any_config, late_days(), st.integers(0, 25), st.integers(0, 10_000_000))
def test_a_decider_that_takes_over_goes_on_as_the_old_one_would_have(
    config: str, events: list[Event], place: int, clock_ms: int
) -> None:
    before, after = events[:place], events[place:]
    now_ms = min(before[-1].time_ms + clock_ms, after[0].time_ms - 1 if after else 1 << 60) if before else 0
    old = Shop(config).live(before, now_ms)
    kept = {user: encode_profile(profile) for user, profile in old.profiles.items()}
    counts = msgspec.json.decode(msgspec.json.encode(old.decider.counts), type=type(old.decider.counts))

    new = Shop(config, {user: decode_profile(encoded) for user, encoded in kept.items()})
    new.decider.restore(counts)
    for user, encoded in kept.items():
        new.decider.schedule(user, due_ms_of(encoded))
    old.outcomes.clear()
    old.live(after, end_of(events))
    new.live(after, end_of(events))
    assert new.by_user() == old.by_user()
    assert new.profiles == old.profiles
    assert new.decider.counts == old.decider.counts
    assert new.decider.backlog == old.decider.backlog


@modest
@given(any_config, late_days(), st.sampled_from(("ann", "bob")), st.integers(0, 25))
def test_counts_are_what_a_recount_of_the_profiles_says(
    config: str, events: list[Event], erased: str, place: int
) -> None:
    shop = Shop(config)
    for number, event in enumerate(events):
        if number == place:
            shop.live([Event(erased, "erasure_requested", event.time_ms, "forget me", {})])
        shop.live([event])
        assert _somebody(shop.decider) == _somebody(shop)
    shop.live([], end_of(events))
    assert _somebody(shop.decider) == _somebody(shop)


@modest
@given(any_config, days())
def test_a_changed_user_is_named_and_nobody_else(config: str, events: list[Event]) -> None:
    shop = Shop(config)
    for event in events:
        before = {user: encode_profile(profile) for user, profile in shop.profiles.items()}
        shop.decider.advance(event.time_ms - 1)
        shop.decider.decide(event)
        changed = shop.decider.take().changed
        differ = {user for user, profile in shop.profiles.items() if encode_profile(profile) != before.get(user)}
        assert differ <= changed


def _somebody(of: Decider | Shop) -> tuple[dict[str, int], dict[str, int]]:
    """Return the counts that are not zero."""
    counts = of.recounted() if isinstance(of, Shop) else of.counts
    return (
        {name: count for name, count in counts.segments.items() if count},
        {name: count for name, count in counts.runs.items() if count},
    )
