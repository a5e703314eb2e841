"""What a proposal is worth beside others of its tier: chance × value × weight."""

from stream.decision.proposals import Proposal
from stream.decision.turn import Turn
from stream.definitions.expressions import Expr
from stream.model.money import major_text
from stream.model.reference import BetaPosterior


def score(turn: Turn, proposal: Proposal) -> float:
    """Return what a proposal is worth, and note what that is made of, where there is more than the weight.

    The chance is the mean of what is known of the arm that was chosen, else the action's own, from 0 to 1, else 1. The
    value is in major units of the shop's currency, or a number; of what is not known the chance or the value is 0.
    """
    action = proposal.action
    chance, value = _chance(turn, proposal), _value(turn, action.value)
    worth = chance * value * action.weight
    if action.value is not None or chance != 1.0:
        proposal.scored = f"{chance:.6g} x {value:.6g} x {action.weight:.6g}"
    return worth


def _chance(turn: Turn, proposal: Proposal) -> float:
    choice = proposal.instruction.choice
    if choice is not None and proposal.is_chosen and turn.reference is not None:
        known = turn.reference.arms.get(choice.key, {}).get(proposal.action.name)
        if isinstance(known, BetaPosterior):
            return known.alpha / (known.alpha + known.beta)
    if proposal.action.chance is None:
        return 1.0
    told = turn.program.explainer.value(proposal.action.chance, turn.profile, turn.now_ms)
    return min(1.0, max(0.0, float(told))) if isinstance(told, int | float) else 0.0


def _value(turn: Turn, node: Expr | None) -> float:
    if node is None:
        return 1.0
    value = turn.program.explainer.value(node, turn.profile, turn.now_ms)
    if not isinstance(value, int | float):
        return 0.0
    if node.type == "money":
        return float(major_text(round(value), turn.program.definitions.plan.currency))
    return float(value)
