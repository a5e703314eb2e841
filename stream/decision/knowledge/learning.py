"""Deciding and learning in turn, barrier by barrier, where one hand has all users: a replay, or a scenario."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from stream.decision.decider import Decider, Taken
from stream.decision.knowledge.knowledge import Knowledge, next_barrier_ms
from stream.decision.program import Program
from stream.decision.steps import Propose
from stream.model.events import Event
from stream.model.profile import NEVER
from stream.model.reference import Reference


def teaches(program: Program) -> bool:
    """Say whether any decision under these definitions tells something to everyone."""
    proposals = (each for code in program.journeys.values() for each in code.layout.line if isinstance(each, Propose))
    chooses = any(each.choice is not None and each.choice.rule.policy != "fixed" for each in proposals)
    return chooses or program.learns_habits or program.remembers_products


class Learning:
    """Lets a decider go through time, hands what it tells to a knowledge, and lets it adopt what that publishes.

    `published` hears of each snapshot. Without a knowledge it is just decided.
    """

    def __init__(
        self,
        decider: Decider,
        knowledge: Knowledge | None = None,
        published: Callable[[Reference], None] = lambda _: None,
    ) -> None:
        self._decider, self._knowledge, self._published = decider, knowledge, published
        self._clock_ms = -NEVER

    def decide(self, clock_ms: int, events: Sequence[Event] = ()) -> Iterator[Taken]:
        """Decide over events, in their order, and fire all timers up to the clock; yield what comes of it, in parts.

        At each barrier on the way all that lies before it is decided first. Where nothing can be told before a
        barrier, there is no stop at it.
        """
        rest, knowledge = events, self._knowledge
        while knowledge is not None and (barrier_ms := self._next_stop_ms(knowledge, rest)) <= clock_ms + 1:
            before = bisect_left(rest, barrier_ms, key=_time_ms)
            yield self._part(barrier_ms - 1, rest[:before])
            rest = rest[before:]
            reference = knowledge.publish(barrier_ms)
            if reference is not None:
                self._decider.adopt(reference)
                self._published(reference)
        yield self._part(clock_ms, rest)

    def _part(self, clock_ms: int, events: Sequence[Event]) -> Taken:
        for event in events:
            self._decider.decide(event)
        self._decider.advance(clock_ms)
        self._clock_ms = max(clock_ms, self._clock_ms)
        taken = self._decider.take()
        if self._knowledge is not None:
            self._knowledge.take_in(taken.contributions)
        return taken

    def _next_stop_ms(self, knowledge: Knowledge, rest: Sequence[Event]) -> int:
        """Return the first barrier at which there is something to publish, or may be."""
        first_ms = min(rest[0].time_ms if rest else NEVER, self._decider.next_due_ms)
        first_ms = max(first_ms, self._clock_ms + 1)
        return min(knowledge.due_ms, next_barrier_ms(first_ms, knowledge.every_ms))


def _time_ms(event: Event) -> int:
    return event.time_ms
