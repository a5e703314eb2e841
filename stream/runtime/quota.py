"""Quotas: how much of a source may be wrong before it is no longer some records, but the producer."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from typing import Final

Noted = list[tuple[int, str]]
"""Offsets, each with what was wrong there."""


class Quota:
    """Notes wrong records by topic, over the last `window` offsets of each; transaction markers count as offsets too.

    What was noted is part of a task's position: a worker that stopped for too many stops again at the same record when
    it is started anew, instead of letting through another window's worth each time.
    """

    def __init__(self, window: int, percent: int, noted: Mapping[str, Noted]) -> None:
        self._window: Final = window
        self._allowed: Final = window * percent // 100
        self._is_off: Final = percent >= 100
        self._noted: Final = {topic: deque(before) for topic, before in noted.items()}

    def is_exceeded(self, topic: str, offset: int, what: str) -> bool:
        """Note one more, and return whether there are too many now."""
        if self._is_off:
            return False
        noted = self._noted.setdefault(topic, deque())
        noted.append((offset, what))
        self._forget(noted, offset)
        return len(noted) > self._allowed

    def counts(self, topic: str) -> Counter[str]:
        """Return how often each thing was wrong within the window."""
        return Counter(what for _, what in self._noted.get(topic, ()))

    def noted(self, next_offsets: Mapping[str, int]) -> dict[str, Noted]:
        """Return what still lies in the window, to be kept with the position."""
        for topic, noted in self._noted.items():
            self._forget(noted, next_offsets.get(topic, 0))
        return {topic: list(noted) for topic, noted in self._noted.items() if noted}

    def _forget(self, noted: deque[tuple[int, str]], offset: int) -> None:
        while noted and noted[0][0] <= offset - self._window:
            noted.popleft()
