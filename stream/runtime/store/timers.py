"""The timers beyond the next hour: those of the store, and those of profiles that it does not have yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stream.model.profile import NEVER
from stream.runtime.store.contents import Contents


class StoredTimers:
    """The port `Later` of the decider.

    A timer that is added belongs to a profile that changed, so the next checkpoint or the one under way brings it into
    the store. Until then it is kept here: no more of them than profiles change between two checkpoints.
    """

    def __init__(self, contents: Contents) -> None:
        self._contents: Final = contents
        self._fetched_ms = -NEVER
        self._added: dict[str, int] = {}
        self._cut: dict[str, int] = {}

    def add(self, user: str, due_ms: int) -> None:
        """Keep one until it is in the store."""
        self._added[user] = due_ms

    def due(self, until_ms: int) -> Iterator[tuple[str, int]]:
        """Return those due before a time; what was returned once may come again only where it was added anew."""
        start_ms, self._fetched_ms = self._fetched_ms, until_ms
        yield from self._contents.due(start_ms, until_ms)
        for kept in (self._cut, self._added):
            yield from [(user, due_ms) for user, due_ms in kept.items() if due_ms < until_ms]

    def first_ms(self) -> int:
        """Return when the earliest of the store is due."""
        return self._contents.first_due_ms()

    def cut(self) -> None:
        """Note that a checkpoint takes in every profile changed so far."""
        self._cut |= self._added
        self._added = {}

    def stored(self) -> None:
        """Forget what came with the last cut: it is in the store."""
        self._cut = {}
