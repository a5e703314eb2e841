"""Sequences against a search through all ways to put a list of events one after another."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from stream.model.events import Event
from tests.decision.story import Story, config
from tests.properties.histories import modest

SPAN_MS = 1_000
TRAITS = """\
pair: {sequence: [viewed, closed], span: 1s}
endless: {sequence: [viewed, closed]}
three: {sequence: [viewed, measured, closed], span: 1s}
again: {sequence: [viewed, viewed, closed], span: 1s}
direct: {sequence: [viewed, closed], without: measured, span: 1s}
keyed: {sequence: [measured, settled], by: s, span: 1s}
rate: {sequence_rate: [viewed, closed], span: 1s}
"""
CONFIG = config(TRAITS)
STEPS = st.lists(
    st.tuples(
        st.sampled_from((0, 1, 300, 500, 999, 1_000, 1_001)),
        st.sampled_from(("viewed", "viewed", "closed", "measured", "settled")),
        st.sampled_from(("a", "b")),
    ),
    min_size=1,
    max_size=14,
)


def events_of(drawn: list[tuple[int, str, str]]) -> list[Event]:
    time_ms, events = 0, []
    for number, (gap_ms, name, key) in enumerate(drawn):
        time_ms += gap_ms
        events.append(Event("u", name, time_ms, f"e{number}", {"s": key}))
    return events


def counted(events: list[Event], steps: list[str], without: str = "", span_ms: int = SPAN_MS) -> int:
    """Count the events that end a sequence which lies wholly after the one counted before it."""
    count = free = 0
    for last, event in enumerate(events):
        if event.name != steps[-1]:
            continue
        for chosen in combinations(range(free, last), len(steps) - 1):
            path = [events[at] for at in chosen]
            if (
                [its.name for its in path] == steps[:-1]
                and event.time_ms - path[0].time_ms <= span_ms
                and not any(its.name == without for its in events[chosen[0] : last])
            ):
                count, free = count + 1, last + 1
                break
    return count


def begun(events: list[Event]) -> int:
    """Count the views that come while none of the last second waits for its end."""
    count, waiting_ms = 0, None
    for event in events:
        if event.name == "viewed":
            count += waiting_ms is None or event.time_ms - waiting_ms > SPAN_MS
            waiting_ms = event.time_ms
        elif event.name == "closed" and waiting_ms is not None and event.time_ms - waiting_ms <= SPAN_MS:
            waiting_ms = None
    return count


@modest
@given(STEPS)
def test_sequences_are_what_a_search_finds(drawn: list[tuple[int, str, str]]) -> None:
    events, story = events_of(drawn), Story(CONFIG)
    for event in events:
        story.hear(event)
    pairs, views = counted(events, ["viewed", "closed"]), begun(events)
    by_key = [[event for event in events if event.props["s"] == key] for key in "ab"]
    expected = {
        "pair": pairs,
        "endless": counted(events, ["viewed", "closed"], span_ms=99_999),
        "three": counted(events, ["viewed", "measured", "closed"]),
        "again": counted(events, ["viewed", "viewed", "closed"]),
        "direct": counted(events, ["viewed", "closed"], without="measured"),
        "keyed": sum(counted(of_key, ["measured", "settled"]) for of_key in by_key),
        "rate": pairs / views if views else None,
    }
    assert {name: story.value(name, events[-1].time_ms) for name in expected} == expected
