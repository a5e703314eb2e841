"""The index of timers: when each user is to be looked at next, those due soon in memory and the others elsewhere."""

import heapq
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from stream.model.profile import NEVER

AHEAD_MS: Final = 3_600_000
"""How far beyond the clock timers are held in memory, where another place keeps the later ones."""

STEP_MS: Final = 60_000
"""How much is fetched of them at a time, as the clock moves on."""


class Later(Protocol):
    """Keeps timers that are due later than the next hour."""

    def add(self, user: str, due_ms: int) -> None:
        """Keep one, until the user's profile is where `due` finds it."""

    def due(self, until_ms: int) -> Iterable[tuple[str, int]]:
        """Return users with a timer due before a time, and when; also one that was moved since."""

    def first_ms(self) -> int:
        """Return when the earliest is due, `NEVER` if there is none."""


class Timers:
    """Each user's earliest timer. One that is moved later stays where it was, and is looked at in vain at that time.

    `horizon_ms` is the time from which on (inclusive) timers may be elsewhere: `NEVER` where there is no such place.
    """

    def __init__(self) -> None:
        self.heap: Final[list[tuple[int, str]]] = []
        self.scheduled: Final[dict[str, int]] = {}
        self.horizon_ms = NEVER
        self._later: Later | None = None

    @property
    def next_due_ms(self) -> int:
        """The earliest time at which one may be due, `NEVER` if there is none."""
        heap = self.heap
        return heap[0][0] if heap and heap[0][0] < self.horizon_ms else self.horizon_ms

    def due_ms(self, user: str) -> int:
        """The earliest time at which one of this user may be due, `NEVER` if there is none."""
        return self.scheduled.get(user, self.horizon_ms)

    def schedule(self, user: str, due_ms: int) -> None:
        """Put a user's earliest timer into the index."""
        known = self.scheduled.get(user)
        if known is not None and known <= due_ms:
            return
        if due_ms < self.horizon_ms:
            self.scheduled[user] = due_ms
            heapq.heappush(self.heap, (due_ms, user))
        elif due_ms < NEVER and self._later is not None:
            self._later.add(user, due_ms)

    def fill(self, due: Sequence[tuple[int, str]]) -> None:
        """Put the timers of many users into the index at once: of each one, and all of them in memory."""
        pending = [timer for timer in due if timer[0] < NEVER]
        self.scheduled.update((user, due_ms) for due_ms, user in pending)
        self.heap.extend(pending)
        heapq.heapify(self.heap)

    def move_first(self, due_ms: int) -> None:
        """Put the one that is first in the heap at its new time; `NEVER` takes it out."""
        heap, user = self.heap, self.heap[0][1]
        if due_ms < self.horizon_ms:
            heapq.heapreplace(heap, (due_ms, user))
            self.scheduled[user] = due_ms
            return
        heapq.heappop(heap)
        del self.scheduled[user]
        if due_ms < NEVER and self._later is not None:
            self._later.add(user, due_ms)

    def begin(self, later: Later, clock_ms: int) -> None:
        """Go on with what is kept elsewhere, as of a clock, -NEVER where that did not move yet."""
        self._later = later
        first_ms = later.first_ms() if clock_ms == -NEVER else clock_ms
        if first_ms < NEVER:
            self._fetch(first_ms + AHEAD_MS)

    def look_ahead(self, clock_ms: int) -> None:
        """Have in memory what falls due within the hour after the clock, or a part of it if there is very much."""
        if self._later is None or clock_ms == -NEVER:
            return
        if self.horizon_ms == NEVER:
            self._fetch(clock_ms + AHEAD_MS)
        elif self.horizon_ms < clock_ms + AHEAD_MS:
            self._fetch(min(self.horizon_ms, clock_ms) + AHEAD_MS + STEP_MS)

    def _fetch(self, until_ms: int) -> None:
        later = self._later
        assert later is not None
        self.horizon_ms = until_ms
        for user, due_ms in later.due(until_ms):
            self.schedule(user, due_ms)
