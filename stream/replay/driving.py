"""The drive: events into the core, batch by batch, and its outcomes out in order of time."""

import time
from collections.abc import Callable, Sequence
from typing import Final, Literal

from stream.decision.decider import Decider
from stream.decision.knowledge.learning import Learning
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome
from stream.model.profile import NEVER
from stream.replay.reading import Place

BATCH: Final = 2_000
_DAY_MS: Final = 86_400_000
DRAIN_MS: Final = 3_660 * _DAY_MS
"""Draining goes on for at most ten years of event time: a journey may start itself again for ever."""

Stop = int | Literal["last", "drained"]
"""Where the clock stops: at the last event, when no timer is left, or at a time."""


class Drive:
    """Feeds events to a decider and hands its outcomes to `write`, in order of (time, user).

    After each batch the clock is moved to just before its last event, so that the timers of users without events fire
    in their turn and memory holds the outcomes of one batch only. `core_s` is the time the decisions took. It learns on
    the way as `learning` does; without that, nobody's decisions teach others.
    """

    def __init__(
        self,
        decider: Decider,
        write: Callable[[list[AnyOutcome]], None],
        tick: Callable[[int], None] = lambda _: None,
        learning: Learning | None = None,
    ) -> None:
        self._decider = decider
        self._learning = Learning(decider) if learning is None else learning
        self._write = write
        self._tick = tick
        self.decided = 0
        self.duplicates = 0
        self.clock_ms = -NEVER
        self.core_s = 0.0

    def run(self, events: Sequence[tuple[Place, Event]], stop: Stop = "last") -> None:
        """Decide over events in total order, then let the clock run to where it stops; later events are left."""
        self._feed(events, stop if isinstance(stop, int) else NEVER)
        if isinstance(stop, int):
            self._advance(stop)
        elif self.decided:
            self._advance(self.clock_ms + 1)
            if stop == "drained":
                self._drain(self.clock_ms + DRAIN_MS)

    def _feed(self, events: Sequence[tuple[Place, Event]], until_ms: int) -> None:
        for start in range(0, len(events), BATCH):
            batch = [event for _, event in events[start : start + BATCH] if event.time_ms <= until_ms]
            if not batch:
                return
            self._advance(batch[-1].time_ms - 1, batch)
            self.decided += len(batch)
            self._tick(len(batch))

    def _advance(self, clock_ms: int, batch: Sequence[Event] = ()) -> None:
        """Decide over a batch, let the clock run, and write what came of it."""
        started_s = time.perf_counter()
        for taken in self._learning.decide(clock_ms, batch):
            self.core_s += time.perf_counter() - started_s
            self.duplicates += taken.duplicates
            if taken.outcomes:
                self._write(sorted(taken.outcomes, key=_time_and_user))
            started_s = time.perf_counter()
        self.clock_ms = clock_ms

    def _drain(self, horizon_ms: int) -> None:
        while (due_ms := self._decider.next_due_ms) <= horizon_ms and self.clock_ms < horizon_ms:
            self._advance(min(max(due_ms, self.clock_ms) + _DAY_MS, horizon_ms))


def _time_and_user(outcome: AnyOutcome) -> tuple[int, str]:
    return outcome.at_ms, outcome.user_id
