"""Which steps of a journey a run can come to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from stream.definitions.journey_shapes import (
    BranchStep,
    EndStep,
    GotoStep,
    SplitStep,
    Step,
    TriggerStep,
    WaitForStep,
    WaitStep,
    WaitUntilStep,
)


def all_steps(steps: Iterable[Step]) -> Iterator[Step]:
    """Give all steps, those in arms too."""
    for step in steps:
        yield step
        for arm in arms_of(step):
            yield from all_steps(arm)


def arms_of(step: Step) -> list[tuple[Step, ...]]:
    """Return the steps within a step, one list for each way through it."""
    match step:
        case BranchStep():
            return [arm.steps for arm in step.arms]
        case SplitStep():
            return [share.steps for share in step.shares]
        case WaitForStep():
            return [step.then, step.otherwise]
        case _:
            return []


def first_unreached(steps: Sequence[Step], named: Mapping[str, str]) -> list[str]:
    """Return the places of the steps that no run comes to, of each list only the first; `named` gives those of names.

    Each condition may turn out either way, and a `goto` is done with after some rounds.
    """
    landed = frozenset[str]()
    while True:
        way = _Way(landed)
        way.walk(steps, comes=True)
        gotos = [step for step in all_steps(steps) if isinstance(step, GotoStep) and step.step in way.reached]
        targets = {named[goto.to] for goto in gotos if goto.to in named}
        if targets <= landed:
            return way.unreached
        landed |= targets


def rounds_without_wait(steps: Sequence[Step], named: Mapping[str, str]) -> list[GotoStep]:
    """Return each `goto` that leads back to a step from which nothing on the way to it waits."""
    order = {step.step: number for number, step in enumerate(all_steps(steps))}
    gotos = [step for step in all_steps(steps) if isinstance(step, GotoStep) and step.to in named]
    found = []
    for goto in gotos:
        first, last = order[named[goto.to]], order[goto.step]
        way = _Way(frozenset({named[goto.to]}))
        way.walk(steps, comes=False)
        between = [step for step in all_steps(steps) if first <= order[step.step] <= last and step.step in way.reached]
        if goto in between and not any(map(_waits, between)):
            found.append(goto)
    return found


def _waits(step: Step) -> bool:
    return isinstance(step, WaitStep | WaitUntilStep | WaitForStep) or (
        isinstance(step, TriggerStep) and step.best_within_ms > 0
    )


class _Way(msgspec.Struct):
    """One walk through all steps; a `goto` is known to lead to those in `landed`."""

    landed: frozenset[str]
    reached: set[str] = msgspec.field(default_factory=set)
    unreached: list[str] = msgspec.field(default_factory=list)

    def walk(self, steps: Sequence[Step], *, comes: bool) -> bool:
        """Walk through a list that a run comes to, or not; return whether one comes out of it at its end."""
        may_skip, is_told = False, not comes
        for step in steps:
            comes = comes or step.step in self.landed
            if comes:
                self.reached.add(step.step)
            elif not is_told:
                self.unreached.append(step.step)
            is_told = not comes
            skips = comes and isinstance(step, WaitUntilStep) and getattr(step.until, "past", "") == "skip"
            comes, may_skip = self._through(step, comes=comes) or may_skip, skips
        return comes

    def _through(self, step: Step, *, comes: bool) -> bool:
        """Return whether a run that comes to a step, or not, goes on after it."""
        ways = [self.walk(arm, comes=comes) for arm in arms_of(step)]
        match step:
            case EndStep():
                return False
            case BranchStep() if all(arm.when is not None for arm in step.arms):
                return comes or any(ways)
            case _:
                return any(ways) if ways else comes
