"""Sending: the trigger itself, and what a run remembers of it."""

import msgspec

from stream.decision.habits import note_trigger
from stream.decision.items.picking import refuses_personalisation
from stream.decision.journey_code import SENT
from stream.decision.payload import Sources, address, resolved
from stream.decision.proposals import SENT_KEPT, Proposal
from stream.decision.runs import take_in_hand
from stream.decision.turn import Turn
from stream.model.items import NOTHING_NEAR, ItemReference, PickEvidence
from stream.model.outcomes import Trigger, Why
from stream.model.profile import SentTrigger


def send(turn: Turn, proposal: Proposal, why: Why) -> None:
    """Send a trigger that passed all gates."""
    action, run, journey = proposal.action, proposal.run, proposal.code.journey
    profile, now_ms = turn.profile, turn.now_ms
    payload, picks = _payload(turn, proposal)
    turn.outcomes.append(
        Trigger(
            id=proposal.id,
            user_id=profile.user,
            at_ms=now_ms,
            action=action.name,
            channel=action.channel,
            purpose=action.purpose,
            template=action.template,
            journey=journey.name,
            version=journey.hash,
            run_id=run.id,
            step=proposal.instruction.step,
            due_ms=run.asked_ms if run.deferrals else now_ms,
            valid_until_ms=now_ms + action.valid_for_ms,
            payload=payload,
            why=msgspec.structs.replace(why, picks=picks) if picks else why,
            key=run.key,
            to=address(profile),
            goal=journey.goal.event if journey.goal else "",
            arm=proposal.arm,
            propensity=proposal.propensity,
        )
    )
    turn.add(SENT, {"action": action.name, "channel": action.channel, "journey": journey.name}, turn.cause)


def keep_as_sent(turn: Turn, proposal: Proposal, *, is_ghost: bool) -> None:
    """Remember a trigger in its run, for withdrawals and for what the run does on exit."""
    action, run, now_ms = proposal.action, proposal.run, turn.now_ms
    step, valid_until_ms = proposal.instruction.step, now_ms + action.valid_for_ms
    run.sent.append(SentTrigger(proposal.id, action.name, step, now_ms, valid_until_ms, is_ghost))
    del run.sent[:-SENT_KEPT]
    if turn.program.learns_habits and not is_ghost:
        note_trigger(turn, proposal.id, action.channel)


def _payload(turn: Turn, proposal: Proposal) -> tuple[dict[str, object], list[PickEvidence]]:
    """Return what the sender gets: the action's payload, the plain one for who wants that, and over it the step's."""
    action, profile = proposal.action, turn.profile
    own = action.payload
    if action.plain_payload is not None and refuses_personalisation(profile):
        own = action.plain_payload
    take_in_hand(turn, proposal.run)
    program = turn.program
    sources = Sources(program.explainer, _items(turn), program.definitions.plan.currency)
    return resolved({**own, **proposal.instruction.payload}, sources, profile, turn.now_ms)


def _items(turn: Turn) -> ItemReference:
    """Return what is known of products at this turn's time."""
    near = turn.reference.items if turn.reference is not None else NOTHING_NEAR
    told = turn.catalogue
    return ItemReference(near.version, told.catalogue, near.similar, near.goes_with, told.version)
