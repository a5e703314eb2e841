"""Why a user is in a journey at a time, or not: from a replay of what they did up to then."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from stream.decision.holdouts import held_out_of
from stream.decision.steps import Propose
from stream.definitions.journey_shapes import Journey
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.profile import JourneyMemory, Membership, Profile
from stream.model.reference import Reference
from stream.model.times import shown_time
from stream.replay.explaining.retelling import Retold, retell
from stream.replay.explaining.shapes import JourneyExplanation, NotEntered, RunStory, WayIn
from stream.replay.explaining.stories import stories_of

REFUSALS_TOLD: Final = 100
"""Times that a journey was not entered, of which an explanation tells."""


def explain_journey(
    definitions: Definitions,
    events: Sequence[Event],
    at_ms: int,
    journey: str,
    snapshots: Iterable[Reference] = (),
) -> JourneyExplanation | None:
    """Decide over one user's events, in total order, up to a time, and say how they stand to a journey.

    None where nothing of the user is known by then: there was no event, or they were erased.
    """
    retold = retell(definitions, events, at_ms, snapshots)
    if retold.profile is None:
        return None
    runs = stories_of(retold, journey)
    refused = [one for one in retold.refusals if one.journey == journey]
    not_entered = [NotEntered(shown_time(one.at_ms), retold.mover(one.cause), one.reason) for one in refused]
    state = _state(runs, not_entered)
    return JourneyExplanation(
        user=retold.user,
        journey=journey,
        at=shown_time(at_ms),
        events=retold.count,
        state=state,
        held_out_of=_held_out_of(retold, definitions.journeys[journey]),
        way_in=_way_in(retold, retold.profile, definitions.journeys[journey]),
        runs=runs,
        not_entered=not_entered[-REFUSALS_TOLD:],
    )


def _state(runs: list[RunStory], refused: list[NotEntered]) -> Literal["never", "refused", "inside", "ended"]:
    if any(not run.ended for run in runs):
        return "inside"
    if runs:
        return "ended"
    return "refused" if refused else "never"


def _held_out_of(retold: Retold, journey: Journey) -> str:
    """Return what the user is held out of, by the actions of a journey that anyone is held out of."""
    definitions = retold.program.definitions
    proposed = [one for one in retold.program.journeys[journey.name].layout.line if isinstance(one, Propose)]
    names = [name for one in proposed for name in (one.choice.actions if one.choice is not None else (one.action,))]
    asked = [definitions.actions[name] for name in names if name in definitions.actions]
    return next(filter(None, (held_out_of(definitions, journey, action, retold.user) for action in asked)), "")


def _way_in(retold: Retold, profile: Profile, journey: Journey) -> WayIn:
    enter, again_from = journey.enter, _again_from(retold, profile, journey)
    if enter.event is not None:
        where = enter.event.where.text if enter.event.where is not None else ""
        return WayIn(event=enter.event.event, where=where, again_from=again_from)
    name, _, tier = (enter.segment or "").partition(".")
    membership = profile.memberships.get(name) or Membership(inside=False, since_ms=0, entries=0)
    conditions = retold.program.segments[name].segment.leading_to(tier)
    inside = membership.inside and tier in ("", membership.tier)
    left_ms = (membership.left_ms or {}).get(tier, 0) if tier and not inside else membership.since_ms
    return WayIn(
        segment=enter.segment or "",
        inside=inside,
        since=shown_time(left_ms) if membership.entries and left_ms else "",
        reasons=retold.reasons(retold.program.explainer.leaves_of(conditions, profile, retold.at_ms)),
        again_from=again_from,
    )


def _again_from(retold: Retold, profile: Profile, journey: Journey) -> str:
    """Return from when on another run may begin after the last, "" where that is so now or never will be."""
    memory, enter = profile.journeys.get(journey.name, JourneyMemory()), journey.enter
    since_ms = memory.ended_ms if enter.again_from == "exit" else memory.entered_ms
    again_ms = since_ms + enter.again_after_ms
    return "" if enter.once or again_ms <= retold.at_ms else shown_time(again_ms)
