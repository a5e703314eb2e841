"""Runs of journeys: how one goes on from step to step, and how it ends."""

from typing import Final

import msgspec

from stream.decision.buckets import share_of
from stream.decision.ids import decided_id
from stream.decision.journey_code import JourneyCode
from stream.decision.proposals import Proposal, forget_asked, proposal_of, withdraw, withdraw_proposal
from stream.decision.steps import AnyInstruction, End, Goto, Jump, Propose, Put, Split, Wait, WaitFor
from stream.decision.turn import Counts, DerivedEvent, Fact, Turn
from stream.decision.waiting import until_ms
from stream.model.events import Scalar
from stream.model.outcomes import Leaf, RunChange
from stream.model.profile import NEVER, JourneyMemory, Run, SentTrigger
from stream.model.text import kept_text

ENDED: Final = -1
"""The `pc` of a run that has ended and is only remembered for its goal and for withdrawals."""

STEPS_IN_A_TURN: Final = 1_000
"""Steps that one run does without waiting; one that would do more goes round in circles, and ends."""

ON_EXIT: Final = "exit."
"""How the places of what is proposed on exit begin; those of steps begin with a number."""


def go_on(turn: Turn, code: JourneyCode, run: Run) -> Proposal | None:
    """Carry out a run's instructions up to its next wait, its end, or a proposal, which is returned."""
    leaves = list[Leaf]()
    run.wait_ms, run.waits_since_ms = NEVER, turn.now_ms
    for _ in range(STEPS_IN_A_TURN):
        if run.pc >= len(code.layout.line):  # what was to do on exit is done
            let_go(turn, run)
            return None
        instruction = code.layout.line[run.pc]
        if isinstance(instruction, Propose):
            if instruction.after and not any(sent.action in instruction.after for sent in run.sent):
                run.pc += 1
                continue
            asked = instruction.choice.actions if instruction.choice is not None else (instruction.action,)
            if not turn.program.definitions.actions.keys() & asked:
                forget_asked(run)
                if run.left:
                    run.pc += 1
                else:
                    leave(turn, code, run, "definition_changed")
                continue
            run.step = code.names.get(instruction.step, instruction.step)
            return proposal_of(turn, code, run, instruction, leaves)
        run.pc += 1
        if isinstance(instruction, Wait | WaitFor):
            if _waits(turn, code, run, instruction):
                return None
        elif isinstance(instruction, End):
            end(turn, run, instruction.reason)
            return None
        else:
            _move(turn, run, instruction, leaves)
    leave(turn, code, run, "too_many_steps")
    return None


def end(turn: Turn, run: Run, reason: str) -> None:
    """End a run; it is remembered while its goal may still come or a trigger of it may still be withdrawn."""
    let_go(turn, run)
    turn.profile.journeys.setdefault(run.journey, JourneyMemory()).ended_ms = turn.now_ms
    turn.counts.count_run(run.journey, -1)
    say(turn, run, "ended", reason)


def give_up(turn: Turn, run: Run) -> None:
    """End a run whose definition is gone; one that was left already has nothing more to do."""
    forget_asked(run)
    if run.left:
        let_go(turn, run)
    else:
        end(turn, run, "definition_changed")


def let_go(turn: Turn, run: Run) -> None:
    """Let a run need no steps any more."""
    run.pc, run.wait_ms, run.exit_check_ms = ENDED, NEVER, NEVER
    turn.counts.count_end(run)


def forget(counts: Counts, run: Run) -> None:
    """Count a run no longer whose user is erased."""
    if is_under_way(run):
        counts.count_run(run.journey, -1)
    if run.pc != ENDED:
        counts.count_use(run, -1)


def leave(turn: Turn, code: JourneyCode | None, run: Run, reason: str) -> None:
    """End a run before its time: what waits is not sent, what must not stand is withdrawn, what to do then is due."""
    if code is not None and run.asked_ms > -NEVER:
        withdraw_proposal(turn, code, run)
    end(turn, run, reason)
    withdraw_standing(turn, run, reason)
    if code is not None and code.layout.exit_pc < len(code.layout.line):
        run.left, run.pc, run.wait_ms = reason, code.layout.exit_pc, turn.now_ms
        turn.counts.count_use(run, 1)


def withdraw_standing(turn: Turn, run: Run, reason: str) -> None:
    """Withdraw what must not stand once a run is left, or would be were it not at its end already."""
    run.sent = [_withdrawn(turn, run, sent, reason) for sent in run.sent]


def _withdrawn(turn: Turn, run: Run, sent: SentTrigger, reason: str) -> SentTrigger:
    """Withdraw a trigger, if it is valid still and its action says so; return it as it stands then."""
    action = turn.program.definitions.actions.get(sent.action)
    if action is None or not action.withdrawn_on_exit or sent.valid_until_ms <= turn.now_ms:
        return sent
    if sent.step.startswith(ON_EXIT):
        return sent
    withdraw(turn, run, sent, turn.cause, reason)
    return msgspec.structs.replace(sent, valid_until_ms=-NEVER)


def withdraw_overtaken(turn: Turn, run: Run, fact: Fact) -> None:
    """Withdraw what a run sent at or after the time of an event that came late, as long as it is valid.

    What it did on exit stands: it was left all the same. What is withdrawn is remembered, since it may have been acted
    on, and then there is something to do on exit.
    An event that a decision makes now is no earlier than what was sent before it, and may well follow from that.
    """
    if isinstance(fact, DerivedEvent) and fact.time_ms >= turn.now_ms:
        return
    for place, sent in enumerate(run.sent):
        is_of_exit = sent.step.startswith(ON_EXIT)
        if not is_of_exit and sent.at_ms >= fact.time_ms and sent.valid_until_ms > turn.now_ms:
            withdraw(turn, run, sent, fact.id, fact.name)
            run.sent[place] = msgspec.structs.replace(sent, valid_until_ms=-NEVER)


def is_under_way(run: Run) -> bool:
    """Say whether a run has not ended."""
    return run.pc != ENDED and not run.left


def is_over(run: Run, now_ms: int) -> bool:
    """Say whether nothing can come of an ended run any more.

    One that began this very moment is remembered: so journeys that start each other without end come to `RUNS_KEPT`.
    """
    if run.pc != ENDED or run.entered_ms >= now_ms:
        return False
    return now_ms > run.goal_until_ms and all(sent.valid_until_ms <= now_ms for sent in run.sent)


def take_in_hand(turn: Turn, run: Run) -> None:
    """Let conditions read the context of a run."""
    turn.profile.hand = {**run.context, "key": run.key, "entered_at": run.entered_ms}


def keep(run: Run, name: str, value: Scalar | None) -> None:
    """Put a value into the context of a run, or take it out where it is unknown."""
    if value is None:
        run.context.pop(name, None)
    else:
        run.context[name] = kept_text(value) if isinstance(value, str) else value


def say(turn: Turn, run: Run, change: str, reason: str) -> None:
    """Tell that a run started or ended."""
    turn.outcomes.append(
        RunChange(
            id=decided_id("run", run.definition, turn.profile.lifetime, run.key, run.ordinal, change),
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


def _waits(turn: Turn, code: JourneyCode, run: Run, wait: Wait | WaitFor) -> bool:
    """Begin a wait; say whether the run stands still, or has ended, at it."""
    run.step = code.names.get(wait.step, wait.step)
    if isinstance(wait, WaitFor):
        run.wait_ms = turn.now_ms + wait.at_most_ms
        return True
    take_in_hand(turn, run)
    at_ms = until_ms(turn, wait)
    if at_ms is not None and at_ms > turn.now_ms:
        run.wait_ms = at_ms
        return True
    past = getattr(wait.until, "past", "run")
    if past == "exit":
        leave(turn, code, run, "past")
        return run.pc == ENDED
    if past == "skip":
        run.pc = wait.skip_to
    return False


def _move(turn: Turn, run: Run, instruction: AnyInstruction, leaves: list[Leaf]) -> None:
    """Carry out what takes no time."""
    match instruction:
        case Jump():
            _jump(turn, run, instruction, leaves)
        case Split():
            run.pc = instruction.targets[share_of(instruction.salt, turn.profile.user, instruction.weights)]
        case Put():
            take_in_hand(turn, run)
            now_ms, profile = turn.now_ms, turn.profile
            for name, node in instruction.values.items():
                keep(run, name, turn.program.explainer.value(node, profile, now_ms))
        case Goto():
            done = run.visited(instruction.step)
            if done < instruction.at_most:
                run.visits = {**(run.visits or {}), instruction.step: done + 1}
                run.pc = instruction.target


def _jump(turn: Turn, run: Run, jump: Jump, leaves: list[Leaf]) -> None:
    """Jump, unless the instruction has a condition that holds; what was asked is part of the reason of what follows."""
    if jump.when is None or jump.condition is None:
        run.pc = jump.target
        return
    take_in_hand(turn, run)
    leaves.extend(turn.program.explainer.leaves(jump.condition, turn.profile, turn.now_ms))
    if jump.when(turn.profile, turn.now_ms)[0] is not True:
        run.pc = jump.target
