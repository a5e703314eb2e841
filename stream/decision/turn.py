"""One turn: an event or a due timer of one user, and all that follows from it."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

from stream.decision.items.news import News
from stream.decision.program import Program
from stream.model.contributions import Contribution
from stream.model.events import Event, Scalar
from stream.model.outcomes import AnyOutcome
from stream.model.products import CatalogueSnapshot
from stream.model.profile import NEVER, Membership, Profile, Run
from stream.model.reference import Reference

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


class Use(msgspec.Struct, array_like=True, frozen=True):
    """Who needs one definition of a journey: the runs that still go by it, and until when one that has ended may."""

    journey: str
    runs: int = 0
    until_ms: int = -NEVER


class Counts(msgspec.Struct):
    """How many profiles are in each segment, and how many runs of each journey are under way.

    `uses` has the definitions of journeys that runs go by, by hash, until nobody needs one any more and it is taken
    out. A run that has ended goes by its definition as long as something is to do on exit.
    """

    segments: dict[str, int] = {}
    runs: dict[str, int] = {}
    uses: dict[str, Use] = {}

    def count_member(self, name: str, membership: Membership, by: Literal[1, -1]) -> None:
        """Count a profile in, or out, where its membership of the segment of this name has it; nowhere if outside."""
        if membership.inside:
            place = membership.place(name)
            self.segments[place] = self.segments.get(place, 0) + by

    def count_run(self, journey: str, by: Literal[1, -1]) -> None:
        """Count a run of a journey in, or out."""
        self.runs[journey] = self.runs.get(journey, 0) + by

    def count_use(self, run: Run, by: Literal[1, -1]) -> None:
        """Count a run in with the definition it goes by, or out."""
        self._use(run, by, -NEVER)

    def count_end(self, run: Run) -> None:
        """Count a run out that is done, but for its goal and the withdrawal of what it sent."""
        self._use(run, -1, _wanted_until_ms(run))

    def recount(self, runs: Iterable[Run]) -> None:
        """Count runs that were kept by a version that did not count uses."""
        for run in runs:
            self._use(run, 1 if run.pc >= 0 else 0, _wanted_until_ms(run) if run.pc < 0 else -NEVER)

    def _use(self, run: Run, by: int, until_ms: int) -> None:
        use = self.uses.get(run.definition) or Use(run.journey)
        self.uses[run.definition] = Use(use.journey, use.runs + by, max(use.until_ms, until_ms))


def _wanted_until_ms(run: Run) -> int:
    """Return until when an event may still mean something to a run that has ended."""
    return max((run.goal_until_ms, *(sent.valid_until_ms for sent in run.sent)))


class Refusal(msgspec.Struct, frozen=True):
    """A journey was not entered: when, by which event, and why not."""

    journey: str
    at_ms: int
    cause: str
    reason: str


class Turn:
    """The state of one turn: whose, when, what is still to follow up, and what came of it.

    `cause` is the id of the event behind it, or `time`. `put_off` is set where the membership that is due first is
    put off; `crossed` where a membership changes; `moved` where runs may have to go on or to end. `refusals`
    gathers why journeys were not entered, where somebody asks. `reference` is the snapshot of shared knowledge in
    force, None before there is one. `contributions` gathers what decisions add to the knowledge of everyone, until
    it is taken; `catalogue` is that of the products in force. `news` are the changes of products, if any are told.
    """

    __slots__ = (
        *("catalogue", "cause", "contributions", "counts", "crossed", "facts", "now_ms", "outcomes"),
        *("profile", "program", "moved", "news", "put_off", "reference", "refusals"),
    )

    def __init__(self, program: Program, counts: Counts, outcomes: list[AnyOutcome]) -> None:
        self.program, self.counts, self.outcomes = program, counts, outcomes
        self.contributions: list[Contribution] = []
        self.facts: list[DerivedEvent] = []
        self.now_ms = 0
        self.put_off = self.crossed = self.moved = False
        self.cause = BY_TIME
        self.profile: Profile
        self.refusals: list[Refusal] | None = None
        self.reference: Reference | None = None
        self.catalogue = CatalogueSnapshot()
        self.news = News() if program.concerned else None

    def begin(self, profile: Profile, now_ms: int, cause: str = BY_TIME) -> None:
        """Start a turn of a profile; its time never goes back."""
        self.profile, self.cause = profile, cause
        if now_ms > profile.now_ms:
            profile.now_ms = now_ms
        self.now_ms = profile.now_ms
        self.put_off = self.moved = False
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

    def note_refusal(self, journey: str, reason: str, cause: str) -> None:
        """Note why a journey was not entered, if somebody asks for that."""
        if self.refusals is not None:
            self.refusals.append(Refusal(journey, self.now_ms, cause, reason))

    def add(self, name: str, props: Mapping[str, Scalar], cause: str, at_ms: int | None = None) -> None:
        """Note a derived event, now or as of a time before, to be followed up in this turn, if anything follows."""
        followed = self.program.followed.get(name, _NOTHING)
        if followed is not None and props.get("segment") not in followed:
            return
        if len(self.facts) < FACTS_IN_A_TURN:
            self.facts.append(DerivedEvent(name, props, self.now_ms if at_ms is None else at_ms, cause))
