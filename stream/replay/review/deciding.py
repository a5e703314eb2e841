"""Deciding over a spooled history, share by share of its users."""

from collections.abc import Callable
from typing import Final

from stream.decision.decider import ERASURE, Decider
from stream.decision.program import Program
from stream.model.outcomes import AnyOutcome, SegmentChange
from stream.model.profile import Profile
from stream.replay.driving import Drive
from stream.replay.memory import quiet_collector
from stream.replay.review.places import crossings
from stream.replay.review.spool import Placed
from stream.replay.review.watch import Watch

Heard = Callable[[AnyOutcome], None]
Tick = Callable[[int], None]


class Shares:
    """Decides over one share of users after the other, with a watch over their memberships.

    Since users of other shares were there at the same time, nothing is learnt of anyone: choices and best times go by
    what they would at the start.
    """

    def __init__(self, program: Program, watch: Watch, stop_ms: int, tick: Tick = lambda _: None) -> None:
        self.program: Final = program
        self.watch: Final = watch
        self._stop_ms = stop_ms
        self._tick = tick
        self.decided = 0
        self.duplicates = 0

    def decide(self, events: list[Placed], hear: Heard) -> dict[str, Profile]:
        """Decide over a share up to where the clock stops; return the profiles. The watch is left to be closed."""
        profiles: dict[str, Profile] = {}
        erasures = [(event.time_ms, event.user) for _, event in events if event.name == ERASURE]
        erasures.reverse()

        def write(outcomes: list[AnyOutcome]) -> None:
            for outcome in outcomes:
                self._forget(erasures, outcome.at_ms)
                if isinstance(outcome, SegmentChange):
                    for place, entered in crossings(outcome):
                        self.watch.change(outcome.user_id, place, entered, outcome.at_ms)
                hear(outcome)

        drive = Drive(Decider(self.program.definitions, profiles, program=self.program), write, self._tick)
        with quiet_collector():
            drive.run(events, self._stop_ms)
        self._forget([one for one in erasures if one[0] <= self._stop_ms], self._stop_ms + 1)
        self.decided += drive.decided
        self.duplicates += drive.duplicates
        return profiles

    def _forget(self, erasures: list[tuple[int, str]], before_ms: int) -> None:
        """Let go of whoever asked for it by now; what was decided of them at that very time came earlier."""
        while erasures and erasures[-1][0] < before_ms:
            at_ms, user = erasures.pop()
            self.watch.forget(user, at_ms)
