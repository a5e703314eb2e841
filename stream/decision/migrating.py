"""Runs whose journey was edited: where the present definition says so they are moved to it, or leave.

All others stay on the steps they know. It is done before anything else when a user is looked at by new definitions for
the first time, so that all that follows goes by one of the two.
"""

from typing import Final

from stream.decision import runs
from stream.decision.journey_code import JourneyCode
from stream.decision.proposals import forget_asked, withdraw_proposal
from stream.decision.steps import Wait, WaitFor
from stream.decision.turn import Turn
from stream.definitions.journeys import EXIT
from stream.model.profile import NEVER, Run

MIGRATED: Final = "migrated"
REMOVED: Final = "journey_removed"


def migrate(turn: Turn) -> None:
    """Move the runs of older definitions that are to be moved, and end those whose journey is no longer defined."""
    turn.moved = True
    for run in turn.profile.runs:
        if not runs.is_under_way(run):
            continue
        present = turn.program.journeys.get(run.journey)
        if present is None:
            runs.leave(turn, turn.program.code_of(run), run, REMOVED)
        elif run.definition != present.journey.hash:
            _migrate(turn, run, present)


def _migrate(turn: Turn, run: Run, present: JourneyCode) -> None:
    """Let a run go where its journey's present definition says, if it does; what it wanted to propose is withdrawn."""
    old = turn.program.code_of(run)
    place = old.journey.named.get(run.step, "") if old is not None else ""
    target = present.journey.migrate.get(run.step) or present.journey.migrate.get(place)
    if target is None:
        return
    if target == EXIT and old is not None:
        runs.leave(turn, old, run, MIGRATED)
        return
    waits = run.asked_ms == -NEVER
    if old is not None and not waits:
        withdraw_proposal(turn, old, run)
    forget_asked(run)
    _adopt(turn, run, old, present)
    if target == EXIT:
        runs.leave(turn, present, run, MIGRATED)
    else:
        _go_to(turn, run, present, target, waits=waits)


def _adopt(turn: Turn, run: Run, old: JourneyCode | None, present: JourneyCode) -> None:
    """Let a run go by another definition, its goal included; choices made for another goal are learnt from no more."""
    goal = present.journey.goal
    turn.counts.count_use(run, -1)
    run.definition, run.moves, run.visits = present.journey.hash, run.moves + 1, None
    turn.counts.count_use(run, 1)
    run.exit_check_ms = turn.now_ms if present.exit_when is not None else NEVER
    if run.goal_at_ms == NEVER:
        run.goal_until_ms = run.entered_ms + goal.within_ms if goal is not None else -NEVER
    before = old.journey.goal if old is not None else None
    if goal is None or before is None or goal.event != before.event:
        run.chosen = ()


def _go_to(turn: Turn, run: Run, code: JourneyCode, target: str, *, waits: bool) -> None:
    """Let a run go on with a step. Where it is moved from a wait to one of some length, the time waited counts."""
    at = code.layout.at[target]
    instruction = code.layout.line[at]
    run.pc, run.wait_ms = at, turn.now_ms
    match instruction:
        case Wait(wait_ms=length_ms) if waits and length_ms:
            pass
        case WaitFor(at_most_ms=length_ms) if waits:
            pass
        case _:
            return
    run.pc, run.step = at + 1, code.names.get(instruction.step, instruction.step)
    run.wait_ms = max(turn.now_ms, run.waits_since_ms + length_ms)
