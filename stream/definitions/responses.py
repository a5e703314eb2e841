"""Which events are responses: what users do with what was sent to them."""

from typing import Final

from stream.definitions.journey_shapes import ChooseStep, TriggerStep
from stream.definitions.reaching import all_steps
from stream.definitions.shapes import Definitions
from stream.model.plan import Plan

TRIGGER_ID: Final = "trigger_id"
"""The property that says which trigger an event answers."""

OPEN_WEIGHT: Final = 1
CLICK_WEIGHT: Final = 2
"""A click weighs as much as two opens. It is always the person's, but about half of all opens (49.7 % by Litmus's count
of 2021) are Apple Mail's, whose Privacy Protection fetches the images of what nobody reads; not every sender marks
these with `machine_open`.
"""

_ALWAYS: Final = {"email_opened": OPEN_WEIGHT, "email_link_clicked": CLICK_WEIGHT}
_LAST_WORDS: Final = {"opened": OPEN_WEIGHT, "clicked": CLICK_WEIGHT, "tapped": CLICK_WEIGHT}


def learns_habits(definitions: Definitions) -> bool:
    """Return whether anything asks when and where users respond."""
    journeys = (*definitions.journeys.values(), *definitions.pinned.values())
    steps = (step for journey in journeys for step in all_steps(journey.steps))
    return any(
        (isinstance(step, TriggerStep) and step.best_within_ms)
        or (isinstance(step, ChooseStep) and step.rule.policy == "best_channel")
        for step in steps
    )


def response_weights(plan: Plan) -> dict[str, int]:
    """Return how much each response weighs that the tracking plan names.

    Responses are opens and clicks of e-mail, and any planned event with a `trigger_id` that is named like one:
    `push_notification_tapped`, `sms_link_clicked`. Deliveries, bounces and complaints name a trigger too, but are none.
    """
    weights = {}
    for name, planned in plan.events.items():
        weight = _ALWAYS.get(name)
        if weight is None and TRIGGER_ID in planned.properties:
            weight = _LAST_WORDS.get(name.rpartition("_")[2])
        if weight is not None:
            weights[name] = weight
    return weights
