"""Runs of journeys: how one starts, goes on, and ends."""

from typing import Final

from stream.decision.ids import decided_id
from stream.decision.program import JourneyCode
from stream.decision.proposals import Grounds, propose
from stream.decision.steps import Instruction
from stream.decision.turn import Fact, Turn
from stream.model.outcomes import Leaf, RunChange
from stream.model.profile import NEVER, JourneyMemory, Run
from stream.model.text import kept_text

ENDED: Final = -1
"""The `pc` of a run that has ended and is only remembered for its goal and for withdrawals."""

RUNS_KEPT: Final = 32
"""Runs remembered of one user; while there are so many, none starts."""


def enter(turn: Turn, code: JourneyCode, fact: Fact) -> None:
    """Start a run, unless one of the same key is under way, the last one ended too recently, or all this is history."""
    profile, journey = turn.profile, code.journey
    memory = profile.journeys.get(journey.name)
    if turn.now_ms <= profile.history_until_ms or len(profile.runs) >= RUNS_KEPT:
        return
    if fact.time_ms < turn.now_ms - turn.program.definitions.policy.max_trigger_age_ms:
        return  # a late event starts nothing that old
    if memory is not None and turn.now_ms - memory.ended_ms < journey.enter.again_after_ms:
        return
    key_of = journey.enter.key
    value = turn.program.explainer.value(key_of, profile, turn.now_ms) if key_of is not None else None
    key = "" if value is None else kept_text(str(value))
    if any(run.pc != ENDED and run.journey == journey.name and run.key == key for run in profile.runs):
        return
    memory = profile.journeys.setdefault(journey.name, JourneyMemory())
    memory.entries += 1
    run_id = decided_id("run", journey.hash, profile.user, key, memory.entries)
    goal_until_ms = turn.now_ms + journey.goal.within_ms if journey.goal else -NEVER
    run = Run(journey.name, journey.hash, run_id, key, memory.entries, turn.now_ms, 0, NEVER, goal_until_ms, [], {})
    profile.runs.append(run)
    turn.counts.count_run(journey.name, 1)
    _say(turn, run, "started", fact.id)
    go_on(turn, code, run, fact.id)


def go_on(turn: Turn, code: JourneyCode, run: Run, cause: str) -> None:
    """Carry out a run's instructions up to its next wait or its end."""
    line, leaves, run.wait_ms = code.instructions, list[Leaf](), NEVER
    while run.pc < len(line):
        instruction = line[run.pc]
        run.pc += 1
        if instruction.action:
            propose(turn, code, run, instruction, Grounds(cause, leaves))
        elif instruction.wait_ms:
            run.wait_ms = turn.now_ms + instruction.wait_ms
            return
        elif instruction.ends:
            end(turn, run, instruction.ends)
            return
        else:
            _branch(turn, run, instruction, leaves)
    end(turn, run, "completed")


def end(turn: Turn, run: Run, reason: str) -> None:
    """End a run; it is remembered while its goal may still come or a trigger of it may still be withdrawn."""
    run.pc, run.wait_ms = ENDED, NEVER
    turn.profile.journeys.setdefault(run.journey, JourneyMemory()).ended_ms = turn.now_ms
    turn.counts.count_run(run.journey, -1)
    _say(turn, run, "ended", reason)


def waits_for_none_of(code: JourneyCode, run: Run) -> frozenset[str]:
    """Return the events that end the run where it waits now."""
    return code.instructions[run.pc - 1].if_none if 0 < run.pc <= len(code.instructions) else frozenset()


def is_over(run: Run, now_ms: int) -> bool:
    """Say whether nothing can come of an ended run any more."""
    return run.pc == ENDED and now_ms > run.goal_until_ms and all(sent.valid_until_ms <= now_ms for sent in run.sent)


def _branch(turn: Turn, run: Run, instruction: Instruction, leaves: list[Leaf]) -> None:
    """Jump, unless the instruction has a condition that holds; what was asked is part of the reason of what follows."""
    if instruction.when is None or instruction.condition is None:
        run.pc = instruction.target
        return
    leaves.extend(turn.program.explainer.leaves(instruction.condition, turn.profile, turn.now_ms))
    if instruction.when(turn.profile, turn.now_ms)[0] is not True:
        run.pc = instruction.target


def _say(turn: Turn, run: Run, change: str, reason: str) -> None:
    turn.outcomes.append(
        RunChange(
            id=decided_id("run", run.definition, turn.profile.user, run.key, run.ordinal, change),
            user_id=turn.profile.user,
            at_ms=turn.now_ms,
            change="started" if change == "started" else "ended",
            journey=run.journey,
            run_id=run.id,
            reason=reason,
            version=run.definition,
            key=run.key,
        )
    )
