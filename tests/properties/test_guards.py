"""A membership is asked again only where an event may have changed it, and it is as if it were asked at each event."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision import keyed, reactions
from stream.decision.decider import Decider
from stream.decision.guards import ALWAYS, Guards
from stream.definitions import expressions as x
from stream.definitions.parsing import parse_expression
from stream.definitions.shapes import Definitions, Tier
from stream.model.events import Event
from stream.model.outcomes import encode_outcome
from tests.properties.histories import histories, modest
from tests.properties.test_memberships import SCOPE, with_segment
from tests.properties.written import conditions

CONDITIONS = (
    "count_w >= 2",
    "count_w > 2 and count_w < 5",
    "count_w < 3",
    "count == 3",
    "count >= 2 and count <= 4",
    "count != 2 or count_w >= 3",
    "since(last_at) >= 2s",
    "since(last_at) < 3s and count_w >= 1",
    "since(last_at) >= 1s and count_w >= 2",
    "since(last_at) > 5s or count_w >= 4",
    "since(first_at) < 10s",
    "not (count_w >= 2 and count > 2)",
    "some_w >= 2 and count_w >= 3",
    "last_f or some_w >= 2",
    "count_all_ended >= 2",
    "count_all_ended >= 1 and count_w < 2",
    "active and count < 6",
    "is_busy or since(last_at_w) >= 4s",
    "sum_i >= 3 and count_w >= 2",
    "sum_i >= 3 and count > 1",
    "sum_i > count or last_f",
    "avg_n_w >= 2 and count_w >= 2",
    "avg_n_w < 2",
    "max_i_w > 2 or min_n_w < 1",
    "known(last_at) and not active",
    "active and since(last_at) < 4s",
    "count == 1 or since(first_at) <= 3s",
    "not known(first_at) or sum_i >= 2 and since(last_at) > 1s",
    "count_by_s_w[top(count_by_s_w)] >= 2",
    "count_by_s_w[top(count_by_s_w)] < 2",
    "count_by_s[top(count_by_s)] > 2 and since(last_at) >= 1s",
    "count_by_s_w[top(count_by_s_w)] == 2 or count_by_s[top(count_by_s)] <= 1",
    "count_by_s_w[top(count_by_s)] >= 2",
)


class Doubting(Guards):
    """Guards that know nothing."""

    def enters(self, node: x.Expr) -> str:  # whatever it is
        return ALWAYS

    fails = holds = enters


def told(definitions: Definitions, events: list[Event], guards: type[Guards], room: int = 256) -> list[bytes]:
    """Return all outcomes of events, and of time after them; those of one moment in no order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reactions, "Guards", guards)
        patch.setattr(keyed, "KEPT_IN_ALL", room)
        decider = Decider(definitions, {})
        for event in events:
            decider.decide(event)
        decider.advance(max(event.time_ms for event in events) + 60_000)
    outcomes = sorted((outcome.at_ms, encode_outcome(outcome)) for outcome in decider.take().outcomes)
    return [encoded for _, encoded in outcomes]


def arriving(events: list[Event], late: list[tuple[int, int]]) -> list[Event]:
    """Return the events as they arrive, some of them late."""
    for place, later in late:
        events.insert(min(place + later, len(events)), events.pop(place % len(events)))
    return events


some_late = st.lists(st.tuples(st.integers(0, 19), st.integers(1, 4)), max_size=3)


some_condition = st.one_of(st.sampled_from(CONDITIONS), conditions(SCOPE, depth=2))


@modest
@given(histories(20), some_condition, st.one_of(st.none(), some_condition), some_late, st.sampled_from((256, 2, 3)))
def test_asking_only_where_needed_changes_nothing(
    events: list[Event], when: str, leave: str | None, late: list[tuple[int, int]], room: int
) -> None:
    definitions, events = with_segment(when, leave), arriving(events, late)
    assert told(definitions, events, Guards, room) == told(definitions, events, Doubting, room)


@modest
@given(histories(20), st.lists(some_condition, min_size=1, max_size=3), some_late)
def test_so_it_is_with_tiers(events: list[Event], whens: list[str], late: list[tuple[int, int]]) -> None:
    conditions = [*(parse_expression(when, SCOPE) for when in whens), None]
    tiers = tuple(Tier(f"t{number}", when) for number, when in enumerate(conditions))
    plain = with_segment("count >= 0")
    drawn = msgspec.structs.replace(plain.segments["drawn"], tiers=tiers)
    definitions = msgspec.structs.replace(plain, segments={**plain.segments, "drawn": drawn})
    events = arriving(events, late)
    assert told(definitions, events, Guards) == told(definitions, events, Doubting)
