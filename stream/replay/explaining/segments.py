"""Why a user is in a segment, or out of it, at a time: from a replay of what they did up to then."""

from collections.abc import Iterable, Sequence

from stream.definitions.expressions import Expr
from stream.definitions.shapes import Definitions, Segment
from stream.model.events import Event
from stream.model.outcomes import SegmentChange
from stream.model.profile import Membership, Profile
from stream.model.reference import Reference
from stream.model.times import shown_time
from stream.replay.explaining.retelling import Retold, retell
from stream.replay.explaining.shapes import Explanation, Standing


def explain(
    definitions: Definitions,
    events: Sequence[Event],
    at_ms: int,
    wanted: Iterable[str] = (),
    snapshots: Iterable[Reference] = (),
) -> Explanation | None:
    """Decide over one user's events, in total order, up to a time, and say how they stand to the segments wanted.

    None where nothing of the user is known by then: there was no event, or they were erased. Without `wanted` it tells
    of all segments.
    """
    retold = retell(definitions, events, at_ms, snapshots)
    if retold.profile is None:
        return None
    changes = {one.segment: one for one in retold.outcomes if isinstance(one, SegmentChange)}
    names = set(wanted) or definitions.segments.keys()
    standings = [
        _standing(retold, retold.profile, its, changes.get(its.name))
        for its in definitions.segments.values()
        if its.name in names
    ]
    standings.sort(key=lambda standing: (not standing.inside, standing.segment))
    return Explanation(retold.user, shown_time(at_ms), retold.count, standings)


def _standing(retold: Retold, profile: Profile, segment: Segment, change: SegmentChange | None) -> Standing:
    membership = profile.memberships.get(segment.name) or Membership(inside=False, since_ms=0, entries=0)
    asked, conditions = _asked(segment, membership)
    leaves = retold.program.explainer.leaves_of(conditions, profile, retold.at_ms)
    stays_ms = membership.since_ms + segment.stay_ms if membership.inside else 0
    return Standing(
        segment=segment.name,
        inside=membership.inside,
        asked=asked,
        tier=membership.tier,
        since=shown_time(membership.since_ms) if membership.entries else "",
        cause=retold.mover(change.cause) if change is not None else None,
        stays_until=shown_time(stays_ms) if stays_ms > retold.at_ms else "",
        reasons=retold.reasons(leaves),
    )


def _asked(segment: Segment, membership: Membership) -> tuple[str, tuple[Expr, ...]]:
    """Return the conditions that say why somebody is where they are, and the field they stand in."""
    if segment.tiers:
        return "tiers", segment.leading_to(membership.tier)
    if membership.inside and segment.exit is not None:
        return "exit", (segment.exit,)
    return "when", (segment.when,)
