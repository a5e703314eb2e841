"""Proposed triggers: what a run asks for, and the record of what became of it."""

from typing import Final

import msgspec

from stream.decision.ids import decided_id
from stream.decision.journey_code import JourneyCode
from stream.decision.steps import Propose
from stream.decision.turn import Turn
from stream.definitions.policy_shapes import Action
from stream.model.outcomes import Decision, Leaf, Rival, Stage, Verdict, Why, Withdrawal
from stream.model.profile import NEVER, Run, SentTrigger

SENT_KEPT: Final = 32
"""Triggers remembered of one run: for withdrawals, and for what it does on exit."""


class Proposal(msgspec.Struct):
    """One action proposed for a user by a run, and how far it came.

    `leaves` are the branches taken since the run last stood still; `scored` what the score is made of; `stages` the
    gates passed, `caps` their state. Of a choice it `is_chosen` with a `propensity`, or still to be chosen; `waits`
    where a gate opens later. `found` tells what it was chosen by.
    """

    code: JourneyCode
    run: Run
    instruction: Propose
    action: Action
    id: str
    leaves: list[Leaf]
    score: float = 0.0
    scored: str = ""
    consent: str = ""
    stages: list[Stage] = []
    caps: list[str] = []
    verdict: Verdict | None = None
    rivals: list[Rival] = []
    propensity: float | None = None
    is_chosen: bool = False
    waits: bool = False
    found: list[Stage] = []

    @property
    def arm(self) -> str:
        """The action, where it was chosen among several."""
        return self.action.name if self.propensity is not None else ""


def proposal_of(turn: Turn, code: JourneyCode, run: Run, instruction: Propose, leaves: list[Leaf]) -> Proposal:
    """Return what a run proposes now: the action of its step, or the one it fell back on before it was put off."""
    of_step = instruction.choice.actions if instruction.choice is not None else (instruction.action,)
    actions = turn.program.definitions.actions
    action = next(actions[name] for name in (run.asked, *of_step) if name in actions)
    trigger_id = _trigger_id(turn, run, instruction, action)
    made = next((one for one in run.chosen if one.trigger_id == trigger_id and run.asked), None)
    return Proposal(
        *(code, run, instruction, action, trigger_id, leaves),
        stages=[],
        caps=[],
        rivals=[],
        is_chosen=bool(run.asked),
        propensity=made.propensity if made is not None else None,
    )


def instead_of(turn: Turn, proposal: Proposal, action: Action) -> Proposal:
    """Return the proposal of another action in place of one."""
    trigger_id = _trigger_id(turn, proposal.run, proposal.instruction, action)
    return msgspec.structs.replace(
        proposal, action=action, id=trigger_id, stages=[], caps=[], rivals=[], consent="", verdict=None, waits=False
    )


def _trigger_id(turn: Turn, run: Run, instruction: Propose, action: Action) -> str:
    """Return a trigger's id; another action than that of the step is part of it, and how often the run was moved.

    Who is moved from one definition to another and back may come by the same step again.
    """
    step, visit = instruction.step, run.visited(instruction.step)
    other = () if action.name == instruction.action else (action.name,)
    moved = (run.moves,) if run.moves else ()
    return decided_id(
        "trigger", run.definition, turn.profile.lifetime, run.key, run.ordinal, step, visit, *other, *moved
    )


def why_of(turn: Turn, proposal: Proposal) -> Why:
    """Return the whole reason of a proposal's fate."""
    leaves = [*_entered_by(turn, proposal.code), *proposal.leaves]
    return Why(
        turn.cause,
        leaves,
        proposal.consent,
        proposal.caps,
        proposal.code.journey.hash,
        stages=proposal.stages,
        tier=proposal.action.tier,
        score=proposal.score,
        rivals=proposal.rivals,
        reference=turn.reference.version if turn.reference is not None else "",
    )


def record(turn: Turn, proposal: Proposal, verdict: Verdict, why: Why, decision_id: str = "") -> None:
    """Record what became of a proposal."""
    run = proposal.run
    turn.outcomes.append(
        Decision(
            id=decision_id or proposal.id,
            user_id=turn.profile.user,
            at_ms=turn.now_ms,
            verdict=verdict,
            journey=run.journey,
            run_id=run.id,
            step=proposal.instruction.step,
            action=proposal.action.name,
            why=why,
            key=run.key,
            arm=proposal.arm,
            propensity=proposal.propensity,
        )
    )


def withdraw_proposal(turn: Turn, code: JourneyCode, run: Run) -> None:
    """Record that a run ended while a proposal of it waited."""
    instruction = code.layout.line[run.pc]
    if isinstance(instruction, Propose):
        proposal = proposal_of(turn, code, run, instruction, [])
        record(turn, proposal, "withdrawn", Why(turn.cause, definition=run.definition))
    forget_asked(run)


def forget_asked(run: Run) -> None:
    """Forget the proposal that a run waited with: its fate is decided."""
    run.asked_ms, run.deferrals, run.asked = -NEVER, 0, ""


def withdraw(turn: Turn, run: Run, sent: SentTrigger, cause: str, reason: str) -> None:
    """Say to those who act on triggers, and to those who audit decisions, that one is no longer true."""
    withdrawal_id, user, now_ms = decided_id("withdrawal", sent.id), turn.profile.user, turn.now_ms
    if not sent.is_ghost:
        turn.outcomes.append(
            Withdrawal(
                id=withdrawal_id,
                user_id=user,
                at_ms=now_ms,
                trigger_id=sent.id,
                action=sent.action,
                journey=run.journey,
                run_id=run.id,
                reason=reason,
            )
        )
    turn.outcomes.append(
        Decision(
            id=withdrawal_id,
            user_id=user,
            at_ms=now_ms,
            verdict="withdrawn",
            journey=run.journey,
            run_id=run.id,
            step=sent.step,
            action=sent.action,
            why=Why(cause, definition=run.definition),
            key=run.key,
        )
    )


def _entered_by(turn: Turn, code: JourneyCode) -> list[Leaf]:
    """Return how the entering segment's condition stands now."""
    name, _, tier = (code.journey.enter.segment or "").partition(".")
    segment = turn.program.segments.get(name)
    if segment is None:
        return []
    return turn.program.explainer.leaves_of(segment.segment.leading_to(tier), turn.profile, turn.now_ms)
