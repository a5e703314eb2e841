"""What a trigger was worth beside its rivals: chance × value × weight, reckoned once more."""

from stream.definitions.policy_shapes import Action
from stream.model.money import major_text
from stream.model.reference import BetaPosterior, Posterior
from tests.checkers.asking import Asking


def worth_of(asking: Asking, action: Action, learnt: Posterior | None) -> tuple[float, str]:
    """Return the score, and what it must say it is made of; `learnt` is what was known of the arm, if it was chosen."""
    chance, value = 1.0, 1.0
    if isinstance(learnt, BetaPosterior):
        chance = learnt.alpha / (learnt.alpha + learnt.beta)
    elif action.chance is not None:
        told = asking.value(action.chance)
        chance = min(1.0, max(0.0, told)) if isinstance(told, int | float) else 0.0
    if action.value is not None:
        found = asking.value(action.value)
        value = float(found) if isinstance(found, int | float) else 0.0
        if isinstance(found, int | float) and action.value.type == "money":
            value = float(major_text(round(found), asking.program.definitions.plan.currency))
    is_plain = action.value is None and chance == 1.0
    said = "" if is_plain else f"{chance:.6g} x {value:.6g} x {action.weight:.6g}"
    return chance * value * action.weight, said
