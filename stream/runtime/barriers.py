"""Barriers, in the clock of a task: the times before which all that was told is in a snapshot of shared knowledge.

They are the multiples of a period. A snapshot is in force a period after its barrier (see `decision.knowledge`): within
that period it is gathered and published, while everybody goes on deciding.
"""

from __future__ import annotations


def passed_barrier(clock_ms: int, every_ms: int) -> int:
    """Return the latest barrier before which all is decided, where all up to a clock (inclusive) is."""
    return (clock_ms + 1) // every_ms * every_ms


def free_until_ms(published_ms: int, every_ms: int) -> int:
    """Return until when (inclusive) may be decided where the snapshots up to a barrier are known.

    The next one may be in force after that.
    """
    return (published_ms // every_ms + 2) * every_ms - 1
