"""What one turn does to one profile: an event is taken in, a timer fires, a change of a product is told of."""

from typing import Final

from stream.decision import journeys, segments, sessions
from stream.decision.items.changes import Change
from stream.decision.items.news import note_heard
from stream.decision.knowledge.in_force import InForce
from stream.decision.migrating import migrate
from stream.decision.program import Program
from stream.decision.reactions import Reaction, no_reaction, reaction
from stream.decision.turn import BY_TIME, GENERATIONS, Counts, Turn
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome
from stream.model.profile import NEVER, Profile


class Turning:
    """Turns of profiles, one at a time; whoever begins one has the profile, and keeps the index of timers.

    `counts` follow memberships and runs.
    """

    def __init__(self, program: Program) -> None:
        self.program: Final = program
        self.counts = Counts()
        self._reactions: Final = program.reactions
        self._version: Final = program.definitions.version
        self._outcomes: list[AnyOutcome] = []
        self._turn = Turn(program, self.counts, self._outcomes)
        self._activity: Final = program.activity
        self._goes_on: Final = sessions.goes_on(program.definitions.plan.sessions)
        self._in_force: Final = InForce()

    def _begin(self, profile: Profile, now_ms: int, cause: str) -> None:
        """Begin a turn, by the snapshots in force at its time."""
        self._turn.begin(profile, now_ms, cause)
        if not self._in_force.is_empty:
            self._in_force.give(self._turn)

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

    def _tell(self, profile: Profile, change: Change) -> None:
        """Let a user hear what a change of a product makes known, all in one turn, and follow up what comes of it.

        The turn's cause is the first of these events; a run that one of them starts names its own.
        """
        turn, cause = self._turn, change.events[0].id
        note_heard(profile, change.partition, change.offset)
        self._begin(profile, change.at_ms, cause)
        if profile.version != self._version:
            migrate(turn)
            self._look_over(profile, cause, is_new=False)
        for event in change.events:
            turn.add(event.name, event.props, event.id, change.at_ms)
        self._follow_derived()
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
