"""The decider: events in, timers kept, outcomes out; for many users, without a clock of its own."""

import heapq
from collections.abc import MutableMapping
from typing import Final

import msgspec

from stream.decision import journeys, segments, sessions
from stream.decision.knowledge.in_force import InForce, Snapshot
from stream.decision.migrating import migrate
from stream.decision.program import Program
from stream.decision.reactions import Reaction, no_reaction, reaction
from stream.decision.remains import come_back, place_of, remains_of
from stream.decision.repetitions import is_repetition
from stream.decision.runs import forget
from stream.decision.timers import Timers
from stream.decision.turn import BY_TIME, GENERATIONS, Counts, Refusal, Turn
from stream.definitions.shapes import Definitions
from stream.model.contributions import Contribution
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome
from stream.model.profile import NEVER, Profile, new_profile

ERASURE: Final = "erasure_requested"


class Taken(msgspec.Struct):
    """What has come of the decisions since it was last taken. A changed user without a profile was erased.

    `contributions` are what the decisions add to the knowledge of everyone.
    """

    outcomes: list[AnyOutcome]
    changed: set[str]
    duplicates: int
    contributions: list[Contribution] = []


class Decider:
    """Decides for the profiles of one task. It changes the profiles it is given, in place.

    `decide` wants each user's events in their order; `advance` fires the timers of all users up to a time. `counts`
    follow memberships and runs; whoever restores profiles restores them too. A program never changes once it is made:
    several deciders may share the one of their definitions. What outlives an erasure is kept under a hash of the user
    with `key`. `decided` is the number of events taken in, without those
    recognised as duplicates.
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
        self.program: Final = Program(definitions) if program is None else program
        self.decided = 0
        self._reactions: Final = self.program.reactions
        self._version: Final = definitions.version
        self.counts = Counts()
        self._profiles, self._spread, self._key = profiles, spread, key
        self.timers: Final = Timers()
        self.schedule: Final = self.timers.schedule
        self.due_ms: Final = self.timers.due_ms
        self._outcomes: list[AnyOutcome] = []
        self._changed: set[str] = set()
        self._duplicates = 0
        self._turn = Turn(self.program, self.counts, self._outcomes)
        self._activity: Final = self.program.activity
        self._goes_on: Final = sessions.goes_on(definitions.plan.sessions)
        self._in_force: Final = InForce()

    @property
    def next_due_ms(self) -> int:
        """The earliest time at which a timer may be due, `NEVER` if there is none."""
        return self.timers.next_due_ms

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

    def _begin(self, profile: Profile, now_ms: int, cause: str) -> None:
        """Begin a turn, by the snapshots in force at its time."""
        self._turn.begin(profile, now_ms, cause)
        if not self._in_force.is_empty:
            self._in_force.give(self._turn)

    def fire_own(self, user: str, until_ms: int) -> int:
        """Fire one user's timers up to a time, and return when the next is due, `NEVER` if there is none."""
        profile = self._profiles.get(user)
        if profile is None:
            return NEVER
        if profile.due_ms <= until_ms:
            self._changed.add(user)
            while profile.due_ms <= until_ms:
                self._fire(profile)
            self.schedule(user, profile.due_ms)
        return profile.due_ms

    def decide(self, event: Event, limit_ms: int = NEVER, timers_until_ms: int = NEVER) -> None:
        """Take in one event, as of `limit_ms` if its own time is later.

        The user's own timers due before it fire first, but none later than `limit_ms` or `timers_until_ms`.
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

    def _take_in(self, profile: Profile, event: Event, now_ms: int) -> None:
        """Let an event change the profile, and follow up what comes of it."""
        turn, is_new, name = self._turn, profile.now_ms == -NEVER, event.name
        self._begin(profile, now_ms, event.id)
        if profile.runs and profile.version != self._version:
            migrate(turn)
        if event.history_until_ms > profile.history_until_ms:
            profile.history_until_ms = event.history_until_ms
        if name in self._activity and not self._goes_on(profile, event):
            if sessions.end_overtaken(turn, event):
                self._follow_derived()
            sessions.take_in(turn, event)
        has_moved = event.zone not in ("", profile.zone)
        if has_moved:
            profile.zone, profile.identity_event = event.zone, event.id
        (self._reactions.get(name) or self._reaction(name))(turn, profile, event)
        if has_moved and self.program.local and not is_new:  # who is new has nothing yet that another zone would change
            segments.evaluate(turn, self.program.local, event.id)
        if profile.version != self._version:
            self._look_over(profile, event.id, is_new=is_new)
        if turn.facts:
            self._follow_derived()
        if profile.runs and (turn.moved or has_moved or profile.runs_due_ms <= turn.now_ms):
            self._go_on()

    def _look_over(self, profile: Profile, cause: str, *, is_new: bool) -> None:
        """Decide the memberships that no event need lead to: of a new profile, or under definitions new to it.

        Some conditions hold of whoever has done nothing yet.
        """
        turn, program = self._turn, self.program
        profile.version = self._version
        if not is_new:
            segments.forget_removed(turn)
        segments.evaluate(turn, program.newcomers if is_new else program.segments.values(), cause)

    def _fire(self, profile: Profile) -> None:
        """Fire what is due of a profile at its earliest due time: memberships first, then runs."""
        turn = self._turn
        self._begin(profile, profile.due_ms, BY_TIME)
        if profile.version != self._version:
            migrate(turn)
            self._look_over(profile, BY_TIME, is_new=False)
        sessions.end_due(turn)
        if turn.facts:
            self._follow_derived()
        if profile.memberships_due_ms <= turn.now_ms:
            segments.evaluate_due(turn, BY_TIME)
            self._follow_derived()  # a segment left now may end a run before it goes on
        if profile.runs and (turn.moved or profile.runs_due_ms <= turn.now_ms):
            self._go_on()
        self._note_due(profile)

    def _go_on(self) -> None:
        """Let runs go on, and follow up what they do, until all wait."""
        turn = self._turn
        for _ in range(GENERATIONS):
            if not journeys.advance(turn):
                break
            if turn.facts:
                self._follow_derived()
        turn.profile.runs_due_ms = journeys.next_wait_ms(turn.profile.runs)

    def _note_due(self, profile: Profile) -> None:
        """Find the profile's next timer."""
        if self._turn.put_off:
            segments.note_due(profile)
        due_ms, session = profile.memberships_due_ms, profile.session
        if session is not None and session.check_ms < due_ms:
            due_ms = session.check_ms
        if profile.runs and profile.runs_due_ms < due_ms:
            due_ms = profile.runs_due_ms
        profile.due_ms = due_ms

    def _follow_derived(self) -> None:
        """Follow up derived events in their order, and what follows from them."""
        turn = self._turn
        for _ in range(GENERATIONS):
            if not turn.facts:
                return
            facts, turn.facts = turn.facts, []
            for fact in facts:
                (self._reactions.get(fact.name) or self._reaction(fact.name))(turn, turn.profile, fact)

    def _reaction(self, name: str) -> Reaction:
        """Return what an event does whose name comes for the first time."""
        handler = self.program.handlers.get(name)
        if handler is None:
            return no_reaction
        made = self._reactions[name] = reaction(self.program, handler)
        return made

    def _erase(self, profile: Profile) -> None:
        """Forget a user wholly; the counts no longer count them."""
        for name, membership in profile.memberships.items():
            self.counts.count_member(name, membership, -1)
        for run in profile.runs:
            forget(self.counts, run)
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
