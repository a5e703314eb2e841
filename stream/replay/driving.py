"""The drive: events into the core, batch by batch, and its outcomes out in order of time."""

import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

from stream.decision.decider import Decider
from stream.decision.items.shelf import Shelf
from stream.decision.knowledge.learning import Learning
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome
from stream.model.products import Product
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
    the way as `learning` does; without that, nobody's decisions teach others. `products` are what products are, each
    from its time on, in order of time.
    """

    def __init__(
        self,
        decider: Decider,
        write: Callable[[list[AnyOutcome]], None],
        tick: Callable[[int], None] = lambda _: None,
        learning: Learning | None = None,
        products: Iterable[tuple[int, Product]] = (),
    ) -> None:
        self._decider = decider
        self._shelf, self._products = Shelf(decider), deque(products)
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
        """Decide over a batch and let the clock run, and let products change meanwhile."""
        until_ms = max(clock_ms, batch[-1].time_ms) if batch else clock_ms
        while self._products and self._products[0][0] <= until_ms:
            at_ms, product = self._products.popleft()
            before = bisect_right(batch, at_ms, key=lambda event: event.time_ms)
            if before or at_ms > self.clock_ms > -NEVER:
                self._decide(at_ms - 1, batch[:before])
            batch = batch[before:]
            self._shelf.put(product.id, product, at_ms)
        self._decide(clock_ms, batch)

    def _decide(self, clock_ms: int, batch: Sequence[Event]) -> None:
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
        while (due_ms := self._next_due_ms()) <= horizon_ms and self.clock_ms < horizon_ms:
            self._advance(min(max(due_ms, self.clock_ms) + _DAY_MS, horizon_ms))

    def _next_due_ms(self) -> int:
        """Return when something falls due next, or a product changes."""
        return min(self._decider.next_due_ms, self._products[0][0] if self._products else NEVER)


def _time_and_user(outcome: AnyOutcome) -> tuple[int, str]:
    return outcome.at_ms, outcome.user_id
