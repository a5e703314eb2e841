"""Looks for what no journey and no policy may ever do, in the definitions, the events and the outcomes alone.

It keeps plain lists of what happened, and reads them once more for each trigger. An outcome of a cause that is an event
was decided once that was told; one by time before the first event of a later time. Late events may have come before or
after a timer: what is wrong is wrong either way.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from stream.definitions import expressions as x
from stream.definitions.comparators import HOLDS
from stream.definitions.journey_shapes import ChooseStep, Heard, Journey, LocalTime, TriggerStep, WaitUntilStep
from stream.definitions.reaching import all_steps
from stream.definitions.shapes import Definitions
from stream.model.events import Event, Scalar
from stream.model.outcomes import AnyOutcome, Decision, RunChange, SegmentChange, Trigger, Withdrawal
from tests.properties.journeys_told import Life, lives
from tests.properties.policy_checker import PolicyChecking

ON_EXIT: Final = "exit."


def violations(definitions: Definitions, events: Sequence[Event], outcomes: Sequence[AnyOutcome]) -> list[str]:
    """Return all that is wrong, in words; `events` in the order in which they were decided, `outcomes` as they came.

    Each user's outcomes must be whole, from their first event on, and the clock ahead of no event but late ones.
    """
    found: list[str] = []
    for user in dict.fromkeys(outcome.user_id for outcome in outcomes):
        own = [event for event in events if event.user == user]
        whole = [outcome for outcome in outcomes if outcome.user_id == user]
        ids = Counter(outcome.id for outcome in whole if isinstance(outcome, Decision))
        found += [f"the decision {one} stands {times} times ({user})" for one, times in ids.items() if times > 1]
        for life in lives(own, whole):
            found += [f"{wrong} ({user})" for wrong in _Checking(definitions, life).wrong()]
    return found


class _Checking:
    """The checking of one life: its runs so far, and the segments that the user is in."""

    def __init__(self, definitions: Definitions, life: Life) -> None:
        self.definitions, self.life = definitions, life
        self.decisions = [o for o in life.outcomes if isinstance(o, Decision)]
        self.triggers = {o.id: o for o in life.outcomes if isinstance(o, Trigger)}
        self.policy = PolicyChecking(definitions, life)
        self.inside: set[str] = set()
        self.begun: dict[str, tuple[RunChange, int]] = {}
        self.ended: dict[str, RunChange] = {}
        self.left: list[int] = []

    def wrong(self) -> Iterator[str]:
        yield from self._fates()
        for number, outcome in enumerate(self.life.outcomes):
            places = self.life.places[number]
            match outcome:
                case SegmentChange():
                    self._cross(outcome, number)
                case RunChange():
                    yield from self._run(outcome, places)
                case Trigger():
                    yield from self._of_run(outcome, number, places)
                case Decision(verdict="sent" | "held_out"):
                    yield from self.policy.wrong(outcome, places)
                    yield from self._of_run(outcome, number, places)
                case Decision(verdict="withdrawn"):
                    pass
                case Decision():
                    yield from self._under_way(outcome)
        yield from self._unfinished()

    # Fates

    def _fates(self) -> Iterator[str]:
        """Triggers are just what was decided to be sent; withdrawals of what was."""
        sent = {decision.id: decision for decision in self.decisions if decision.verdict == "sent"}
        count = sum(isinstance(o, Trigger) for o in self.life.outcomes)
        if count != len(self.triggers):
            yield "a trigger stands more than once"
        yield from (f"{one} is sent, or a trigger, and not both" for one in self.triggers.keys() ^ sent.keys())
        for one in self.triggers.keys() & sent.keys():
            if _same(sent[one]) != _same(self.triggers[one]):
                yield f"the decision of {one} says otherwise than the trigger"
            if self.triggers[one].valid_until_ms <= self.triggers[one].at_ms:
                yield f"{one} is not valid when it is sent"
        withdrawn = {decision.id for decision in self.decisions if decision.verdict == "withdrawn"}
        back = [o for o in self.life.outcomes if isinstance(o, Withdrawal)]
        for taken in back:
            trigger = self.triggers.get(taken.trigger_id)
            in_force = trigger is not None and trigger.at_ms <= taken.at_ms < trigger.valid_until_ms
            if trigger is None or not in_force or taken.id not in withdrawn:
                yield f"{taken.trigger_id} is withdrawn and was not in force, or that is not on record"
            elif trigger.step.startswith(ON_EXIT):
                yield f"{taken.trigger_id} is withdrawn, and was sent because its run was left"
        if len({taken.trigger_id for taken in back}) != len(back):
            yield "a trigger is withdrawn twice"

    def _unfinished(self) -> Iterator[str]:
        """Of a run that ended, no step is still put off; one that went all the way asked for all it had to."""
        last = {(o.run_id, o.step): o for o in self.decisions}
        for (run_id, place), decision in last.items():
            is_over = run_id in self.ended and self.ended[run_id].reason != "definition_changed"
            if decision.verdict == "deferred" and is_over and not place.startswith(ON_EXIT):
                yield f"of what {run_id} put off at {place} nothing became"
        for run_id, run in self.ended.items():
            journey = self._journey(run)
            if run.reason != "completed" or journey is None or _may_skip(journey):
                continue
            for step in journey.steps:
                if isinstance(step, TriggerStep | ChooseStep) and (run_id, step.step) not in last:
                    yield f"{run_id} is complete, and of {step.step} nothing became"

    # Runs

    def _journey(self, run: RunChange) -> Journey | None:
        journey = self.definitions.journeys.get(run.journey)
        return journey if journey is not None and journey.hash == run.version else None

    def _run(self, run: RunChange, places: tuple[int, int]) -> Iterator[str]:
        journey = self._journey(run)
        if run.change == "ended":
            if run.run_id in self.ended or run.run_id not in self.begun:
                yield f"the run {run.run_id} ends twice, or did not begin"
            self.ended[run.run_id] = run
            return
        if run.run_id in self.begun:
            yield f"the run {run.run_id} begins twice"
        own = [(one, at) for one, at in self.begun.values() if one.journey == run.journey]
        under_way = [one for one, _ in own if one.run_id not in self.ended]
        self.begun[run.run_id] = run, places[1]
        if journey is None:
            return
        if any(one.key == run.key for one in under_way):
            yield f"two runs of {run.journey} and key {run.key!r} at a time"
        if 0 < journey.enter.max_concurrent <= len(under_way):
            yield f"more than {journey.enter.max_concurrent} runs of {run.journey} at a time"
        restarts = any(o.reason == "restarted" and o.at_ms == run.at_ms for o in self.ended.values())
        if own and journey.enter.once and not restarts:
            yield f"{run.journey} is entered twice"
        exits = [o.at_ms for o in self.ended.values() if o.journey == run.journey and o.reason != "restarted"]
        before = exits if journey.enter.again_from == "exit" else [one.at_ms for one, _ in own]
        if before and not restarts and run.at_ms - max(before) < journey.enter.again_after_ms:
            yield f"{run.journey} is entered too soon again"

    def _under_way(self, outcome: Trigger | Decision) -> Iterator[str]:
        """Nothing is proposed before a run begins or after it ended, except what it does then."""
        ended = self.ended.get(outcome.run_id)
        if outcome.run_id not in self.begun:
            yield f"{outcome.id} is of a run that has not begun"
        elif outcome.step.startswith(ON_EXIT) and (ended is None or ended.reason == "completed"):
            yield f"{outcome.id} is for when its run is left, and it was not"
        elif ended is not None and not outcome.step.startswith(ON_EXIT):
            yield f"{outcome.id} comes after the end of its run"

    def _of_run(self, outcome: Trigger | Decision, number: int, places: tuple[int, int]) -> Iterator[str]:
        yield from self._under_way(outcome)
        if outcome.run_id not in self.begun or outcome.step.startswith(ON_EXIT):
            return
        run, begun_at = self.begun[outcome.run_id]
        journey = self._journey(run)
        if journey is None:
            return
        least = places[0]
        for place in range(begun_at, least):
            event = self.life.events[place]
            if any(_concerns(heard, event.name, event.props, run.key) for heard in journey.exit_on):
                yield f"{outcome.id} comes after {event.id}, which exits its run"
        yield from self._after_derived(outcome, journey, number)
        if journey.exit_when is not None and self._holds(journey.exit_when) is True:
            yield f"{outcome.id} comes while {journey.exit_when.text}, which exits its run"

    def _after_derived(self, outcome: Trigger | Decision, journey: Journey, number: int) -> Iterator[str]:
        """Look for exits by segments left, and by consents taken back, since the run began."""
        run, begun_at = self.begun[outcome.run_id]
        first = self.life.outcomes.index(run)
        for heard in journey.exit_on:
            is_of_all = heard.event == "segment_exited" and heard.where is None
            if is_of_all and any(first < n < number for n in self.left):
                yield f"{outcome.id} comes after a segment was left, which exits its run"
            if heard.event == "consent_withdrawn":
                for place in range(begun_at, self.life.places[number][0]):
                    taken = self._withdrawn_by(place)
                    if taken and _concerns(heard, "consent_withdrawn", {"purpose": taken}, run.key):
                        yield f"{outcome.id} comes after consent to {taken} was withdrawn, which exits its run"

    def _withdrawn_by(self, place: int) -> str:
        """Return the purpose of which an event takes the consent back, "" where it does not."""
        event = self.life.events[place]
        purpose = str(event.props.get("purpose", ""))
        if event.name != "consent_changed" or self.life.told(place).consent(purpose) is not True:
            return ""
        return purpose if self.life.told(place + 1).consent(purpose) is False else ""

    def _cross(self, change: SegmentChange, number: int) -> None:
        for name, how in change.crossed():
            if how == "entered":
                self.inside.add(name)
            else:
                self.inside.discard(name)
                self.left.append(number)

    def _holds(self, node: x.Expr) -> bool | None:
        """Say whether a condition of segments holds, or one that a segment has word by word; None where unknown."""
        same = [
            s for s in self.definitions.segments.values() if s.when.text == node.text and not s.exit and not s.tiers
        ]
        if isinstance(node, x.Name) and node.kind == "segment":
            return node.name in self.inside
        if same and not same[0].stay_ms:
            return same[0].name in self.inside
        if isinstance(node, x.Logic):
            return _kleene(node.op, [self._holds(part) for part in node.parts])
        part = self._holds(node.part) if isinstance(node, x.Not) else None
        return None if part is None else not part


def _same(outcome: Decision | Trigger) -> tuple[object, ...]:
    return outcome.at_ms, outcome.run_id, outcome.step, outcome.action, outcome.key, outcome.why


def _may_skip(journey: Journey) -> bool:
    """Say whether a run may leave out steps of the journey itself: those after a wait for what is past."""
    untils = [step.until for step in all_steps(journey.steps) if isinstance(step, WaitUntilStep)]
    return any(not isinstance(until, LocalTime) and until.past == "skip" for until in untils)


def _concerns(heard: Heard, name: str, props: dict[str, Scalar], key: str) -> bool:
    """Say whether an occurrence is surely one that is listened to."""
    if heard.event != name:
        return False
    value = props.get(heard.match) if heard.match is not None else None
    if value is not None and str(value) != key:
        return False
    return heard.where is None or _true_of(heard.where, props) is True


def _true_of(node: x.Expr, props: dict[str, Scalar]) -> bool | None:
    """Say whether a simple condition holds of an occurrence; None where unknown, or where it is not simple."""
    match node:
        case x.Compare(left=x.Name(kind="property", name=name), right=x.Constant(value=value), op=op):
            return None if props.get(name) is None else bool(HOLDS[op](props[name], value))
        case x.Known(part=x.Name(kind="property", name=name)):
            return props.get(name) is not None
        case x.Logic():
            return _kleene(node.op, [_true_of(part, props) for part in node.parts])
        case _:
            return None


def _kleene(op: str, parts: Sequence[bool | None]) -> bool | None:
    decisive = op == "or"
    return decisive if decisive in parts else None if None in parts else not decisive
