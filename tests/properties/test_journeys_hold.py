"""What must hold whatever journeys, actions and policies say and whatever users do.

`EXAMPLES=500` draws more configs. A number in a failure draws its config and its days again.
"""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.program import Program
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome, Decision, RunChange, encode_outcome
from tests.decision.story import assuming, config
from tests.properties.drawn_journeys import drawn
from tests.properties.histories import modest
from tests.properties.journey_days import H, Living, answered, arriving_late, days
from tests.properties.journeys_checker import violations

HISTORIES_OF_EACH = 4
numbers = st.integers(0, 1 << 32)


def histories(program: Program, number: int) -> list[list[Event]]:
    """Draw days under a program, every second one with events that come late."""
    found = []
    for place in range(HISTORIES_OF_EACH):
        random = Random(f"{number}/{place}")
        events = days(random)
        events = answered(random, events, Living(program).live(events).outcomes)
        found.append(arriving_late(random, events) if place % 2 else events)
    return found


def fewest(events: list[Event], wrong_of: Callable[[list[Event]], object]) -> str:
    """Leave out the events that a fault does not need, and show it."""
    for event in list(events):
        without = [other for other in events if other is not event]
        if without and wrong_of(without):
            events = without
    shown = "\n".join(f"  {event.time_ms} {event.id} {event.user} {event.name} {event.props}" for event in events)
    return f"{wrong_of(events)} after\n{shown}"


def ids(outcomes: Sequence[AnyOutcome]) -> list[bytes]:
    return sorted(map(encode_outcome, outcomes))


@modest
@given(numbers)
def test_no_outcome_is_one_that_must_never_be(number: int) -> None:
    definitions = drawn(number)
    program = Program(definitions)

    def wrong(events: list[Event]) -> list[str]:
        living = Living(program).live(events)
        return living.wrong + violations(definitions, events, living.outcomes)

    for events in histories(program, number):
        assert not wrong(events), fewest(events, wrong)


@modest
@given(numbers)
def test_repeats_restarts_other_users_and_the_steps_of_the_clock_change_nothing(number: int) -> None:
    program = Program(drawn(number))
    for place, events in enumerate(histories(program, number)):
        straight = Living(program).live(events)
        other = Living(program, Random(number)).live(events, is_stepped=not place % 2)
        assert other.wrong == []
        assert other.by_user() == straight.by_user()
        assert other.all_profiles() == straight.all_profiles()
        assert other.counts() == straight.counts()


@modest
@given(numbers)
def test_no_run_goes_on_for_ever(number: int) -> None:
    program = Program(drawn(number, feeds_back=False))

    def under_way(events: list[Event]) -> set[str]:
        living = Living(program).live(events)
        changes = [o for o in living.outcomes if isinstance(o, RunChange)]
        left = {o.run_id for o in changes if o.change == "started"} - {o.run_id for o in changes if o.change == "ended"}
        return left | {name for name in living.counts() if name.startswith("run ")}

    for events in histories(program, number):
        kept = [event for event in events if event.name != "erasure_requested"]
        assert not kept or not under_way(kept), fewest(kept, under_way)


@modest
@given(numbers)
def test_ghosts_are_just_what_others_would_have_got(number: int) -> None:
    definitions = drawn(number, feeds_back=False, best_time=False)  # ghosts count as no triggers, and have no answers
    nobody = Program(msgspec.structs.replace(definitions, assumed_holdout="nobody"))
    everyone = Program(msgspec.structs.replace(definitions, assumed_holdout="everyone"))

    def different(events: list[Event]) -> list[object]:
        real, ghosts = (fates(definitions, Living(program).live(events).outcomes) for program in (nobody, everyone))
        return [pair for pair in zip_longest(real, ghosts) if pair[0] != pair[1]]

    for events in histories(nobody, number):
        assert not different(events), fewest(events, different)


def fates(definitions: Definitions, outcomes: Sequence[AnyOutcome]) -> list[tuple[object, ...]]:
    """Return what became of proposals and runs; for what was sent, what would have been sent counts as well."""
    found: list[tuple[object, ...]] = []
    for outcome in outcomes:
        if isinstance(outcome, Decision):
            action = definitions.actions[outcome.action]
            verdict = "took up room" if outcome.verdict in ("sent", "held_out") else outcome.verdict
            if outcome.verdict == "held_out":
                assert not action.is_transactional
            found.append((outcome.id, verdict, outcome.at_ms, outcome.step, outcome.action, *outcome.why.caps))
        elif isinstance(outcome, RunChange):
            found.append((outcome.id, outcome.at_ms, outcome.reason))
    return found


@modest
@given(numbers)
def test_it_does_not_matter_in_what_order_journeys_are_read(number: int) -> None:
    definitions = drawn(number, feeds_back=False)
    other = msgspec.structs.replace(definitions, journeys=dict(reversed(definitions.journeys.items())))
    program, reversed_program = Program(definitions), Program(other)
    for events in histories(program, number):
        assert ids(Living(program).live(events).outcomes) == ids(Living(reversed_program).live(events).outcomes)


COMPETING = """\
mail: {channel: email, purpose: marketing, template: t, value: n}
news: {channel: email, purpose: marketing, template: t, value: f, fallback: ad}
ad: {channel: ads, purpose: marketing, template: t, tier: useful}
"""
SETTLING = """\
settle: 1m
tiers: [urgent, useful]
caps: [{channel: email, at_most: 1, within: 1h, on_cap: defer}]
exclusive: {one: {of: [{channel: ads}, {channel: email}], within: 10m}}
"""
TRAITS = "n: {max: measured.n, within: 1d}\nf: {sum: measured.i, within: 1d}\n"


@modest
@given(st.permutations(["viewed", "closed", "product_added", "settled", "measured"]), st.integers(0, 3), st.data())
def test_what_settles_does_not_depend_on_the_order_of_events_of_one_moment(
    names: list[str], i: int, data: st.DataObject
) -> None:
    starts = dict(zip(names, ["mail", "news", "ad", "mail", "news"], strict=True))
    journey = "enter: {event: %s, again_after: 0d}\nsteps: [{trigger: %s}, {wait: 30m}, {trigger: mail}]\n"
    journeys = {f"j_{name}": journey % (name, action) for name, action in starts.items() if name != "measured"}
    program = Program(assuming(config(TRAITS, None, journeys, COMPETING, SETTLING), "marketing"))
    events = [Event("u", name, H, name, {"n": 2, "i": i} if name == "measured" else {}) for name in names]
    events = [msgspec.structs.replace(e, props={"product_id": "a"}) if e.name == "product_added" else e for e in events]
    one, other = (Living(program).live(order).outcomes for order in (events, data.draw(st.permutations(events))))
    assert _decisions(one) == _decisions(other)
    assert not violations(program.definitions, events, one)


def _decisions(outcomes: Sequence[AnyOutcome]) -> list[tuple[object, ...]]:
    decided = [o for o in outcomes if isinstance(o, Decision)]
    return [(o.id, o.verdict, o.at_ms, o.why.score, o.why.rivals) for o in decided]
