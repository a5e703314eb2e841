"""One user's history decided over again, with all that came of it."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import msgspec

from stream.decision.decider import Decider
from stream.decision.program import Program
from stream.decision.turn import Refusal
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome, Leaf
from stream.model.profile import Profile
from stream.model.reference import Reference
from stream.model.times import shown_time
from stream.replay.explaining.shapes import Mover, Reason


class Retold(msgspec.Struct):
    """A user up to a time: the profile (None if nothing is known of them), what was decided, and by which events.

    `refusals` say why journeys were not entered.
    """

    user: str
    program: Program
    profile: Profile | None
    at_ms: int
    events: dict[str, Event]
    count: int
    outcomes: list[AnyOutcome]
    refusals: list[Refusal]

    def mover(self, event_id: str) -> Mover:
        """Return the event of an id, as it is told."""
        event = self.events.get(event_id)
        return Mover(event_id) if event is None else Mover(event_id, event.name, shown_time(event.time_ms))

    def reasons(self, leaves: Sequence[Leaf]) -> list[Reason]:
        """Return comparisons as they are told, the events behind each in order of time."""
        return [self._reason(leaf) for leaf in leaves]

    def _reason(self, leaf: Leaf) -> Reason:
        movers = sorted(map(self.mover, leaf.events), key=lambda mover: (mover.at, mover.id))
        return Reason(leaf.condition, leaf.holds, leaf.value, leaf.threshold, movers)


def retell(
    definitions: Definitions, events: Sequence[Event], at_ms: int, snapshots: Iterable[Reference] = ()
) -> Retold:
    """Decide over one user's events, in total order and at least one, up to a time, by snapshots in their order.

    A snapshot is taken in where what lies before it is decided, so that no more than the latest are needed at a time.
    """
    user, profiles = events[0].user, dict[str, Profile]()
    decider = Decider(definitions, profiles)
    refusals = decider.note_refusals()
    known = [event for event in events if event.time_ms <= at_ms]
    rest = known
    for snapshot in snapshots:
        if snapshot.as_of_ms > at_ms:
            break
        before = bisect_left(rest, snapshot.as_of_ms, key=_time_ms)
        _decide(decider, rest[:before], snapshot.as_of_ms - 1)
        rest = rest[before:]
        decider.adopt(snapshot)
    _decide(decider, rest, at_ms)
    by_id = {event.id: event for event in known}
    outcomes = decider.take().outcomes
    return Retold(user, decider.program, profiles.get(user), at_ms, by_id, len(known), outcomes, refusals)


def _decide(decider: Decider, events: Sequence[Event], clock_ms: int) -> None:
    for event in events:
        decider.decide(event)
    decider.advance(clock_ms)


def _time_ms(event: Event) -> int:
    return event.time_ms
