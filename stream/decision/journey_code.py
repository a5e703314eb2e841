"""One journey made ready to run."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from stream.decision.heard import HeardCode, heard_code
from stream.decision.reading import Reader, Test
from stream.decision.steps import Layout, Wait, WaitFor, laid_out
from stream.definitions.expressions import Expr, names
from stream.definitions.journey_shapes import Journey

ENTERED: Final = "segment_entered"
SENT: Final = "trigger_sent"


class JourneyCode(msgspec.Struct, frozen=True):
    """One journey, ready to run; `names` gives the name of each step that has one, by its place.

    `is_pinned`: an older definition, of which no run starts any more.
    """

    journey: Journey
    layout: Layout
    enter: HeardCode | None
    exit_on: tuple[HeardCode, ...]
    goal: HeardCode | None
    refresh_on: tuple[HeardCode, ...]
    exit_when: Reader | None
    names: Mapping[str, str]
    is_pinned: bool = False

    @property
    def exit_reads(self) -> frozenset[str]:
        """The names that the condition reads which ends runs."""
        return names(self.journey.exit_when) if self.journey.exit_when is not None else frozenset()

    def inside(self) -> frozenset[str]:
        """Return the events that may mean something to a run under way, or to its goal."""
        waits = [one for one in self.layout.line if isinstance(one, Wait | WaitFor)]
        further = [one for one in waits if isinstance(one, WaitFor)]
        listed = [*self.exit_on, *self.refresh_on]
        listed += [each for wait in waits for each in wait.if_none]
        listed += [each for wait in further for each in (*wait.events, *wait.reset_on)]
        listed += [self.goal] if self.goal is not None else []
        return frozenset(each.event for each in listed)

    def named(self) -> frozenset[str]:
        """Return the events that the journey names."""
        return self.inside() | ({self.enter.event} if self.enter is not None else set())

    def heard(self) -> frozenset[str]:
        """Return the events that the journey listens to."""
        return self.named() if self.journey.enter.event or self.is_pinned else self.named() | {ENTERED}


def journey_code(
    journey: Journey,
    compiled: Callable[[Expr], Reader],
    occurrence: Callable[[Expr], Test],
    *,
    is_pinned: bool = False,
) -> JourneyCode:
    """Make a journey ready; `compiled` and `occurrence` make functions of conditions on profiles and on occurrences."""
    enter, goal = journey.enter.event, journey.goal
    return JourneyCode(
        journey,
        laid_out(journey, compiled, occurrence),
        heard_code(enter, occurrence) if enter is not None and not is_pinned else None,
        tuple(heard_code(each, occurrence) for each in journey.exit_on),
        heard_code(goal.heard, occurrence) if goal is not None else None,
        tuple(heard_code(each, occurrence) for each in journey.refresh_on),
        compiled(journey.exit_when) if journey.exit_when is not None else None,
        {place: name for name, place in journey.named.items()},
        is_pinned,
    )
