"""Choosing among several actions of a step: by the rule, among those that may be sent now; and what came of it."""

from typing import Final

from stream.decision.best_channel import best_channel
from stream.decision.gates import examine
from stream.decision.ids import decided_id
from stream.decision.learning.choosing import choose, context_of
from stream.decision.proposals import Proposal, instead_of, record, why_of
from stream.decision.runs import take_in_hand
from stream.decision.standing_room import look_for_room
from stream.decision.steps import ChoiceOf
from stream.decision.turn import Turn
from stream.definitions.choosing import LEARNING
from stream.model.outcomes import Stage
from stream.model.profile import NEVER, Chosen, Run
from stream.model.reference import Reward

CHOICES_KEPT: Final = 32
"""Choices of one run that are remembered until it is told what came of them."""


def picked(turn: Turn, proposal: Proposal, choice: ChoiceOf) -> Proposal | None:
    """Return the proposal of the action that is chosen; None where none may ever be sent, which is recorded.

    Where none may be sent now, but the first of some later, it is that one: it will wait, and then be chosen anew.
    """
    actions = turn.program.definitions.actions
    options = [instead_of(turn, proposal, actions[name]) for name in choice.actions if name in actions]
    for option in options:
        option.verdict = examine(turn, option.action, option.stages)
        option.consent = next((stage.said for stage in option.stages if stage.gate == "consent"), "")
        if option.verdict is None:
            shut, option.caps = look_for_room(turn, option.action, proposal.run.journey, option.stages)
            option.verdict, option.waits = (shut.verdict, shut.waits) if shut is not None else (None, False)
    admissible = [option for option in options if option.verdict is None]
    if not admissible:
        later = next((option for option in options if option.waits), None)
        if later is not None:
            later.stages, later.caps, later.verdict = [], [], None  # it passes all gates again, beside its rivals
            return later
        _record_others(turn, options, None)
        return None
    chosen = _chosen(turn, admissible, choice)
    _record_others(turn, options, chosen)
    return instead_of_itself(chosen)


def instead_of_itself(option: Proposal) -> Proposal:
    """Return an option as a proposal that has passed no gate yet."""
    option.stages, option.caps, option.verdict, option.is_chosen = list(option.found), [], None, True
    return option


def note_sent_choice(turn: Turn, proposal: Proposal, *, is_ghost: bool) -> None:
    """Let a choice be learnt from once its trigger is sent; not where the goal is reached already, nor of a ghost."""
    run = proposal.run
    made = next((one for one in run.chosen if one.trigger_id == proposal.id), None)
    if made is None:
        return
    if is_ghost or run.goal_at_ms < NEVER:
        run.chosen = tuple(one for one in run.chosen if one is not made)
        return
    made.at_ms = turn.now_ms
    turn.contributions.append(_reward(turn, made, trials=1, value=0.0))


def forget_choice(proposal: Proposal) -> None:
    """Forget a choice whose trigger is not sent."""
    proposal.run.chosen = tuple(one for one in proposal.run.chosen if one.trigger_id != proposal.id)


def tell_rewards(turn: Turn, run: Run) -> None:
    """Tell what a run's choices brought, now that its goal is reached: of those made by then, each the same."""
    for made in run.chosen:
        if -NEVER < made.at_ms <= run.goal_at_ms:
            turn.contributions.append(_reward(turn, made, trials=0, value=1.0))
    run.chosen = ()


def _reward(turn: Turn, made: Chosen, *, trials: int, value: float) -> Reward:
    return Reward(
        choice_key=made.key,
        arm=made.arm,
        value=value,
        propensity=made.propensity,
        trigger_id=made.trigger_id,
        at_ms=turn.now_ms,
        context=tuple(made.context),
        trials=trials,
        user=turn.profile.user,
        id=decided_id("trial" if trials else "reward", made.trigger_id),
        told_ms=turn.now_ms,
    )


def _chosen(turn: Turn, admissible: list[Proposal], choice: ChoiceOf) -> Proposal:
    """Return the option that the rule picks, and note how likely that was."""
    if choice.rule.policy == "best_channel":
        admissible = _best_channel_first(turn, admissible)
    proposal = admissible[0]
    known = turn.reference.arms.get(choice.key, {}) if turn.reference is not None else {}
    context = _context(turn, proposal.run, choice)
    draw_id = f"choice {_first_id(proposal, choice)}"
    found = choose(choice.rule, known, [option.action.name for option in admissible], context, draw_id)
    chosen = next(option for option in admissible if option.action.name == found.arm)
    chosen.propensity = found.propensity
    if choice.rule.policy in LEARNING:
        made = Chosen(choice.key, found.arm, found.propensity, list(context), chosen.id)
        proposal.run.chosen = (*proposal.run.chosen, made)[-CHOICES_KEPT:]
    return chosen


def _best_channel_first(turn: Turn, admissible: list[Proposal]) -> list[Proposal]:
    """Put the options of the channel first by which the user answers best, with what speaks for it."""
    contacts = turn.profile.habits.channels if turn.profile.habits is not None else {}
    everyone = turn.reference.channels if turn.reference is not None else {}
    channels = list(dict.fromkeys(option.action.channel for option in admissible))
    best, evidence = best_channel(contacts, everyone, channels, turn.now_ms)
    for option in admissible:
        option.found = [Stage("best channel", True, best, evidence)]
    return sorted(admissible, key=lambda option: option.action.channel != best)


def _first_id(proposal: Proposal, choice: ChoiceOf) -> str:
    """Return what tells this choice of this run from all others, whichever actions are admissible."""
    run = proposal.run
    visit = run.visited(proposal.instruction.step)
    moved = f"\x1f{run.moves}" if run.moves else ""
    return f"{choice.key}\x1f{run.id}\x1f{visit}{moved}"


def _context(turn: Turn, run: Run, choice: ChoiceOf) -> tuple[float, ...]:
    if choice.rule.policy != "linucb":
        return ()
    take_in_hand(turn, run)
    explainer, profile = turn.program.explainer, turn.profile
    values = [explainer.value(node, profile, turn.now_ms) for node in choice.features]
    return context_of(
        choice.rule.features, [float(value) if isinstance(value, int | float) else None for value in values]
    )


def _record_others(turn: Turn, options: list[Proposal], chosen: Proposal | None) -> None:
    for option in options:
        if option is not chosen:
            record(turn, option, option.verdict or "not_chosen", why_of(turn, option))
