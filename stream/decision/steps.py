"""A journey's steps laid out in a line, so that a run is one number: the instruction it goes on with."""

from collections.abc import Callable
from typing import Final

import msgspec

from stream.decision.heard import HeardCode, heard_code
from stream.decision.learning.choosing import learning_key
from stream.decision.reading import Reader, Test
from stream.definitions import journey_shapes as j
from stream.definitions.choosing import ChooseRule
from stream.definitions.expressions import Expr
from stream.definitions.picks import Payload


class Instruction(msgspec.Struct, kw_only=True):
    """What all instructions have: the place of their step."""

    step: str


class ChoiceOf(msgspec.Struct, frozen=True):
    """Several actions, by what rule one is chosen, and under which key what comes of it is learnt."""

    actions: tuple[str, ...]
    rule: ChooseRule
    features: tuple[Expr, ...]
    key: str


class Propose(Instruction, kw_only=True):
    """Propose an action, or one of a choice; with `after` only where the run sent one of those.

    `payload` goes over the action's own.
    """

    action: str = ""
    choice: ChoiceOf | None = None
    best_within_ms: int = 0
    payload: Payload = {}
    after: frozenset[str] = frozenset()


class Wait(Instruction, kw_only=True):
    """Wait so long, until a moment, or for the best time within so long; an event of `if_none` ends the run.

    Where the moment is past and the next step is to be left out, go on with `skip_to`.
    """

    wait_ms: int = 0
    until: j.Until | None = None
    best_within_ms: int = 0
    if_none: tuple[HeardCode, ...] = ()
    skip_to: int = -1


class WaitFor(Instruction, kw_only=True):
    """Wait for an event and then jump to `target`; without one in time go on with the next."""

    at_most_ms: int
    events: tuple[HeardCode, ...]
    reset_on: tuple[HeardCode, ...]
    if_none: tuple[HeardCode, ...]
    target: int = -1


class Jump(Instruction, kw_only=True):
    """Go on elsewhere; with `when` only unless it holds."""

    target: int = -1
    when: Reader | None = None
    condition: Expr | None = None


class Split(Instruction, kw_only=True):
    """Go on with one of some targets, each taken by its part of the sum of weights."""

    salt: str
    weights: tuple[int, ...]
    targets: list[int]


class Put(Instruction, kw_only=True):
    """Put values into the run's context."""

    values: dict[str, Expr]


class Goto(Instruction, kw_only=True):
    """Go on with a step that has a name, at most so often."""

    to: str
    at_most: int
    target: int = -1


class End(Instruction, kw_only=True):
    """End the run."""

    reason: str


AnyInstruction = Propose | Wait | WaitFor | Jump | Split | Put | Goto | End

COMPLETED: Final = "completed"


class Layout(msgspec.Struct, frozen=True):
    """A journey's instructions: those of its steps, the end, and from `exit_pc` on those of `on_exit`.

    `at` gives the first instruction of each step, by its place and, where it has one, its name; `loops` says that steps
    may be done again.
    """

    line: tuple[AnyInstruction, ...]
    exit_pc: int
    at: dict[str, int]
    loops: bool


class _Laying:
    """The laying out of one journey."""

    def __init__(
        self, journey: j.Journey, compiled: Callable[[Expr], Reader], occurrence: Callable[[Expr], Test]
    ) -> None:
        self._journey, self._compiled, self._occurrence = journey, compiled, occurrence
        self.line: list[AnyInstruction] = []
        self.at: dict[str, int] = {}
        self._gotos: list[Goto] = []

    def layout(self) -> Layout:
        self._lay(self._journey.steps)
        self.line.append(End(step="", reason=COMPLETED))
        exit_pc = len(self.line)
        self.line += [Propose(step=each.step, action=each.action, after=each.after) for each in self._journey.on_exit]
        self.at.update({name: self.at[place] for name, place in self._journey.named.items()})
        for goto in self._gotos:
            goto.target = self.at[goto.to]
        return Layout(tuple(self.line), exit_pc, self.at, bool(self._gotos))

    def _heard(self, listed: tuple[j.Heard, ...]) -> tuple[HeardCode, ...]:
        return tuple(heard_code(each, self._occurrence) for each in listed)

    def _lay(self, steps: tuple[j.Step, ...]) -> None:
        skipping: Wait | None = None
        for step in steps:
            self.at[step.step] = len(self.line)
            self._lay_one(step)
            if skipping is not None:
                skipping.skip_to = len(self.line)
            last = self.line[-1]
            skipping = last if isinstance(step, j.WaitUntilStep) and isinstance(last, Wait) else None
            if skipping is not None:
                skipping.skip_to = len(self.line)

    def _lay_one(self, step: j.Step) -> None:
        match step:
            case j.BranchStep():
                self._branch(step)
            case j.SplitStep():
                self._split(step)
            case j.WaitForStep():
                self._wait_for(step)
            case j.TriggerStep():
                self._trigger(step)
            case _:
                self.line.append(self._plain(step))

    def _trigger(self, step: j.TriggerStep) -> None:
        """The wait for the best time, if any, and the proposal."""
        within_ms = step.best_within_ms
        if within_ms:
            self.line.append(Wait(step=step.step, best_within_ms=within_ms))
        self.line.append(Propose(step=step.step, action=step.action, best_within_ms=within_ms, payload=step.payload))

    def _plain(
        self, step: j.WaitStep | j.WaitUntilStep | j.ChooseStep | j.SetStep | j.GotoStep | j.EndStep
    ) -> AnyInstruction:
        match step:
            case j.WaitStep():
                return Wait(step=step.step, wait_ms=step.wait_ms, if_none=self._heard(step.if_none))
            case j.WaitUntilStep():
                return Wait(step=step.step, until=step.until, if_none=self._heard(step.if_none))
            case j.ChooseStep():
                goal = self._journey.goal.event if self._journey.goal is not None else ""
                key = learning_key(self._journey.name, step.step, goal, step.rule)
                choice = ChoiceOf(step.actions, step.rule, step.features, key)
                return Propose(step=step.step, choice=choice)
            case j.SetStep():
                return Put(step=step.step, values=step.values)
            case j.GotoStep():
                self._gotos.append(Goto(step=step.step, to=step.to, at_most=step.at_most))
                return self._gotos[-1]
            case j.EndStep():
                return End(step=step.step, reason=step.reason)

    def _branch(self, branch: j.BranchStep) -> None:
        """Each arm: skip it unless its condition holds; its steps; skip the arms after it."""
        leaving: list[Jump] = []
        for arm in branch.arms:
            test = Jump(step=branch.step, condition=arm.when)
            if arm.when is not None:
                test.when = self._compiled(arm.when)
                self.line.append(test)
            self._lay(arm.steps)
            leaving.append(self._jump(branch.step))
            test.target = len(self.line)
        self._land(leaving)

    def _split(self, split: j.SplitStep) -> None:
        salt = split.salt or f"{self._journey.name}/{split.step}"
        weights = tuple(share.weight for share in split.shares)
        parting = Split(step=split.step, salt=salt, weights=weights, targets=[])
        self.line.append(parting)
        leaving: list[Jump] = []
        for share in split.shares:
            parting.targets.append(len(self.line))
            self._lay(share.steps)
            leaving.append(self._jump(split.step))
        self._land(leaving)

    def _wait_for(self, step: j.WaitForStep) -> None:
        """The wait; what follows where nothing came; what follows where an event did."""
        wait = WaitFor(
            step=step.step,
            at_most_ms=step.at_most_ms,
            events=self._heard(step.events),
            reset_on=self._heard(step.reset_on),
            if_none=self._heard(step.if_none),
        )
        self.line.append(wait)
        self._lay(step.otherwise)
        leaving = [self._jump(step.step)]
        wait.target = len(self.line)
        self._lay(step.then)
        self._land(leaving)

    def _jump(self, step: str) -> Jump:
        jump = Jump(step=step)
        self.line.append(jump)
        return jump

    def _land(self, jumps: list[Jump]) -> None:
        for jump in jumps:
            jump.target = len(self.line)


def laid_out(journey: j.Journey, compiled: Callable[[Expr], Reader], occurrence: Callable[[Expr], Test]) -> Layout:
    """Lay the steps of a journey out; `compiled` and `occurrence` make functions of its conditions."""
    return _Laying(journey, compiled, occurrence).layout()
