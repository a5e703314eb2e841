"""`was`, `in`, `stay_at_least` and tiers against the oracle: the same answers, and the promise of when they change."""

from collections.abc import Mapping

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from stream.decision.decider import Decider
from stream.definitions.parsing import parse_expression
from stream.definitions.shapes import Definitions, Segment
from stream.model.events import Event
from stream.model.profile import Profile, decode_profile, encode_profile
from tests.decision.story import config, scope_of
from tests.properties.histories import SEGMENTS, TRAITS, histories, instants, modest
from tests.properties.oracle import Oracle
from tests.properties.stays import Place, Stays
from tests.properties.written import conditions

DEFINITIONS = config(
    TRAITS,
    {
        **SEGMENTS,
        "steady": "when: last_f\nstay_at_least: 2s\n",
        "sticky": "when: count_w >= 1\nexit: since(last_at) >= 5s\nstay_at_least: 10s\n",
        "held": "tiers: {hot: since(last_at) < 1s, warm: since(last_at) < 5s, cold: otherwise}\nstay_at_least: 2s\n",
        "lately": "was(active, 5s) and not active",
    },
)
SCOPE = scope_of(DEFINITIONS)
BEYOND_MS = 70_000
PLACES = sorted(
    {*(SCOPE.segments - SCOPE.tiers.keys()), *(f"{name}.{tier}" for name, its in SCOPE.tiers.items() for tier in its)}
)
WAS = st.one_of(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(("1s", "2s", "5s", "10s", "1m"))).map(
        "was({0[0]}, {0[1]})".format
    ),
    st.sampled_from(PLACES).map("in({})".format),
)
LATELY = st.one_of(
    WAS,
    st.tuples(WAS, st.sampled_from(("and", "or")), WAS).map(lambda parts: "({} {} not {})".format(*parts)),
    st.tuples(conditions(SCOPE, depth=2), st.sampled_from(("and", "or", "==")), WAS).map(
        lambda parts: "(({}) {} ({}))".format(*parts)
    ),
)


def at_different_times(events: list[Event]) -> None:
    times = [event.time_ms for event in events]
    assume(len(set(times)) == len(times))


def spread_of_user() -> int:
    profiles: dict[str, Profile] = {}
    Decider(DEFINITIONS, profiles).decide(Event("u", "viewed", 0, "e", {}))
    return profiles["u"].spread


SPREAD = spread_of_user()


@modest
@given(histories(), LATELY, st.sampled_from((0, 1, 500, 5_000, 10_059)))
def test_nothing_changes_before_the_time_a_condition_promises(events: list[Event], text: str, later_ms: int) -> None:
    at_different_times(events)
    now_ms = events[-1].time_ms + later_ms
    profiles: dict[str, Profile] = {}
    decider = Decider(DEFINITIONS, profiles)
    for event in events:
        decider.decide(event)
    decider.advance(now_ms)
    profile, node = encode_profile(profiles["u"]), parse_expression(text, SCOPE)
    read = decider.program.compiled(node)
    stays = Stays(DEFINITIONS, events, SPREAD, now_ms)
    whole = Oracle(DEFINITIONS, events, SPREAD, stays=stays)
    inside = {name: whole.place(name, now_ms) for name in DEFINITIONS.segments}
    oracle = Oracle(DEFINITIONS, events, SPREAD, inside, stays)
    value, until_ms = read(decode_profile(profile), now_ms)
    assert value is oracle.value(node, now_ms)
    assert until_ms > now_ms
    end_ms = min(until_ms, now_ms + BEYOND_MS)
    between = {moment for moment in stays.moments(sorted(DEFINITIONS.segments)) if now_ms < moment < end_ms}
    for moment_ms in {*instants(events, SPREAD, now_ms, end_ms)[:60], *sorted(between)[:60], end_ms - 1}:
        assert oracle.value(node, moment_ms) is value, moment_ms
        assert read(decode_profile(profile), moment_ms)[0] is value, moment_ms


@modest
@given(histories(longest=8), LATELY)
def test_a_user_is_where_the_oracle_says_at_every_moment(events: list[Event], text: str) -> None:
    at_different_times(events)
    definitions = with_drawn(text)
    end_ms = events[-1].time_ms + BEYOND_MS
    stays = Stays(definitions, events, SPREAD, end_ms)
    names = [name for name in definitions.segments if f"{name}" in text or definitions.segments[name].stay_ms]
    names = [*names, "lately", "drawn"]
    moments = {*(event.time_ms for event in events), *stays.moments(names), end_ms}
    profiles: dict[str, Profile] = {}
    decider, rest = Decider(definitions, profiles), list(events)
    for now_ms in sorted(moment for moment in moments if events[0].time_ms <= moment <= end_ms):
        while rest and rest[0].time_ms <= now_ms:
            decider.decide(rest.pop(0))
        decider.advance(now_ms)
        assert places(profiles["u"], names) == {name: stays.place(name, now_ms) for name in names}, now_ms


def with_drawn(text: str) -> Definitions:
    drawn = Segment("drawn", "", parse_expression(text, SCOPE), None, "0" * 16)
    return msgspec.structs.replace(DEFINITIONS, segments={**DEFINITIONS.segments, "drawn": drawn})


def places(profile: Profile, names: list[str]) -> Mapping[str, Place]:
    found = {name: profile.memberships.get(name) for name in names}
    return {name: its is not None and its.inside and (its.tier or True) for name, its in found.items()}
