"""Why one decision was made, known by its id: from a replay of everyone's history, and then of that user's."""

from collections.abc import Iterable, Sequence

from stream.decision.decider import Decider
from stream.decision.knowledge.knowledge import Knowledge
from stream.decision.knowledge.learning import Learning
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome, Decision, Trigger
from stream.model.reference import Reference
from stream.model.times import shown_time
from stream.replay.driving import Drive
from stream.replay.explaining.retelling import retell
from stream.replay.explaining.shapes import DecisionExplanation, Told
from stream.replay.explaining.stories import story_of
from stream.replay.reading import Place


def users_by_decision(definitions: Definitions, events: Sequence[tuple[Place, Event]], at_ms: int) -> dict[str, str]:
    """Decide over everyone's events, in total order, up to a time; return the user of each decision by its id."""
    users: dict[str, str] = {}

    def note(outcomes: list[AnyOutcome]) -> None:
        users.update((one.id, one.user_id) for one in outcomes if isinstance(one, Decision))

    decider = Decider(definitions, {})
    learning = Learning(decider, Knowledge(definitions.policy.learn_every_ms))
    Drive(decider, note, learning=learning).run(events, at_ms)
    return users


def explain_decision(
    definitions: Definitions,
    events: Sequence[Event],
    at_ms: int,
    decision_id: str,
    snapshots: Iterable[Reference] = (),
) -> DecisionExplanation | None:
    """Decide over one user's events, in total order, up to a time, and say why the decision of an id was made.

    None where there is none of this id by then.
    """
    retold = retell(definitions, events, at_ms, snapshots)
    decision = next((one for one in retold.outcomes if isinstance(one, Decision) and one.id == decision_id), None)
    if decision is None:
        return None
    triggers = [one for one in retold.outcomes if isinstance(one, Trigger) and one.id == decision_id]
    run = story_of(retold, decision.run_id)
    return DecisionExplanation(
        user=retold.user,
        at=shown_time(at_ms),
        journey=decision.journey,
        fate=next(fate for fate in run.fates if fate.id == decision_id),
        trigger=_told(triggers[0]) if triggers else None,
        run=run,
    )


def _told(trigger: Trigger) -> Told:
    return Told(
        channel=trigger.channel,
        purpose=trigger.purpose,
        template=trigger.template,
        due=shown_time(trigger.due_ms),
        valid_until=shown_time(trigger.valid_until_ms),
        to=trigger.to,
        payload=trigger.payload,
        goal=trigger.goal,
    )
