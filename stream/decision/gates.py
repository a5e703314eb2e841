"""The gates that say what an action is to a user, in order: its conditions, an address, consent, suppression.

Those that depend on what else was sent come after: `standing_room`.
"""

from collections.abc import Iterator

from stream.decision.turn import Turn
from stream.definitions.expressions import Expr
from stream.definitions.policy_shapes import Action
from stream.model.outcomes import Stage, Verdict
from stream.model.text import kept_text


def conditions_of(action: Action) -> Iterator[tuple[str, Expr, Verdict]]:
    """Give the conditions of an action, each with its name and the verdict where it is not true."""
    if action.eligible is not None:
        yield "eligible", action.eligible, "not_eligible"
    if action.applicable is not None:
        yield "applicable", action.applicable, "not_applicable"
    if action.suitable is not None:
        yield "suitable", action.suitable, "not_suitable"


def examine(turn: Turn, action: Action, stages: list[Stage]) -> Verdict | None:
    """Return the verdict of the first gate that is shut, None where all are open; note each gate passed through."""
    profile, now_ms, explainer = turn.profile, turn.now_ms, turn.program.explainer
    for gate, condition, verdict in conditions_of(action):
        holds = explainer.value(condition, profile, now_ms) is True
        stages.append(Stage(gate, holds, leaves=explainer.leaves(condition, profile, now_ms)))
        if not holds:
            return verdict
    missing = [name for name in action.needs if name not in profile.identity]
    if action.needs:
        stages.append(Stage("address", not missing, f"unknown: {', '.join(missing)}" if missing else ""))
        if missing:
            return "unreachable"
    granted, said = consent(turn, action)
    stages.append(Stage("consent", granted, said))
    if not granted:
        return "no_consent"
    suppression = profile.suppressions.get(action.channel)
    if suppression is not None:
        stages.append(Stage("suppression", False, f"{action.channel} suppressed: {suppression.reason}"))
        return "suppressed"
    return None


def consent(turn: Turn, action: Action) -> tuple[bool, str]:
    """Return whether all purposes of an action have consent now, and what was said of each."""
    answers = [_consent(turn, purpose) for purpose in action.purposes]
    return all(granted for granted, _ in answers), "; ".join(said for _, said in answers)


def _consent(turn: Turn, purpose: str) -> tuple[bool, str]:
    """Fail closed: what was never said was not granted, unless the purpose is free or this history assumes it."""
    definitions = turn.program.definitions
    if purpose in definitions.policy.free:
        return True, f"{purpose} needs none"
    said = turn.profile.consents.get(kept_text(purpose))
    if said is not None:
        return said.granted, f"{purpose} {'granted' if said.granted else 'refused'} at {said.at_ms}"
    if purpose in definitions.assumed_consents:
        return True, f"{purpose} assumed"
    return False, f"{purpose} never granted"
