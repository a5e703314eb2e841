"""One worker of a fleet: `stream worker`, which leaves its last metrics in a file when it ends orderly.

A page that is asked for over HTTP misses what was decided between the last look and the end.
`python -m tests.chaos.member LAST_METRICS worker --config ...` does what `stream worker --config ...` does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from prometheus_client import Gauge

import stream.runtime.worker as worker_module
from stream.cli import main as stream
from stream.runtime.metrics import Metrics
from stream.runtime.tasks import Tasks

_metrics: list[Metrics] = []
_tasks: list[Tasks] = []


class KeptMetrics(Metrics):
    """A worker's metrics, with one that only tests need: how many records the fullest source has in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = Gauge("chaos_waiting_records", "Undecided records, the fullest source.", registry=self.registry)
        _metrics.append(self)

    def page(self) -> bytes:
        self._waiting.set(max((_fullest(tasks) for tasks in _tasks), default=0))
        return super().page()


class KeptTasks(Tasks):
    """A worker's tasks, to be looked into."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        _tasks.append(self)


def _fullest(tasks: Tasks) -> int:
    lanes = [lane for task in tasks._tasks.values() for lane in task._lanes.values()]
    return max((len(lane.items) for lane in lanes), default=0)


def run(last: Path, arguments: list[str]) -> None:
    """Run the command; whatever ends it but a kill, its metrics are written to `last`."""
    # The worker is made deep inside the command: this is the one way to what it is made of.
    vars(worker_module).update(Metrics=KeptMetrics, Tasks=KeptTasks)
    sys.argv = ["stream", *arguments]
    try:
        stream()
    finally:
        if _metrics:
            last.write_bytes(_metrics[-1].page())


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2:])
