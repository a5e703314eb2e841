"""Which conditions a run must have asked on its way to a step, since it last stood still: from the definition alone."""

from collections.abc import Callable, Sequence

import msgspec

from stream.definitions import journey_shapes as j
from stream.definitions.expressions import Expr

STANDING = (j.WaitStep, j.WaitUntilStep, j.WaitForStep, j.TriggerStep, j.ChooseStep)
"""Steps at which a run stands still, or decides something; what was asked before is no reason of what comes after."""


class Asked(msgspec.Struct, frozen=True):
    """A condition that was asked, and whether it must have been true; None where that is not known of the past."""

    condition: Expr
    holds: bool | None


class Way(msgspec.Struct):
    """The way to a step: the conditions asked on it, from `since` on without standing still."""

    step: j.TriggerStep | j.ChooseStep
    asked: list[Asked]
    since: int


def way_to(journey: j.Journey, place: str, holds: Callable[[Expr], bool | None]) -> Way | None:
    """Return the way to a step that proposes something, None where there is none of this place.

    `holds` tells of conditions now, which is when they were asked where the run has not stood still since.
    """
    asked: list[Asked] = []
    return _walk(journey.steps, place, holds, asked, [0])


def _walk(
    steps: Sequence[j.Step], place: str, holds: Callable[[Expr], bool | None], asked: list[Asked], since: list[int]
) -> Way | None:
    for step in steps:
        if step.step == place and isinstance(step, j.TriggerStep | j.ChooseStep):
            if isinstance(step, j.TriggerStep) and step.best_within_ms:
                since[0] = len(asked)
            return Way(step, asked, since[0])
        found = _into(step, place, holds, asked, since)
        if found is not None:
            return found
        if isinstance(step, STANDING) or any(isinstance(each, STANDING) for each in _inside(step)):
            since[0] = len(asked)
    return None


def _into(
    step: j.Step, place: str, holds: Callable[[Expr], bool | None], asked: list[Asked], since: list[int]
) -> Way | None:
    """Go into a step that has others inside, or note what it asks of whoever goes past."""
    if not any(each.step == place for each in _inside(step)):
        if isinstance(step, j.BranchStep):
            _past(step, holds, asked)
        return None
    if isinstance(step, j.BranchStep):
        for arm in step.arms:
            is_taken = any(each.step == place for each in _all(arm.steps))
            if arm.when is not None:
                asked.append(Asked(arm.when, is_taken))
            if is_taken:
                return _walk(arm.steps, place, holds, asked, since)
    elif isinstance(step, j.WaitForStep):
        since[0] = len(asked)
    ways = (_walk(steps, place, holds, asked, since) for steps in _ways_through(step))
    return next((way for way in ways if way is not None), None)


def _past(branch: j.BranchStep, holds: Callable[[Expr], bool | None], asked: list[Asked]) -> None:
    for arm in branch.arms:
        if arm.when is None:
            return
        asked.append(Asked(arm.when, None))
        if holds(arm.when) is True:
            return


def _ways_through(step: j.Step) -> list[tuple[j.Step, ...]]:
    match step:
        case j.BranchStep():
            return [arm.steps for arm in step.arms]
        case j.SplitStep():
            return [share.steps for share in step.shares]
        case j.WaitForStep():
            return [step.then, step.otherwise]
        case _:
            return []


def _inside(step: j.Step) -> list[j.Step]:
    return [each for steps in _ways_through(step) for each in _all(steps)]


def _all(steps: Sequence[j.Step]) -> list[j.Step]:
    return [found for step in steps for found in (step, *_inside(step))]
