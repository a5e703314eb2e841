"""Holdouts: users who would have been sent something and are not, so that what sending does can be measured."""

from stream.decision.buckets import bucket
from stream.definitions.journey_shapes import Journey
from stream.definitions.policy_shapes import Action
from stream.definitions.shapes import Definitions


def held_out_of(definitions: Definitions, journey: Journey, action: Action, user: str) -> str | None:
    """Return what a user is held out of: `everything`, the journey by its name, or "" for nothing.

    None where chance has no say, so that nothing can be measured by it: nobody is held out of what is transactional,
    nor where no share is. A larger share holds out whom a smaller one did, and more.
    """
    if action.is_transactional or definitions.assumed_holdout == "nobody":
        return None
    holdout = definitions.policy.holdout
    if definitions.assumed_holdout == "everyone":
        return journey.name
    share = holdout.journeys if journey.holdout is None else journey.holdout
    if not holdout.everything and not share:
        return None
    if holdout.everything and bucket(holdout.salt, user) < holdout.everything:
        return "everything"
    return journey.name if share and bucket(f"journey {journey.name}", user) < share else ""
