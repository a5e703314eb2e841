"""How far another engine's process is; it tells the bench by a file."""

import json
import os
import time
from pathlib import Path


class Progress:
    """Writes down the seconds, of the wall and of the CPU, between 10 % and 90 % of the events it is told to expect."""

    def __init__(self) -> None:
        events = int(os.environ["BENCH_EVENTS"])
        self._first, self._last = events // 10, events - events // 10
        self._result = Path(os.environ["BENCH_RESULT"])
        self._seen = 0
        self._began = (0.0, 0.0)

    def note(self) -> None:
        """Count an event that was dealt with."""
        self._seen += 1
        if self._seen == self._first:
            self._began = (time.perf_counter(), time.process_time())
        elif self._seen == self._last:
            wall_s, cpu_s = time.perf_counter() - self._began[0], time.process_time() - self._began[1]
            part = self._result.with_suffix(".part")
            part.write_text(json.dumps([self._last - self._first, wall_s, cpu_s]))
            part.rename(self._result)
