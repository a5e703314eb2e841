"""One turn: an event or a due timer of one user, and all that follows from it."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from stream.decision.program import Program
from stream.model.contributions import AnyContribution
from stream.model.events import Event, Scalar
from stream.model.items import ItemReference
from stream.model.outcomes import AnyOutcome
from stream.model.profile import NEVER, Membership, Profile

BY_TIME: Final = "time"
"""The cause of what no event caused."""

FACTS_IN_A_TURN: Final = 2_000
"""Derived events followed up in one turn."""

GENERATIONS: Final = 16
"""How often what follows from a derived event is followed up in turn. Definitions that feed on each other's changes
without end stop here.
"""

_NOTHING: Final = frozenset[Scalar | None]()


class DerivedEvent(msgspec.Struct, gc=False):
    """An event that a decision made. Its `id` is that of the input event behind it, or `time`."""

    name: str
    props: Mapping[str, Scalar]
    time_ms: int
    id: str
    lists: dict[str, list[dict[str, Scalar]]] | None = None


Fact = Event | DerivedEvent
"""What traits, segments and journeys follow up."""


class Counts(msgspec.Struct):
    """How many profiles are in each segment, and how many runs of each journey are under way."""

    segments: dict[str, int] = {}
    runs: dict[str, int] = {}

    def count_member(self, name: str, membership: Membership, by: Literal[1, -1]) -> None:
        """Count a profile in, or out, where its membership of the segment of this name has it; nowhere if outside."""
        if membership.inside:
            place = membership.place(name)
            self.segments[place] = self.segments.get(place, 0) + by

    def count_run(self, journey: str, by: Literal[1, -1]) -> None:
        """Count a run of a journey in, or out."""
        self.runs[journey] = self.runs.get(journey, 0) + by


class Turn:
    """The state of one turn: whose, when, what is still to follow up, and what came of it.

    `put_off` is set where the membership that is due first is put off; `crossed` where a membership changes.
    `contributions` gathers what decisions add to the knowledge of everyone, until it is taken; `items` is what is known
    of products.
    """

    __slots__ = (
        *("contributions", "counts", "crossed", "facts", "items", "now_ms", "outcomes"),
        *("profile", "program", "put_off"),
    )

    def __init__(self, program: Program, counts: Counts, outcomes: list[AnyOutcome]) -> None:
        self.program, self.counts, self.outcomes = program, counts, outcomes
        self.contributions: list[AnyContribution] = []
        self.items = ItemReference()
        self.facts: list[DerivedEvent] = []
        self.now_ms = 0
        self.put_off = self.crossed = False
        self.profile: Profile

    def begin(self, profile: Profile, now_ms: int) -> None:
        """Start a turn of a profile; its time never goes back."""
        self.profile = profile
        if now_ms > profile.now_ms:
            profile.now_ms = now_ms
        self.now_ms = profile.now_ms
        self.put_off = False
        if self.facts:
            self.facts = []

    def look_again(self, membership: Membership, at_ms: int) -> None:
        """Note when time alone may change a membership. What is noted already stands if it is earlier.

        So an event that puts the time off costs nothing; at the earlier time it is looked at in vain, once.
        """
        next_ms = membership.next_ms
        if at_ms < next_ms or (next_ms < at_ms and (at_ms == NEVER or next_ms <= self.now_ms)):
            self.look_only(membership, at_ms)

    def look_only(self, membership: Membership, at_ms: int) -> None:
        """Note when time alone may change a membership, whatever was noted before."""
        profile = self.profile
        if membership.next_ms == profile.memberships_due_ms:
            self.put_off = True
        membership.next_ms = at_ms
        if at_ms < profile.memberships_due_ms:
            profile.memberships_due_ms = at_ms

    def add(self, name: str, props: Mapping[str, Scalar], cause: str, at_ms: int | None = None) -> None:
        """Note a derived event, now or as of a time before, to be followed up in this turn, if anything follows."""
        followed = self.program.followed.get(name, _NOTHING)
        if followed is not None and props.get("segment") not in followed:
            return
        if len(self.facts) < FACTS_IN_A_TURN:
            self.facts.append(DerivedEvent(name, props, self.now_ms if at_ms is None else at_ms, cause))
