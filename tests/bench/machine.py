"""The machine that figures are of: its cores, and how busy it is with other things."""

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PACE_STEPS = 500_000


class Machine:
    """One core for the broker and one for what is measured, where there are two; without them nothing is pinned."""

    def __init__(self) -> None:
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        self.is_pinned = len(cores) > 1
        self._all = set(cores)
        self._broker, self._measured = ({cores[0]}, {cores[1]}) if self.is_pinned else (self._all, self._all)
        self.load_at_start = os.getloadavg()[0]

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Run this thread, and the processes it starts, on the core that is measured."""
        with self._on(self._measured):
            yield

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Run this thread, and the processes it starts, on the broker's core."""
        with self._on(self._broker):
            yield

    @contextmanager
    def _on(self, cores: set[int]) -> Iterator[None]:
        if not self.is_pinned:
            yield
            return
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores)
        try:
            yield
        finally:
            os.sched_setaffinity(0, before)

    def pace(self) -> dict[str, float]:
        """Return how fast a fixed piece of plain Python goes: where this falls, other things were going on."""
        counts = dict.fromkeys(range(64), 0)
        with self.measuring():
            started_s = time.perf_counter()
            for step in range(_PACE_STEPS):
                counts[step & 63] += step
            return {"machine_pace_steps_per_s": _PACE_STEPS / (time.perf_counter() - started_s)}

    def facts(self) -> dict[str, object]:
        return {
            "cpu": _cpu_model(),
            "cpus": os.cpu_count(),
            "pinned": self.is_pinned,
            "load_at_start": round(self.load_at_start, 2),
            "load_at_end": round(os.getloadavg()[0], 2),
            "python": platform.python_version(),
        }


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()
