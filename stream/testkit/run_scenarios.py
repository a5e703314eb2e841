"""Running scenarios: the real decisions on virtual time, in no time."""

from collections import deque
from typing import Final

import msgspec

from stream.decision.decider import Decider
from stream.decision.items.shelf import Shelf
from stream.decision.knowledge.knowledge import Knowledge
from stream.decision.knowledge.learning import Learning
from stream.decision.program import Program
from stream.definitions.shapes import Definitions
from stream.model.outcomes import AnyOutcome, Decision, Goal, Leaf, RunChange, SegmentChange, Trigger, Why, Withdrawal
from stream.model.products import Product
from stream.model.profile import Profile
from stream.testkit.check_scenarios import Checked, Watch
from stream.testkit.offsets import START_MS
from stream.testkit.scenarios import ALL, SEGMENT_KINDS, Expected, Kind, Scenario

_NOT_REFUSED: Final = ("sent", "withdrawn")


class Happened(msgspec.Struct, frozen=True):
    """One outcome in the words of a scenario, `at_ms` after the start."""

    at_ms: int
    user: str
    kind: Kind
    name: str
    because: str | None = None
    key: str | None = None
    value: float | None = None
    why: Why | None = None
    from_tier: str | None = None
    to_tier: str | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What a scenario came to: what met its expectation, what was missing and what came unexpectedly.

    A missing segment change has the leaves of its condition, as they stood when it should have come.
    """

    checked: Checked
    met: tuple[tuple[Expected, Happened], ...]
    missing: tuple[tuple[Expected, list[Leaf]], ...]
    unexpected: tuple[Happened, ...]

    @property
    def passed(self) -> bool:
        """Whether exactly the expected happened."""
        return not self.missing and not self.unexpected


class Player:
    """Plays scenarios of one config, which is compiled once for all that assume the same."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions: Final = definitions
        self._programs: Final[dict[tuple[frozenset[str], bool], Program]] = {}

    def run(self, checked: Checked) -> Verdict:
        """Play a scenario through the decisions and compare what came out with the complete expected list."""
        return _verdict(checked, self._program(checked.scenario))

    def _program(self, scenario: Scenario) -> Program:
        assumed = _consents(scenario, self.definitions), scenario.held_out
        known = self._programs.get(assumed)
        if known is None:
            definitions = msgspec.structs.replace(
                self.definitions,
                assumed_consents=assumed[0],
                assumed_holdout="everyone" if scenario.held_out else "nobody",
            )
            known = self._programs[assumed] = Program(definitions)
        return known


def run_scenario(checked: Checked, definitions: Definitions) -> Verdict:
    """Play one scenario of a config."""
    return Player(definitions).run(checked)


def _verdict(checked: Checked, program: Program) -> Verdict:
    outcomes = _decided(checked, program, {}, checked.scenario.until_ms)
    happened = [each for outcome in outcomes if (each := _happened(outcome, checked.watch)) is not None]
    met: list[tuple[Expected, Happened]] = []
    missing: list[tuple[Expected, list[Leaf]]] = []
    # The most exact expectation chooses first, or a vaguer one could take the outcome that only fits the other.
    for expected in sorted(checked.scenario.expect, key=_vagueness):
        match = next((each for each in happened if _meets(each, expected)), None)
        if match is None:
            missing.append((expected, _leaves_of(expected, checked, program)))
        else:
            happened.remove(match)
            met.append((expected, match))
    return Verdict(checked, tuple(met), tuple(missing), tuple(happened))


def _leaves_of(expected: Expected, checked: Checked, program: Program) -> list[Leaf]:
    """Return how the condition stood of a segment change that did not come; nothing for other expectations."""
    segment = program.definitions.segments.get(expected.name)
    if segment is None or expected.kind not in SEGMENT_KINDS:
        return []
    leaves = expected.kind == "exited" and segment.exit is not None
    conditions = segment.conditions()[1:] if leaves else segment.leading_to(expected.to_tier or "")
    profiles: dict[str, Profile] = {}
    _decided(checked, program, profiles, expected.to_ms)
    profile = profiles.get(expected.user)
    if profile is None:
        return []
    return program.explainer.leaves_of(conditions, profile, START_MS + expected.to_ms)


def _decided(checked: Checked, program: Program, profiles: dict[str, Profile], until_ms: int) -> list[AnyOutcome]:
    """Decide over all that arrives, and all that falls due, by an offset from the start; what they teach is learnt."""
    end_ms = START_MS + until_ms
    decider = Decider(program.definitions, profiles, spread=False, program=program)
    learning = Learning(decider, Knowledge(program.definitions.policy.learn_every_ms))
    outcomes: list[AnyOutcome] = []
    shelf, products = Shelf(decider), deque(checked.products)
    for arrival_ms, event in checked.arrivals:
        if arrival_ms > end_ms:
            break
        while products and products[0][0] <= arrival_ms:
            outcomes += _changed(learning, shelf, products.popleft())
        # At equal time the event comes before the timers, hence one millisecond earlier.
        outcomes += _outcomes(learning, arrival_ms - 1)
        decider.decide(event)
    for changed in products:
        outcomes += _changed(learning, shelf, changed) if changed[0] <= end_ms else []
    return outcomes + _outcomes(learning, end_ms)


def _changed(learning: Learning, shelf: Shelf, changed: tuple[int, str, Product]) -> list[AnyOutcome]:
    """Let a product be another one: who is told is told of it as time goes on."""
    at_ms, name, product = changed
    outcomes = _outcomes(learning, at_ms - 1)
    shelf.put(name, product, at_ms)
    return outcomes


def _outcomes(learning: Learning, clock_ms: int) -> list[AnyOutcome]:
    return [outcome for taken in learning.decide(clock_ms) for outcome in taken.outcomes]


def _consents(scenario: Scenario, definitions: Definitions) -> frozenset[str]:
    if ALL in scenario.consents:
        return frozenset(purpose for action in definitions.actions.values() for purpose in action.purposes)
    return frozenset(scenario.consents)


def _happened(outcome: AnyOutcome, watch: Watch) -> Happened | None:
    """Return an outcome in a scenario's words, or None where scenarios do not list it or this one does not watch it."""
    if not _is_watched(outcome, watch) or _goes_unsaid(outcome):
        return None
    at_ms, user = outcome.at_ms - START_MS, outcome.user_id
    match outcome:
        case SegmentChange():
            return Happened(
                at_ms,
                user,
                outcome.change,
                outcome.segment,
                why=outcome.why,
                from_tier=outcome.from_ or None,
                to_tier=outcome.to or None,
            )
        case Trigger():
            return Happened(at_ms, user, "triggered", outcome.action, key=outcome.key, why=outcome.why)
        case Withdrawal():
            return Happened(at_ms, user, "withdrawn", outcome.action, outcome.reason)
        case Decision():
            return Happened(at_ms, user, "refused", outcome.action, outcome.verdict, outcome.key, why=outcome.why)
        case RunChange():
            return Happened(at_ms, user, "ended", outcome.journey, outcome.reason, outcome.key)
        case Goal():
            return Happened(at_ms, user, "goal", outcome.event, key=outcome.key, value=outcome.value)


def _is_watched(outcome: AnyOutcome, watch: Watch) -> bool:
    if isinstance(outcome, SegmentChange):
        return watch.journey is None and watch.segment in (None, outcome.segment)
    return watch.segment is None and watch.journey in (None, outcome.journey)


def _goes_unsaid(outcome: AnyOutcome) -> bool:
    """Whether another outcome says it already: a sent trigger's decision, and of a run's start its first step."""
    match outcome:
        case Decision():
            return outcome.verdict in _NOT_REFUSED
        case RunChange():
            return outcome.change == "started"
        case _:
            return False


def _meets(happened: Happened, expected: Expected) -> bool:
    return (
        (happened.kind, happened.name, happened.user) == (expected.kind, expected.name, expected.user)
        and expected.from_ms <= happened.at_ms <= expected.to_ms
        and expected.because in (None, happened.because)
        and expected.key in (None, happened.key)
        and expected.value in (None, happened.value)
        and expected.from_tier in (None, happened.from_tier)
        and expected.to_tier in (None, happened.to_tier)
    )


def _vagueness(expected: Expected) -> tuple[int, int]:
    asked = (expected.because, expected.key, expected.value, expected.from_tier, expected.to_tier)
    return asked.count(None), expected.to_ms - expected.from_ms
