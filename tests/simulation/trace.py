"""What happened last, for whoever must find out why a seed failed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

STEPS_KEPT: Final = 60


class Trace:
    """Keeps the last steps as they come; they become text only when asked for."""

    def __init__(self, now_s: Callable[[], float], kept: int = STEPS_KEPT) -> None:
        self._now_s: Final = now_s
        self._steps: Final[deque[tuple[float, str, tuple[object, ...]]]] = deque(maxlen=kept)

    def __call__(self, who: str, *words: object) -> None:
        self._steps.append((self._now_s(), who, words))

    def __str__(self) -> str:
        return "\n".join(f"{at_s:9.3f}  {who:12}  {' '.join(map(str, words))}" for at_s, who, words in self._steps)
