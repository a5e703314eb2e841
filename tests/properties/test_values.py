"""Compiled expressions against the oracle: the same value, and the promise of when time may change it."""

from hypothesis import given
from hypothesis import strategies as st

from stream.decision.decider import Decider
from stream.definitions.parsing import parse_expression
from stream.model.events import Event
from stream.model.profile import decode_profile, encode_profile
from tests.decision.story import scope_of
from tests.properties.histories import histories, instants, modest, wide_config
from tests.properties.oracle import Oracle
from tests.properties.written import conditions, values

DEFINITIONS = wide_config()
SCOPE = scope_of(DEFINITIONS)
BEYOND_MS = 120_000
LONG_MS = 400 * 86_400_000
"""Longer than anything in a history and than a year, after which days to a date come round again, without end."""


def decided(events: list[Event], now_ms: int, *, spread: bool) -> tuple[Decider, bytes, int]:
    """Return a decider that knows the events and the time, the user's profile as bytes, and its spread."""
    profiles = {}
    decider = Decider(DEFINITIONS, profiles, spread=spread)
    for event in events:
        decider.decide(event)
    decider.advance(now_ms)
    return decider, encode_profile(profiles["u"]), profiles["u"].spread


@modest
@given(histories(), values(SCOPE), st.sampled_from((0, 1, 500, 5_000, 10_059)), st.booleans())
def test_a_compiled_expression_is_worth_what_the_oracle_says(
    events: list[Event], text: str, later_ms: int, spread: bool
) -> None:
    now_ms = events[-1].time_ms + later_ms
    decider, profile, shift = decided(events, now_ms, spread=spread)
    node = parse_expression(text, SCOPE)
    value, until_ms = decider.program.compiled(node)(decode_profile(profile), now_ms)
    assert value == Oracle(DEFINITIONS, events, shift).value(node, now_ms)
    assert until_ms > now_ms


@modest
@given(histories(), conditions(SCOPE), st.sampled_from((0, 1, 500, 5_000, 10_059)), st.booleans())
def test_nothing_changes_before_the_time_a_condition_promises(
    events: list[Event], text: str, later_ms: int, spread: bool
) -> None:
    now_ms = events[-1].time_ms + later_ms
    decider, profile, shift = decided(events, now_ms, spread=spread)
    node = parse_expression(text, SCOPE)
    read = decider.program.compiled(node)
    value, until_ms = read(decode_profile(profile), now_ms)
    inside = {name: Oracle(DEFINITIONS, events, shift).place(name, now_ms) for name in DEFINITIONS.segments}
    oracle = Oracle(DEFINITIONS, events, shift, inside)
    assert value is oracle.value(node, now_ms)
    end_ms = min(until_ms, now_ms + BEYOND_MS)
    for moment_ms in {*instants(events, shift, now_ms, end_ms)[:60], end_ms - 1}:
        assert oracle.value(node, moment_ms) is value, moment_ms
        assert read(decode_profile(profile), moment_ms)[0] is value, moment_ms


@modest
@given(histories(), conditions(SCOPE))
def test_the_moments_promised_lead_to_every_change(events: list[Event], text: str) -> None:
    """Whoever asks only at the promised times sees every change that the oracle sees."""
    now_ms = events[-1].time_ms
    decider, encoded, shift = decided(events, now_ms, spread=True)
    node, profile = parse_expression(text, SCOPE), decode_profile(encoded)
    read = decider.program.compiled(node)
    inside = {name: Oracle(DEFINITIONS, events, shift).place(name, now_ms) for name in DEFINITIONS.segments}
    oracle = Oracle(DEFINITIONS, events, shift, inside)
    value, until_ms = read(profile, now_ms)
    asked = 0
    for moment_ms in [*instants(events, shift, now_ms, now_ms + BEYOND_MS), now_ms + LONG_MS]:
        while until_ms <= moment_ms:
            value, until_ms = read(profile, until_ms)
            asked += 1
            assert asked < 2_000
        assert oracle.value(node, moment_ms) is value, moment_ms
