"""The verdict of a soak: what happened in its course, judged and shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from tests.chaos.fleet import Exit
from tests.chaos.soak_watch import Memory, Stall, Watch, memory_of, pause_after

STEADY = 2
"""Workers 0 to 1 stay for the whole time; only their memory says something."""

WARM_SHARE = 0.25
JUDGED_FROM_MIN = 20.0
"""Memory is not judged in a shorter run: the longest windows are not full, and the interpreter still warms up."""

STALL_MAX_S = 30.0
PAUSE_WITHIN_S = 30.0


@dataclass
class Course:
    """What happened: each rebalance as (what, epoch ms), the bounds of the load, and how workers ended."""

    begun_ms: int = 0
    ended_ms: int = 0
    played: int = 0
    rebalances: list[tuple[str, int]] = field(default_factory=list)
    exits: list[Exit] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """What there is to be judged; `stalls` are the longest first."""

    watch: Watch
    course: Course
    stalls: list[Stall]
    minutes: float

    def violations(self) -> list[str]:
        """Say what must not be."""
        return [*self.course.troubles, *self._ends(), *self._memory(), *self._stalls()]

    def figures(self) -> dict[str, str | float]:
        """Return what the table shows, in its order."""
        return {**self._flow(), **self._pauses(), **self._memory_figures()}

    def _ends(self) -> Iterator[str]:
        for end in self.course.exits:
            if not end.asked:
                yield f"worker {end.slot} ended by itself with {end.code} after {end.lived_s:.0f} s; {end.said}"
        if any(self.course.codes):
            yield f"asked to end, workers ended with {self.course.codes}"

    def _stalls(self) -> Iterator[str]:
        for stall in self.stalls:
            if stall.seconds > STALL_MAX_S:
                yield f"task {stall.task} stood still for {stall.seconds:.1f} s from {stall.from_ms} ms"

    def _memory(self) -> Iterator[str]:
        for slot in range(STEADY) if self.minutes >= JUDGED_FROM_MIN else ():
            memory = self._memory_of(slot)
            if memory is None:
                yield f"worker {slot} did not live long enough to judge its memory"
                continue
            if not memory.is_flat:
                yield f"worker {slot} grew from {memory.first_mib:.0f} to {memory.last_mib:.0f} MiB after the warm-up"
            if memory.keeps_files_open:
                yield f"worker {slot} had {memory.files[0]} files open, then {memory.files[1]}"

    def _memory_of(self, slot: int) -> Memory | None:
        return memory_of(self.watch.longest(slot), self.minutes * 60 * WARM_SHARE)

    def _flow(self) -> dict[str, str | float]:
        course = self.course
        seconds = max(0.001, (course.ended_ms - course.begun_ms) / 1_000)
        counts = Counter(what for what, _ in course.rebalances)
        return {
            "minutes of load": round(seconds / 60, 1),
            "events/s": round(course.played / seconds),
            "rebalances": ", ".join(f"{count} {what}" for what, count in counts.items()) or "none",
            "ended by themselves": sum(not end.asked for end in course.exits),
        }

    def _pauses(self) -> dict[str, str | float]:
        figures: dict[str, str | float] = {"longest stall s": round(self.stalls[0].seconds, 1) if self.stalls else 0.0}
        for kind in dict.fromkeys(what for what, _ in self.course.rebalances):
            times = [at_ms for what, at_ms in self.course.rebalances if what == kind]
            pauses = [pause_after(self.stalls, at_ms, PAUSE_WITHIN_S) for at_ms in times]
            figures[f"pause at a {kind} s, median / most"] = f"{median(pauses):.1f} / {max(pauses):.1f}"
        return figures

    def _memory_figures(self) -> dict[str, str | float]:
        watch = self.watch
        figures: dict[str, str | float] = {
            "most lag records": watch.most_lag,
            "a look's delay at most s": round(watch.late_s, 1),
        }
        for slot in range(STEADY):
            memory = self._memory_of(slot)
            if memory is not None:
                shown = (memory.first_mib, memory.last_mib, memory.peak_mib)
                figures[f"worker {slot} MiB: first third, last, peak"] = ", ".join(f"{mib:.0f}" for mib in shown)
                figures[f"worker {slot} MiB/h, open files"] = f"{memory.mib_per_hour:+.1f}, {memory.files[1]}"
        if self.minutes < JUDGED_FROM_MIN:
            figures["memory"] = f"not judged in less than {JUDGED_FROM_MIN:.0f} minutes"
        return figures
