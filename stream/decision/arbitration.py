"""Arbitration: what is proposed for a user at one moment goes through the policy together, the most important first."""

import msgspec

from stream.decision import runs
from stream.decision.choices import forget_choice, note_sent_choice, picked
from stream.decision.gates import examine
from stream.decision.holdouts import held_out_of
from stream.decision.ids import decided_id
from stream.decision.proposals import Proposal, forget_asked, instead_of, record, why_of
from stream.decision.scoring import score
from stream.decision.sending import keep_as_sent, send
from stream.decision.standing_room import Shut, look_for_room, note_sent
from stream.decision.turn import Turn
from stream.decision.waiting import best_of
from stream.definitions.shapes import Definitions
from stream.model.outcomes import Rival, Stage, Verdict
from stream.model.profile import NEVER

RIVALS_TOLD: int = 10
"""Other proposals of the same moment that a reason names."""


class _Moment(msgspec.Struct):
    """What is proposed at one moment: what is decided of it, in order, and what is to be decided after it."""

    decided: list[Proposal]
    to_come: list[Proposal]

    def rivals_of(self, proposal: Proposal) -> list[Rival]:
        """Return what a proposal competes with: those before it as they were decided, then those that it beats."""
        others = [one for one in self.decided if one.action.name != proposal.action.name or one.run is not proposal.run]
        return [_rival(one) for one in [*others, *self.to_come]][:RIVALS_TOLD]


def arbitrate(turn: Turn, proposals: list[Proposal]) -> None:
    """Decide what becomes of each proposal; the runs go on where they are done with theirs.

    First each on its own: conditions, consent, suppression. Then by tier, score and name, each as the ones before have
    left room: caps, quiet hours, exclusion, holdout. What is refused and has a fallback is followed by that.
    """
    asked = [found for proposal in proposals if (found := _one_of(turn, proposal)) is not None]
    for proposal in asked:
        proposal.score = score(turn, proposal)
        proposal.verdict = examine(turn, proposal.action, proposal.stages)
        proposal.consent = next((stage.said for stage in proposal.stages if stage.gate == "consent"), "")
    moment = _Moment([], sorted(asked, key=_importance))
    while moment.to_come:
        _decide(turn, moment.to_come.pop(0), moment)


def _one_of(turn: Turn, proposal: Proposal) -> Proposal | None:
    """Return a proposal, of a choice that of the action chosen; where none may be sent the run goes on."""
    choice = proposal.instruction.choice
    if choice is None or proposal.is_chosen:
        return proposal
    found = picked(turn, proposal, choice)
    if found is None:
        _go_on_after(turn, proposal, ends=False)
    return found


def _importance(proposal: Proposal) -> tuple[int, float, str, str, str, int]:
    action, run = proposal.action, proposal.run
    return action.tier, -proposal.score, action.name, run.journey, run.key, run.ordinal


def _decide(turn: Turn, proposal: Proposal, moment: _Moment) -> None:
    """Decide one proposal, the more important ones of this moment decided already."""
    action, run, shut = proposal.action, proposal.run, None
    verdict = proposal.verdict
    if verdict is None and proposal.instruction.best_within_ms:
        proposal.stages.append(Stage("best time", True, leaves=best_of(turn, 0).evidence))
    if verdict is None:
        shut, proposal.caps = look_for_room(turn, action, run.journey, proposal.stages)
        verdict = shut.verdict if shut is not None else _sent_or_held_out(turn, proposal)
    proposal.rivals = moment.rivals_of(proposal)
    moment.decided.append(proposal)
    if shut is not None and shut.waits:
        if _put_off(turn, proposal, shut):
            return
        verdict = "expired"
    proposal.verdict = verdict
    why = why_of(turn, proposal)
    record(turn, proposal, verdict, why)
    if verdict == "sent":
        send(turn, proposal, why)
    if verdict in ("sent", "held_out"):
        note_sent(turn, action, run.journey, proposal.id)
        keep_as_sent(turn, proposal, is_ghost=verdict == "held_out")
        note_sent_choice(turn, proposal, is_ghost=verdict == "held_out")
    else:
        forget_choice(proposal)
    if verdict not in ("sent", "held_out") and _falls_back(turn, proposal):
        _fall_back(turn, proposal, moment)
        return
    _go_on_after(turn, proposal, ends=shut is not None and shut.ends)


def _sent_or_held_out(turn: Turn, proposal: Proposal) -> Verdict:
    definitions: Definitions = turn.program.definitions
    if proposal.scored:
        proposal.stages.append(Stage("score", True, proposal.scored))
    held_out = held_out_of(definitions, proposal.code.journey, proposal.action, turn.profile.user)
    if held_out is not None:
        proposal.stages.append(Stage("holdout", not held_out, held_out))
    return "held_out" if held_out else "sent"


def _put_off(turn: Turn, proposal: Proposal, shut: Shut) -> bool:
    """Let the run wait until the gate opens, and ask again then; say whether it does, or has for too long already."""
    run, now_ms = proposal.run, turn.now_ms
    first = run.asked_ms if run.asked_ms > -NEVER else now_ms
    expires_ms = first + turn.program.definitions.policy.defer_ms
    if now_ms >= expires_ms:
        return False
    run.asked_ms, run.wait_ms = first, min(shut.until_ms, expires_ms)
    run.deferrals += 1
    proposal.verdict = "deferred"
    is_own = proposal.action.name == proposal.instruction.action
    is_open = proposal.instruction.choice is not None and not proposal.is_chosen  # then it is chosen anew
    run.asked = "" if is_own or is_open else proposal.action.name
    record(turn, proposal, "deferred", why_of(turn, proposal), decided_id("deferral", proposal.id, run.deferrals))
    return True


def _falls_back(turn: Turn, proposal: Proposal) -> bool:
    """Say whether an action is followed by another; of a choice by none that was passed over in it already."""
    fallback, choice = proposal.action.fallback, proposal.instruction.choice
    if choice is not None and fallback in choice.actions:
        return False
    return fallback in turn.program.definitions.actions


def _fall_back(turn: Turn, proposal: Proposal, moment: _Moment) -> None:
    """Propose what an action falls back on, in its place."""
    action = turn.program.definitions.actions[proposal.action.fallback]
    instead = instead_of(turn, proposal, action)
    instead.propensity = None  # it was not this action that was chosen
    instead.score = score(turn, instead)
    instead.verdict = examine(turn, action, instead.stages)
    instead.consent = next((stage.said for stage in instead.stages if stage.gate == "consent"), "")
    _decide(turn, instead, moment)


def _go_on_after(turn: Turn, proposal: Proposal, *, ends: bool) -> None:
    """Let a run go on with its next step at once, or end it where a cap says so."""
    run = proposal.run
    forget_asked(run)
    if proposal.code.layout.loops:
        step = proposal.instruction.step
        run.visits = {**(run.visits or {}), step: run.visited(step) + 1}
    if ends and runs.is_under_way(run):
        runs.leave(turn, proposal.code, run, "capped")
        return
    run.pc += 1
    run.wait_ms = turn.now_ms


def _rival(proposal: Proposal) -> Rival:
    return Rival(
        proposal.action.name,
        proposal.run.journey,
        proposal.action.tier,
        proposal.score,
        proposal.verdict,
    )
