"""One side of a comparison: a config that decides, and what of its decisions is to be compared."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from stream.decision.decider import Decider
from stream.decision.program import Program
from stream.definitions.expressions import Compare
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome, Decision, RunChange, SegmentChange, Trigger, Why
from stream.model.profile import Profile
from stream.replay.review.axis import Axis
from stream.replay.review.deciding import Shares
from stream.replay.review.places import crossings, places_of
from stream.replay.review.spool import Placed
from stream.replay.review.watch import Watch

Step = tuple[str, str, str]
"""(journey, step, action): where a trigger comes from."""


class Side:
    """One config over one share of the users after the other; `moments` are its comparisons of points in time.

    Of the share decided last: `profiles` at the end, when each user first `entered` each segment, the times each step
    `sent` each user its trigger with the reason of the first, what became of those it `refused`, and the `runs` of each
    journey and user.
    """

    def __init__(self, definitions: Definitions, axis: Axis) -> None:
        self.definitions: Final = definitions
        self.program: Final = Program(definitions)
        self.places: Final = {place.name: place for place in places_of(definitions)}
        self.moments: Final = {
            part.text
            for place in self.places.values()
            for part in place.parts
            if isinstance(part, Compare) and part.left.type == "timestamp"
        }
        self.watch: Final = Watch(list(self.places), axis)
        self.sent_total: Final[Counter[Step]] = Counter()
        self._shares = Shares(self.program, self.watch, axis.end_ms)
        self.profiles: dict[str, Profile] = {}
        self.entered: dict[tuple[str, str], int] = {}
        self.sent: defaultdict[Step, dict[str, list[int]]] = defaultdict(dict)
        self.reasons: dict[tuple[Step, str], Why] = {}
        self.refused: dict[tuple[Step, str], str] = {}
        self.runs: defaultdict[tuple[str, str], list[RunChange]] = defaultdict(list)

    @property
    def decided(self) -> int:
        """How many events were decided over so far."""
        return self._shares.decided

    def decide(self, events: list[Placed]) -> None:
        """Decide over a share."""
        self.entered, self.sent, self.reasons, self.refused = {}, defaultdict(dict), {}, {}
        self.runs = defaultdict(list)
        self.profiles = self._shares.decide(events, self._hear)

    def close(self) -> None:
        """End a share."""
        self.watch.close(self.watch.axis.end_ms)
        self.profiles = {}

    def at(self, events: Sequence[Event], at_ms: int) -> Profile | None:
        """Return a user's profile as it was at a time, from the user's own events."""
        profiles: dict[str, Profile] = {}
        decider = Decider(self.definitions, profiles, program=self.program)
        for event in events:
            if event.time_ms <= at_ms:
                decider.decide(event)
        decider.advance(at_ms)
        return next(iter(profiles.values()), None)

    def _hear(self, outcome: AnyOutcome) -> None:
        user = outcome.user_id
        match outcome:
            case SegmentChange():
                for place, entered in crossings(outcome):
                    if entered:
                        self.entered.setdefault((user, place), outcome.at_ms)
            case Trigger():
                step = (outcome.journey, outcome.step, outcome.action)
                self.sent_total[step] += 1
                self.sent[step].setdefault(user, []).append(outcome.at_ms)
                self.reasons.setdefault((step, user), outcome.why)
            case Decision() if outcome.verdict not in ("sent", "withdrawn"):
                self.refused.setdefault(((outcome.journey, outcome.step, outcome.action), user), outcome.verdict)
            case RunChange():
                self.runs[outcome.journey, user].append(outcome)
            case _:
                pass
