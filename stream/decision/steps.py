"""A journey's steps laid out in a line, so that a run is one number: the instruction it goes on with."""

from collections.abc import Callable

import msgspec

from stream.decision.reading import Reader
from stream.definitions.expressions import Expr
from stream.definitions.shapes import BranchStep, ExitStep, Journey, Step, TriggerStep, WaitStep


class Instruction(msgspec.Struct, kw_only=True):
    """One of: trigger an `action`; wait `wait_ms`; end; jump to `target`, or with `when` only unless it holds."""

    step: str = ""
    action: str = ""
    wait_ms: int = 0
    if_none: frozenset[str] = frozenset()
    ends: str = ""
    target: int = -1
    when: Reader | None = None
    condition: Expr | None = None


def instructions(journey: Journey, compiled: Callable[[Expr], Reader]) -> tuple[Instruction, ...]:
    """Lay the steps of a journey out; running past the last one completes it."""
    line: list[Instruction] = []
    _lay(journey.steps, line, compiled)
    return tuple(line)


def _lay(steps: tuple[Step, ...], line: list[Instruction], compiled: Callable[[Expr], Reader]) -> None:
    for step in steps:
        match step:
            case TriggerStep():
                line.append(Instruction(step=step.step, action=step.action))
            case WaitStep():
                line.append(Instruction(step=step.step, wait_ms=step.wait_ms, if_none=step.if_none))
            case ExitStep():
                line.append(Instruction(step=step.step, ends=step.reason))
            case BranchStep():
                _lay_branch(step, line, compiled)


def _lay_branch(branch: BranchStep, line: list[Instruction], compiled: Callable[[Expr], Reader]) -> None:
    """Each arm: skip it unless its condition holds; its steps; skip the arms after it."""
    leaving: list[Instruction] = []
    for arm in branch.arms:
        test = Instruction(step=branch.step, when=compiled(arm.when) if arm.when else None, condition=arm.when)
        if arm.when is not None:
            line.append(test)
        _lay(arm.steps, line, compiled)
        leaving.append(Instruction(step=branch.step))
        line.append(leaving[-1])
        test.target = len(line)
    for jump in leaving:
        jump.target = len(line)
