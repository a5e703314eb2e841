"""Where the deciding spends its time: samples of the stack, a thousand a second of CPU time."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

STAGES = ("frame", "updates", "conditions", "timers", "outcomes", "journeys")
EVERY_S = 0.001

_OUTCOMES = {"explain.py", "ids.py"}
_JOURNEYS = {"journeys.py", "runs.py", "entries.py", "arbitration.py", "sending.py", "proposals.py", "listening.py"}
_TIMERS = {"_fire", "advance", "fire_own", "schedule"}
_CHANGES = {"_change", "_move"}


class Stages:
    """Counts samples by stage.

    `journeys`: events reach runs, runs go on, and what they propose passes the policy, all that it takes included.
    `outcomes`: a membership crosses a border, with the reasons. `timers`: what time alone
    leads to, but for its outcomes. `conditions`: which memberships an event may change, and whether it does. `updates`:
    an event is taken into the cart and the traits. `frame`: all the rest, such as to find the profile.
    """

    def __init__(self) -> None:
        self.samples: Counter[str] = Counter()

    @contextmanager
    def sampling(self) -> Iterator[None]:
        """Take samples of this thread, which must be the main one."""
        before = signal.signal(signal.SIGPROF, self._take)
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)

    def shares(self) -> dict[str, float]:
        """Return each stage's share of the time."""
        total = self.samples.total() or 1
        return {stage: self.samples[stage] / total for stage in STAGES}

    def _take(self, _signal: int, frame: FrameType | None) -> None:
        found = "frame"
        while frame is not None:
            stage = _stage_of(frame)
            if STAGES.index(stage) > STAGES.index(found):
                found = stage
            frame = frame.f_back
        self.samples[found] += 1


def _stage_of(frame: FrameType) -> str:
    """Return the stage that a function belongs to, as far as it alone tells."""
    file, function = Path(frame.f_code.co_filename).name, frame.f_code.co_name
    if file in _JOURNEYS:
        return "journeys"
    if file in _OUTCOMES or function in _CHANGES:
        return "outcomes"
    if function in _TIMERS:
        return "timers"
    if file == "segments.py":
        return "conditions"
    if function == "react":  # it asks for the memberships once the traits are fed
        return "conditions" if "members" in frame.f_locals else "updates"
    return "frame"
