"""Whether definitions learn: what nobody asks for is not gathered."""

from stream.definitions.choosing import LEARNING
from stream.definitions.journey_shapes import ChooseStep
from stream.definitions.reaching import all_steps
from stream.definitions.shapes import Definitions


def learns_choices(definitions: Definitions) -> bool:
    """Return whether any step chooses by what its choices brought."""
    steps = (step for journey in definitions.journeys.values() for step in all_steps(journey.steps))
    return any(isinstance(step, ChooseStep) and step.rule.policy in LEARNING for step in steps)
