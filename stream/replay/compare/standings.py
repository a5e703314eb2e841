"""How a user stands under a config: the comparisons that decide about a segment or a trigger."""

import re
from collections.abc import Iterable, Set

import msgspec

from stream.model.events import Scalar
from stream.model.outcomes import Leaf
from stream.model.profile import Profile
from stream.model.times import shown_time
from stream.replay.compare.shapes import Standing
from stream.replay.compare.side import Side, Step
from stream.replay.review.places import conditions_of

WITHHELD = "(withheld)"
"""What stands in place of what users say of themselves."""

NO_RUN = "no run of the journey came to this step"
NOTHING_FAILS = "every comparison holds; it is the way there that differs"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def of_segment(side: Side, place: str, profile: Profile | None, at_ms: int) -> Standing:
    """Return how a profile stands to a segment."""
    if place not in side.places:
        return Standing([], "this config has no such segment")
    if profile is None:
        return Standing([], "this config has heard of no such user yet")
    conditions = conditions_of(side.definitions, place)
    leaves = [leaf for each in conditions for leaf in side.program.explainer.leaves(each, profile, at_ms)]
    name, _, tier = place.partition(".")
    now_in = profile.memberships.get(name) if tier else None
    return Standing(_shown(leaves, side), f"is in {now_in.place(name)}" if now_in is not None else "")


def of_trigger(side: Side, step: Step, user: str, profile: Profile | None, at_ms: int) -> Standing:
    """Return why a step sent a user its trigger, or what stood in the way."""
    why, refused = side.reasons.get((step, user)), side.refused.get((step, user))
    if why is not None:
        return Standing(_shown(why.leaves, side), "sent")
    if refused is not None:
        return Standing([], f"proposed, but not sent: {refused.replace('_', ' ')}")
    journey = side.definitions.journeys.get(step[0])
    if journey is None:
        return Standing([], "this config has no such journey")
    if journey.enter.segment is None:
        return Standing([], NO_RUN)
    if (ran := _ran(side, step[0], user, at_ms)) is not None:
        return Standing([], ran)
    standing = of_segment(side, journey.enter.segment, profile, at_ms)
    return Standing(standing.leaves, standing.note or NO_RUN)


def _ran(side: Side, journey: str, user: str, at_ms: int) -> str | None:
    """Return what became of the user's last run of a journey by a time, None where there was none."""
    changes = [change for change in side.runs.get((journey, user), ()) if change.at_ms <= at_ms]
    if not changes:
        return None
    last = changes[-1]
    return f"its run had ended: {last.reason}" if last.change == "ended" else "its run had not come to this step yet"


def keeps_out(standing: Standing) -> list[tuple[str, str]]:
    """Return what keeps a user out, each as a comparison that is not true or, where that is empty, a note."""
    failing = [(leaf.condition, "") for leaf in standing.leaves if leaf.holds is not True]
    if standing.note and (standing.note != NO_RUN or not failing):
        return [("", standing.note)]
    return failing or [("", NOTHING_FAILS)]


def _shown(leaves: Iterable[Leaf], side: Side) -> list[Leaf]:
    """Return leaves for people: without event ids, without what users say of themselves, and with times as dates."""
    identify = side.definitions.plan.events.get("identify")
    said = set(identify.properties) if identify is not None else set()
    return [
        msgspec.structs.replace(
            leaf,
            events=[],
            value=WITHHELD if _is_said(leaf, said) else _dated(leaf, leaf.value, side),
            threshold=_dated(leaf, leaf.threshold, side),
        )
        for leaf in leaves
    ]


def _is_said(leaf: Leaf, said: Set[str]) -> bool:
    return leaf.value is not None and not said.isdisjoint(_NAME.findall(leaf.condition))


def _dated(leaf: Leaf, value: Scalar | None, side: Side) -> Scalar | None:
    return shown_time(value) if leaf.condition in side.moments and isinstance(value, int) else value
