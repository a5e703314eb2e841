"""Traits that fade against the sum over a plain list of events, and the moments promised for their comparisons."""

from math import isclose

from hypothesis import given
from hypothesis import strategies as st

from stream.model.events import Event
from stream.model.profile import NEVER, decode_profile, encode_profile
from tests.decision.story import Story, config
from tests.properties.histories import modest

HALF_LIFE_MS = 10_000
TRAITS = """\
seen: {count: measured, half_life: 10s}
some: {count: measured, where: n >= 1, half_life: 10s}
total: {sum: measured.n, half_life: 10s}
mean: {avg: measured.n, half_life: 10s}
net: {sum: measured.n, minus: measured.i, half_life: 10s}
by_s: {sum: measured.n, by: s, half_life: 10s}
rate: {rate: measured, per: viewed, half_life: 10s, min: 1}
"""
CONFIG = config(TRAITS)
TIMES = st.one_of(st.integers(0, 60_000), st.sampled_from((0, 1, 10_000, 20_000)))
PROPS = st.fixed_dictionaries(
    {},
    optional={
        "n": st.sampled_from((0, 1, -2.5, 3, 0.5)),
        "i": st.integers(-3, 5),
        "s": st.sampled_from(("a", "b")),
    },
)
SCATTERED = st.lists(st.tuples(TIMES, st.sampled_from(("measured", "measured", "viewed")), PROPS), min_size=1)
LATER = st.sampled_from((0, 1, 9_999, 10_000, 10_001, 50_000, 400_000))
LIMITS = st.sampled_from(("-3", "-0.25", "0", "0.125", "0.5", "1", "1.5", "2"))
OPERATORS = st.sampled_from(("<", "<=", ">", ">="))


def told(scattered: list[tuple[int, str, dict[str, object]]]) -> tuple[Story, list[Event]]:
    """A story in the order of the list, as of the latest time from the beginning, so that nothing lies ahead."""
    story, latest_ms = Story(CONFIG), max(at_ms for at_ms, _, _ in scattered)
    events = [story.event(at_ms, name, **(props if name == "measured" else {})) for at_ms, name, props in scattered]
    for event in [story.event(latest_ms, "closed"), *events]:
        story.hear(event)
    return story, events


def weight(event: Event, now_ms: int) -> float:
    return 2 ** ((event.time_ms - now_ms) / HALF_LIFE_MS)


def summed(events: list[Event], prop: str, now_ms: int) -> float:
    return sum(event.props[prop] * weight(event, now_ms) for event in events if prop in event.props)


@modest
@given(SCATTERED, LATER)
def test_what_is_left_is_the_sum_of_what_is_left_of_each_in_whatever_order_they_came(
    scattered: list[tuple[int, str, dict[str, object]]], later_ms: int
) -> None:
    story, events = told(scattered)
    now_ms = story.profile().now_ms + later_ms
    measured = [event for event in events if event.name == "measured"]
    of_a = [event for event in measured if event.props.get("s") == "a"]
    weights = sum(weight(event, now_ms) for event in measured if "n" in event.props)
    viewed = sum(weight(event, now_ms) for event in events if event.name == "viewed")
    seen = sum(weight(event, now_ms) for event in measured)
    expected = {
        "seen": seen,
        "some": sum(weight(event, now_ms) for event in measured if event.props.get("n", 0) >= 1),
        "total": summed(measured, "n", now_ms),
        "net": summed(measured, "n", now_ms) - summed(measured, "i", now_ms),
        "by_s['a']": summed(of_a, "n", now_ms),
        "mean": summed(measured, "n", now_ms) / weights if weights else None,
        "rate": seen / viewed if viewed >= 1 else None,
    }
    for text, value in expected.items():
        found = story.value(text, now_ms)
        assert (found is None) is (value is None), text
        assert value is None or isclose(found, value, rel_tol=1e-9, abs_tol=2e-9), text


@modest
@given(SCATTERED, st.sampled_from(("seen", "total", "net", "by_s['b']", "by_s[top(by_s)]")), OPERATORS, LIMITS)
def test_a_comparison_changes_at_the_moment_it_promises_and_at_no_other(
    scattered: list[tuple[int, str, dict[str, object]]], trait: str, operator: str, limit: str
) -> None:
    story, _ = told(scattered)
    now_ms, text = story.profile().now_ms, f"{trait} {operator} {limit}"
    encoded, read = encode_profile(story.profile()), story.decider.program.compiled(story.parsed(text))
    holds, until_ms = read(decode_profile(encoded), now_ms)
    assert until_ms > now_ms
    for at_ms in range(now_ms, min(until_ms, now_ms + 600_000), 7_919):
        assert read(decode_profile(encoded), at_ms)[0] is holds
    if until_ms < NEVER:
        assert read(decode_profile(encoded), until_ms - 1) == (holds, until_ms)
        assert read(decode_profile(encoded), until_ms) == (not holds, NEVER)
