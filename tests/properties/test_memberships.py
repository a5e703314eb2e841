"""Memberships against the oracle: inside exactly while the condition holds, with events and by time alone."""

from collections.abc import Mapping

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from stream.decision.decider import Decider
from stream.definitions.expressions import Constant
from stream.definitions.parsing import parse_expression
from stream.definitions.shapes import Definitions, Segment, Tier
from stream.model.events import Event
from stream.model.outcomes import SegmentChange
from stream.model.profile import Profile
from tests.decision.story import scope_of
from tests.properties.histories import histories, instants, modest, wide_config
from tests.properties.oracle import Oracle
from tests.properties.written import conditions

WIDE = wide_config()
SCOPE = scope_of(WIDE)
BEYOND_MS = 80_000


def with_segment(when: str, leave: str | None = None) -> Definitions:
    """Add the segment `drawn`, after all that it may read."""
    parsed = parse_expression(leave, SCOPE) if leave else None
    drawn = Segment("drawn", "", parse_expression(when, SCOPE), parsed, "0" * 16)
    return msgspec.structs.replace(WIDE, segments={**WIDE.segments, "drawn": drawn})


def moments(events: list[Event], spread: int) -> list[int]:
    """Return all times of events, and what lies between and after them."""
    end_ms = events[-1].time_ms + BEYOND_MS
    alone = instants(events, spread, events[0].time_ms, end_ms)
    return sorted({*(event.time_ms for event in events), *alone[:: max(1, len(alone) // 40)], end_ms})


def place_of(profile: Profile, segment: str) -> bool | str:
    """Return whether a profile is in a segment, or in which of its tiers."""
    membership = profile.memberships.get(segment)
    return membership is not None and (membership.tier or membership.inside)


def walked(
    definitions: Definitions, events: list[Event]
) -> tuple[list[tuple[int, Mapping[str, bool | str]]], list[SegmentChange]]:
    """Decide event by event and moment by moment; return who was inside at each, and all changes."""
    profiles: dict[str, Profile] = {}
    decider = Decider(definitions, profiles)
    decider.decide(events[0])
    rest, seen = events[1:], []
    for now_ms in moments(events, profiles["u"].spread):
        while rest and rest[0].time_ms <= now_ms:
            decider.decide(rest.pop(0))
        decider.advance(now_ms)
        seen.append((now_ms, {name: place_of(profiles["u"], name) for name in definitions.segments}))
    changes = [o for o in decider.take().outcomes if isinstance(o, SegmentChange)]
    return seen, changes


@modest
@given(histories(), conditions(SCOPE))
def test_a_user_is_inside_exactly_while_the_condition_holds(events: list[Event], when: str) -> None:
    definitions = with_segment(when)
    spread = _spread()
    for now_ms, inside in walked(definitions, events)[0]:
        oracle = Oracle(definitions, [event for event in events if event.time_ms <= now_ms], spread)
        for segment, is_inside in inside.items():
            assert is_inside == oracle.place(segment, now_ms), (segment, now_ms)


@modest
@given(histories(), st.lists(conditions(SCOPE, depth=2), min_size=1, max_size=3))
def test_a_user_is_in_the_first_tier_whose_condition_holds(events: list[Event], tests: list[str]) -> None:
    tiers = (*(Tier(f"t{n}", parse_expression(text, SCOPE)) for n, text in enumerate(tests)), Tier("rest", None))
    drawn = Segment("drawn", "", Constant(type="boolean", text="otherwise", value=True), None, "0" * 16, tiers)
    definitions = msgspec.structs.replace(WIDE, segments={**WIDE.segments, "drawn": drawn})
    spread, (seen, changes) = _spread(), walked(definitions, events)
    for now_ms, places in seen:
        oracle = Oracle(definitions, [event for event in events if event.time_ms <= now_ms], spread)
        assert places["drawn"] == oracle.place("drawn", now_ms), now_ms
    own = [change for change in changes if change.segment == "drawn"]
    assert [change.from_ for change in own] == ["", *(change.to for change in own)][: len(own)]


@modest
@given(histories(), conditions(SCOPE))
def test_a_change_by_time_comes_at_the_first_millisecond_of_its_truth(events: list[Event], when: str) -> None:
    definitions = with_segment(when)
    spread = _spread()
    for change in walked(definitions, events)[1]:
        if change.cause != "time" or any(event.time_ms == change.at_ms for event in events):
            continue
        oracle = Oracle(definitions, [event for event in events if event.time_ms < change.at_ms], spread)
        now = change.to or change.change == "entered"
        assert oracle.place(change.segment, change.at_ms) == now
        assert oracle.place(change.segment, change.at_ms - 1) != now


@modest
@given(histories(), conditions(SCOPE), conditions(SCOPE, depth=2))
def test_entries_and_exits_take_turns_and_every_id_is_its_own(events: list[Event], when: str, leave: str) -> None:
    definitions = with_segment(when, leave)
    _, changes = walked(definitions, events)
    for name in {change.segment for change in changes}:
        own = [change.change for change in changes if change.segment == name]
        turns = ["moved"] * len(own) if definitions.segments[name].tiers else ["exited", "entered"] * len(own)
        assert own == ["entered", *turns][: len(own)]
    assert len({change.id for change in changes}) == len(changes)
    assert [change.at_ms for change in changes] == sorted(change.at_ms for change in changes)


SIMPLE = st.sampled_from(
    (
        "since(last_at) >= 2s",
        "since(last_at) < 5s",
        "until(last_at) < 0s",
        "count_w >= 2",
        "count_w < 3",
        "sum_m >= 5",
        "last_f",
        "not last_f",
        "cart.quantity > 0",
        "since(cart.changed_at) > 1s",
        "sum_i_w >= 2",
        "distinct_s_w <= 1",
    )
)


@modest
@given(histories(), st.tuples(SIMPLE, SIMPLE), SIMPLE)
def test_with_an_exit_a_user_stays_until_it_is_true(events: list[Event], when: tuple[str, str], leave: str) -> None:
    times = [event.time_ms for event in events]
    assume(len(set(times)) == len(times))
    definitions = with_segment(f"{when[0]} and {when[1]}", leave)
    drawn, spread = definitions.segments["drawn"], _spread()
    profiles: dict[str, Profile] = {}
    decider = Decider(definitions, profiles)
    inside, rest = False, list(events)
    for now_ms in sorted({*instants(events, spread, times[0], times[-1] + BEYOND_MS), *times}):
        oracle = Oracle(definitions, [event for event in events if event.time_ms <= now_ms], spread)
        leaves = oracle.value(drawn.exit, now_ms) is True
        inside = not leaves and (inside or oracle.value(drawn.when, now_ms) is True)
        if rest and rest[0].time_ms == now_ms:
            decider.decide(rest.pop(0))
        decider.advance(now_ms)
        membership = profiles["u"].memberships.get("drawn")
        assert (membership is not None and membership.inside) is inside, now_ms


def _spread() -> int:
    profiles: dict[str, Profile] = {}
    Decider(WIDE, profiles).decide(Event("u", "viewed", 0, "e", {}))
    return profiles["u"].spread
