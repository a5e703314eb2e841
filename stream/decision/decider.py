"""The decider: events in, timers kept, outcomes out; for many users, without a clock of its own."""

import heapq
from collections.abc import MutableMapping
from typing import Final

import msgspec

from stream.decision.heard import concerns
from stream.decision.items.changes import Change
from stream.decision.items.news import News, is_heard, note_heard
from stream.decision.knowledge.in_force import Snapshot
from stream.decision.program import Program
from stream.decision.remains import come_back, place_of, remains_of
from stream.decision.repetitions import is_repetition
from stream.decision.runs import forget
from stream.decision.timers import Timers
from stream.decision.turn import Counts, DerivedEvent, Refusal
from stream.decision.turning import Turning
from stream.definitions.shapes import Definitions
from stream.model.contributions import Contribution
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome
from stream.model.profile import NEVER, Profile, new_profile

ERASURE: Final = "erasure_requested"

TOLD_AT_ONCE: Final = 64
"""Users who are told of a change of a product in one step: about a millisecond."""


class Taken(msgspec.Struct):
    """What has come of the decisions since it was last taken. A changed user without a profile was erased.

    `contributions` are what the decisions add to the knowledge of everyone.
    """

    outcomes: list[AnyOutcome]
    changed: set[str]
    duplicates: int
    contributions: list[Contribution] = []


class Decider(Turning):
    """Decides for the profiles of one task. It changes the profiles it is given, in place.

    `decide` wants each user's events in their order; `advance` fires the timers of all users up to a time. `counts`
    follow memberships and runs; whoever restores profiles restores them too. A program never changes once it is made:
    several deciders may share the one of their definitions. What outlives an erasure is kept under a hash of the user
    with `key`. `decided` is the number of events taken in, without those recognised as duplicates. `news` are the
    changes of products, None where no definition names their events.
    """

    def __init__(
        self,
        definitions: Definitions,
        profiles: MutableMapping[str, Profile],
        *,
        spread: bool = True,
        program: Program | None = None,
        key: bytes = b"",
    ) -> None:
        super().__init__(Program(definitions) if program is None else program)
        self.news: Final[News | None] = self._turn.news
        self.decided = 0
        self._profiles, self._spread, self._key = profiles, spread, key
        self.timers: Final = Timers()
        self.schedule: Final = self.timers.schedule
        self._changed: set[str] = set()
        self._duplicates = 0

    @property
    def next_due_ms(self) -> int:
        """The earliest time at which a timer may be due, or a change told; `NEVER` if there is none."""
        due_ms = self.timers.next_due_ms
        return due_ms if self.news is None else min(due_ms, self.news.next_ms)

    @property
    def backlog(self) -> int:
        """How many users have a timer, of those whose timers are in memory."""
        return len(self.timers.scheduled)

    def note_refusals(self) -> list[Refusal]:
        """Note from now on why journeys are not entered; return the list of it, which grows without bound."""
        self._turn.refusals = noted = list[Refusal]()
        return noted

    def restore(self, counts: Counts) -> None:
        """Go on from counts that were saved."""
        self.counts = self._turn.counts = counts

    def adopt(self, snapshot: Snapshot) -> None:
        """Take in a snapshot of what is shared: what is decided as of its time or later goes by it.

        Those of a kind come in the order of their times; the latest few are kept, for users whose time is behind.
        """
        self._in_force.adopt(snapshot)

    def due_ms(self, user: str) -> int:
        """The earliest time at which a timer of this user may be due, or they be told; `NEVER` if there is none."""
        due_ms = self.timers.due_ms(user)
        if self.news is None or self.news.next_ms == NEVER or (profile := self._profiles.get(user)) is None:
            return due_ms
        return min(due_ms, self.news.next_of(profile))

    def fire_own(self, user: str, until_ms: int) -> int:
        """Fire one user's timers up to a time, and return when the next is due, `NEVER` if there is none.

        So it is with what they are to be told.
        """
        profile = self._profiles.get(user)
        if profile is None:
            return NEVER
        if self.news is not None:
            self._tell_own(self.news, profile, until_ms)
        if profile.due_ms <= until_ms:
            self._changed.add(user)
            while profile.due_ms <= until_ms:
                self._fire(profile)
            self.schedule(user, profile.due_ms)
        return profile.due_ms if self.news is None else min(profile.due_ms, self.news.next_of(profile))

    def decide(self, event: Event, limit_ms: int = NEVER, timers_until_ms: int = NEVER) -> None:
        """Take in one event, as of `limit_ms` if its own time is later.

        The user's own timers due before it fire first, but none later than `limit_ms` or `timers_until_ms`; so it is
        with changes of products.
        """
        user, time_ms = event.user, event.time_ms
        profile = (known := self._profiles.get(user)) or self._new(user)
        if event.repeatable and is_repetition(profile, event.id):
            self._duplicates += 1
            return
        if known is None:
            self._profiles[user] = profile
        self.decided += 1
        self._changed.add(user)
        news = self.news
        if news is not None and news.next_ms < time_ms:
            self._tell_own(news, profile, min(limit_ms, timers_until_ms, time_ms - 1))
            news.pass_over(profile, min(limit_ms, time_ms - 1))
        if profile.due_ms < time_ms:
            until_ms = min(limit_ms, timers_until_ms, time_ms - 1)
            while profile.due_ms <= until_ms:
                self._fire(profile)
        if event.name == ERASURE:
            self._erase(profile)
            return
        due_ms = profile.due_ms
        self._take_in(profile, event, time_ms if time_ms < limit_ms else limit_ms)
        self._note_due(profile)
        if profile.due_ms < due_ms:  # else it is in the index already, at that time or before
            self.schedule(user, profile.due_ms)

    def advance(self, clock_ms: int) -> None:
        """Fire all timers due up to the clock, in order of time and user; tell what has changed by then on the way."""
        while self.news is not None and self.news.next_ms <= clock_ms:
            self._fire_all(self.news.next_ms - 1)
            self._tell_some(self.news)
        self._fire_all(clock_ms)

    def step(self) -> None:
        """Fire the timers that are due first, or tell some users of a change: what `advance` does, bit by bit."""
        due_ms = self.timers.next_due_ms
        if self.news is not None and self.news.next_ms <= due_ms:
            self._tell_some(self.news)
        else:
            self.advance(due_ms)

    def _fire_all(self, clock_ms: int) -> None:
        """Fire all timers due up to the clock, in order of time and user."""
        timers = self.timers
        while timers.horizon_ms <= clock_ms < NEVER:
            self._fire_until(timers.horizon_ms - 1)
            timers.look_ahead(clock_ms)
        self._fire_until(clock_ms)

    def _fire_until(self, clock_ms: int) -> None:
        """Fire the timers in memory."""
        timers = self.timers
        heap, scheduled = timers.heap, timers.scheduled
        while heap and heap[0][0] <= clock_ms:
            due_ms, user = heap[0]
            if scheduled.get(user) != due_ms:
                heapq.heappop(heap)
                continue
            profile = self._profiles.get(user)
            if profile is not None and profile.due_ms <= due_ms:
                self._changed.add(user)
                self._fire(profile)
            timers.move_first(NEVER if profile is None else profile.due_ms)

    def take(self) -> Taken:
        """Hand over what has come of the decisions, and forget it here."""
        taken = Taken(self._outcomes[:], self._changed, self._duplicates, self._turn.contributions)
        self._outcomes.clear()
        self._changed = set()
        self._duplicates = 0
        self._turn.contributions = []
        return taken

    def _tell_some(self, news: News) -> None:
        """Tell some more users of the change that comes first, or find that all are told."""
        change, users = news.take(TOLD_AT_ONCE) or (None, ())
        for user in users:
            profile = self._profiles.get(user)
            if change is not None and profile is not None and not is_heard(profile, change):
                self._tell_if_concerned(profile, change)

    def _tell_own(self, news: News, profile: Profile, until_ms: int) -> None:
        """Tell one user of what changed up to a time, each change after their timers due before it."""
        for change in news.of(profile, until_ms):
            self._changed.add(profile.user)
            while profile.due_ms < change.at_ms:
                self._fire(profile)
            self._tell_if_concerned(profile, change)
            note_heard(profile, change.partition, change.offset)

    def _tell_if_concerned(self, profile: Profile, change: Change) -> None:
        """Tell a user of a change, if it means anything to them."""
        for event in change.events:
            fact = DerivedEvent(event.name, event.props, change.at_ms, event.id)
            rules = self.program.concerned.get(event.name, ())
            if any(rule is None or concerns(rule, profile, fact) for rule in rules):
                self._changed.add(profile.user)
                self._tell(profile, change)
                self.schedule(profile.user, profile.due_ms)
                return

    def _erase(self, profile: Profile) -> None:
        """Forget a user wholly; the counts no longer count them."""
        for name, membership in profile.memberships.items():
            self.counts.count_member(name, membership, -1)
        for run in profile.runs:
            forget(self.counts, run)
        if self.news is not None:
            self.news.index.forget(profile.user, profile.products)
        self.timers.scheduled.pop(profile.user, None)
        del self._profiles[profile.user]
        if profile.version or profile.births:  # else nothing was decided of them that could come again
            place = place_of(profile.user, self._key)
            self._profiles[place] = remains_of(profile, place)
            self._changed.add(place)

    def _new(self, user: str) -> Profile:
        """Return the profile of a user who was not known, or is so no longer."""
        profile = new_profile(user, spread=self._spread)
        remains = self._profiles.get(place_of(user, self._key))
        if remains is not None:
            come_back(profile, remains)
        return profile
