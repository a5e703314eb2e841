"""Proposed triggers: passed through the gates, sent or refused, and withdrawn when overtaken."""

import msgspec

from stream.decision.gates import note_sent, pass_gates
from stream.decision.ids import decided_id
from stream.decision.payload import Sources, address, resolved
from stream.decision.program import JourneyCode
from stream.decision.steps import Instruction
from stream.decision.turn import Fact, Turn
from stream.definitions.shapes import Action
from stream.model.outcomes import Decision, Leaf, Trigger, Why, Withdrawal
from stream.model.profile import Run, SentTrigger


class Grounds(msgspec.Struct, frozen=True):
    """What led to a proposal: the event (or `time`) that moved the run, and the branches taken since."""

    cause: str
    leaves: list[Leaf]


class Proposal(msgspec.Struct, frozen=True):
    """A trigger that passed the gates."""

    id: str
    action: Action
    why: Why


def propose(turn: Turn, code: JourneyCode, run: Run, instruction: Instruction, grounds: Grounds) -> None:
    """Propose an action; record its fate, and send it if all gates are open."""
    definitions, profile, now_ms = turn.program.definitions, turn.profile, turn.now_ms
    action = definitions.actions[instruction.action]
    passage = pass_gates(definitions, profile, action, now_ms)
    why = Why(grounds.cause, _reasons(turn, code, grounds.leaves), passage.consent, passage.caps, code.journey.hash)
    trigger_id = decided_id("trigger", run.definition, profile.user, run.key, run.ordinal, instruction.step, 0)
    turn.outcomes.append(
        Decision(
            id=trigger_id,
            user_id=profile.user,
            at_ms=now_ms,
            verdict=passage.verdict,
            journey=run.journey,
            run_id=run.id,
            step=instruction.step,
            action=action.name,
            why=why,
            key=run.key,
        )
    )
    if passage.verdict == "sent":
        _send(turn, code, run, instruction, Proposal(trigger_id, action, why))


def withdraw_overtaken(turn: Turn, run: Run, fact: Fact) -> None:
    """Withdraw what a run sent at or after the time of an event that came late, as long as it is valid."""
    kept = []
    for sent in run.sent:
        if sent.at_ms < fact.time_ms or sent.valid_until_ms <= turn.now_ms:
            kept.append(sent)
        else:
            _withdraw(turn, run, sent, fact)
    run.sent = kept


def _withdraw(turn: Turn, run: Run, sent: SentTrigger, fact: Fact) -> None:
    """Say to those who act on triggers, and to those who audit decisions, that one is no longer true."""
    withdrawal_id, user, now_ms = decided_id("withdrawal", sent.id), turn.profile.user, turn.now_ms
    turn.outcomes.append(
        Withdrawal(
            id=withdrawal_id,
            user_id=user,
            at_ms=now_ms,
            trigger_id=sent.id,
            action=sent.action,
            journey=run.journey,
            run_id=run.id,
            reason=fact.name,
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
            why=Why(fact.id, definition=run.definition),
            key=run.key,
        )
    )


def _reasons(turn: Turn, code: JourneyCode, leaves: list[Leaf]) -> list[Leaf]:
    """Return how the entering segment's condition stands now, and the branches taken on the way here."""
    name, _, tier = (code.journey.enter.segment or "").partition(".")
    segment = turn.program.segments.get(name)
    if segment is None:
        return leaves
    leading = segment.segment.leading_to(tier)
    return [*turn.program.explainer.leaves_of(leading, turn.profile, turn.now_ms), *leaves]


def _send(turn: Turn, code: JourneyCode, run: Run, instruction: Instruction, proposal: Proposal) -> None:
    profile, now_ms, action = turn.profile, turn.now_ms, proposal.action
    definitions, journey = turn.program.definitions, code.journey
    valid_until_ms = now_ms + action.valid_for_ms
    sources = Sources(turn.program.explainer, turn.items, definitions.plan.currency)
    payload, picks = resolved(action.payload, sources, profile, now_ms)
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
            step=instruction.step,
            due_ms=now_ms,
            valid_until_ms=valid_until_ms,
            payload=payload,
            why=msgspec.structs.replace(proposal.why, picks=picks) if picks else proposal.why,
            key=run.key,
            to=address(profile),
            goal=journey.goal.event if journey.goal else "",
        )
    )
    note_sent(definitions, profile, action.channel, now_ms)
    run.sent.append(SentTrigger(proposal.id, action.name, instruction.step, now_ms, valid_until_ms))
    turn.add(
        "trigger_sent", {"action": action.name, "channel": action.channel, "journey": journey.name}, proposal.why.cause
    )
