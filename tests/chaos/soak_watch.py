"""What is watched during a soak: each worker's memory and open files, the machine's own pauses, and stalls of tasks."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from tests.chaos.fleet import Fleet

LOOK_EVERY_S = 5.0
FLAT_FACTOR = 1.10
FLAT_MIB = 10.0
"""Memory is flat if it grew by no more than a tenth, or than a little that no trend of an hour would stay below."""

FILES_MORE = 30


@dataclass(frozen=True)
class Look:
    """One look at a process: seconds since the soak began, resident MiB, open files."""

    at_s: float
    mib: float
    files: int


@dataclass
class Watch:
    """Looks at the workers every few seconds. `late_s` is the most that a look of ours came late: other people's load.

    `by_process` is by (slot, process id): a worker started anew begins a new life, which is judged by itself.
    """

    fleet: Fleet
    begun_s: float = field(default_factory=time.monotonic)
    by_process: dict[tuple[int, int], list[Look]] = field(default_factory=dict)
    late_s: float = 0.0
    most_lag: float = 0.0

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            begun = time.monotonic()
            for slot in self.fleet.slots:
                pid = self.fleet.member(slot).pid
                if pid is not None and (look := _look(pid, begun - self.begun_s)) is not None:
                    self.by_process.setdefault((slot, pid), []).append(look)
            # One that is killed while it answers breaks off in the middle.
            with contextlib.suppress(HTTPException):
                lags = [look.sum("stream_lag_records") for look in await self.fleet.looks()]
                self.most_lag = max(self.most_lag, sum(lags))
            rest_s = max(0.0, begun + LOOK_EVERY_S - time.monotonic())
            slept = time.monotonic()
            await asyncio.sleep(rest_s)
            self.late_s = max(self.late_s, time.monotonic() - slept - rest_s)

    def longest(self, slot: int) -> list[Look]:
        """Return the looks at the process of this slot that lived longest."""
        return max((looks for (of, _), looks in self.by_process.items() if of == slot), key=len, default=[])


def _look(pid: int, at_s: float) -> Look | None:
    """Return what /proc says; None where the process has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return None
    resident = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")), None)
    return None if resident is None else Look(at_s, int(resident) / 1024, files)


@dataclass(frozen=True)
class Memory:
    """One worker's memory after warm-up: medians of the first and the last third, the peak, and the slope."""

    first_mib: float
    last_mib: float
    peak_mib: float
    mib_per_hour: float
    files: tuple[int, int]

    @property
    def is_flat(self) -> bool:
        return self.last_mib <= max(self.first_mib * FLAT_FACTOR, self.first_mib + FLAT_MIB)

    @property
    def keeps_files_open(self) -> bool:
        return self.files[1] > self.files[0] + FILES_MORE


def memory_of(looks: Sequence[Look], warm_s: float) -> Memory | None:
    """Judge the looks after `warm_s`; None where there are too few."""
    warm = [look for look in looks if look.at_s >= warm_s]
    third = len(warm) // 3
    if third < 2:
        return None
    first, last = warm[:third], warm[-third:]
    slope = statistics.linear_regression([look.at_s for look in warm], [look.mib for look in warm]).slope
    return Memory(
        statistics.median(look.mib for look in first),
        statistics.median(look.mib for look in last),
        max(look.mib for look in warm),
        slope * 3_600,
        (max(look.files for look in first), max(look.files for look in last)),
    )


@dataclass(frozen=True)
class Stall:
    """A task of which subscribers saw nothing between two times, in epoch ms as the broker stamped its outcomes."""

    task: int
    from_ms: int
    to_ms: int

    @property
    def seconds(self) -> float:
        return (self.to_ms - self.from_ms) / 1_000


def stalls(stamps: Mapping[int, Iterable[int]], begun_ms: int, ended_ms: int) -> list[Stall]:
    """Return the gaps between what was seen of each task, longest first; `stamps` are the times of append, by task.

    Time counts from `begun_ms`, when all workers had started. A worker that joins later costs its tasks nothing while
    it starts, since the others keep them until it has joined the group: how busy the machine is matters little.
    """
    found: list[Stall] = []
    for task, times in stamps.items():
        seen = [begun_ms, *sorted(stamp for stamp in times if begun_ms < stamp < ended_ms), ended_ms]
        found += [Stall(task, one, two) for one, two in itertools.pairwise(seen)]
    return sorted(found, key=lambda stall: -stall.seconds)


def pause_after(found: Iterable[Stall], at_ms: int, within_s: float) -> float:
    """Return the longest stall, in seconds, that was under way or began within so long after a moment."""
    until_ms = at_ms + int(within_s * 1_000)
    return max((stall.seconds for stall in found if stall.to_ms > at_ms and stall.from_ms < until_ms), default=0.0)
