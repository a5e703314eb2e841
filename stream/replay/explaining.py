"""Why a user is in a segment, or out of it, at a time: from a replay of what they did up to then."""

from collections.abc import Iterable, Sequence

import msgspec

from stream.decision.decider import Decider
from stream.decision.program import Program
from stream.definitions.expressions import Expr
from stream.definitions.shapes import Definitions, Segment
from stream.model.events import Event, Scalar
from stream.model.outcomes import Leaf, SegmentChange
from stream.model.profile import Membership, Profile
from stream.model.times import shown_time


class Mover(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event that moved a value last. What other decisions made has the id of the event behind it, or `time`."""

    id: str
    event: str = ""
    at: str = ""


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One comparison as it stood, with the events that moved what it reads."""

    condition: str
    holds: bool | None
    value: Scalar | None = None
    threshold: Scalar | None = None
    events: list[Mover] = []


class Standing(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How a user stands to one segment. `since` is when they came in or went out, "" if they never were in it.

    `asked` is the field whose conditions are explained: `when`, `exit` (for members of a segment that has one) or
    `tiers`. `stays_until` is set for a member who stays at least until then.
    """

    segment: str
    inside: bool
    asked: str
    tier: str = ""
    since: str = ""
    cause: Mover | None = None
    stays_until: str = ""
    reasons: list[Reason] = []


class Explanation(msgspec.Struct, frozen=True):
    """Where one user stands at a time, after so many events of theirs; what they are in comes first."""

    user: str
    at: str
    events: int
    segments: list[Standing]


def explain(
    definitions: Definitions, events: Sequence[Event], at_ms: int, wanted: Iterable[str] = ()
) -> Explanation | None:
    """Decide over one user's events, in total order, up to a time, and say how they stand to the segments wanted.

    None where nothing of the user is known by then: there was no event, or they were erased. Without `wanted` it tells
    of all segments.
    """
    profiles: dict[str, Profile] = {}
    decider = Decider(definitions, profiles)
    known = [event for event in events if event.time_ms <= at_ms]
    for event in known:
        decider.decide(event)
    decider.advance(at_ms)
    profile = next(iter(profiles.values()), None)
    if profile is None:
        return None
    changes = {one.segment: one for one in decider.take().outcomes if isinstance(one, SegmentChange)}
    telling = _Telling(decider.program, profile, at_ms, {event.id: event for event in known})
    names = set(wanted) or definitions.segments.keys()
    standings = [
        telling.standing(its, changes.get(its.name)) for its in definitions.segments.values() if its.name in names
    ]
    standings.sort(key=lambda standing: (not standing.inside, standing.segment))
    return Explanation(profile.user, shown_time(at_ms), len(known), standings)


class _Telling(msgspec.Struct):
    """What is needed to tell of one profile."""

    program: Program
    profile: Profile
    at_ms: int
    events: dict[str, Event]

    def standing(self, segment: Segment, change: SegmentChange | None) -> Standing:
        membership = self.profile.memberships.get(segment.name) or Membership(inside=False, since_ms=0, entries=0)
        asked, conditions = _asked(segment, membership)
        leaves = self.program.explainer.leaves_of(conditions, self.profile, self.at_ms)
        stays_ms = membership.since_ms + segment.stay_ms if membership.inside else 0
        return Standing(
            segment=segment.name,
            inside=membership.inside,
            asked=asked,
            tier=membership.tier,
            since=shown_time(membership.since_ms) if membership.entries else "",
            cause=self._mover(change.cause) if change is not None else None,
            stays_until=shown_time(stays_ms) if stays_ms > self.at_ms else "",
            reasons=[self._reason(leaf) for leaf in leaves],
        )

    def _reason(self, leaf: Leaf) -> Reason:
        movers = sorted(map(self._mover, leaf.events), key=lambda mover: (mover.at, mover.id))
        return Reason(leaf.condition, leaf.holds, leaf.value, leaf.threshold, movers)

    def _mover(self, event_id: str) -> Mover:
        event = self.events.get(event_id)
        return Mover(event_id) if event is None else Mover(event_id, event.name, shown_time(event.time_ms))


def _asked(segment: Segment, membership: Membership) -> tuple[str, tuple[Expr, ...]]:
    """Return the conditions that say why somebody is where they are, and the field they stand in."""
    if segment.tiers:
        return "tiers", segment.leading_to(membership.tier)
    if membership.inside and segment.exit is not None:
        return "exit", (segment.exit,)
    return "when", (segment.when,)
