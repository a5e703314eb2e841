"""State larger than memory: with a store and a bounded hot set, against all that is needed in memory."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stream.definitions.shapes import Definitions
from tests.bench.histories import ROOT, History
from tests.bench.machine import Machine
from tests.bench.processes import MeasuredProcessError, RowUnavailable
from tests.bench.store_input import make_input

_BYTES_PER_PROFILE: Final = 8_000
"""Of disk: the database writes anew what it puts in order before it removes the old."""


@dataclass(frozen=True)
class StoreScale:
    """How many profiles a store is restarted with, and how many it has when it is decided with; how many of these are
    kept decoded, and how many events are decided by either side in turn, how often.
    """

    restarted: int = 1_000_000
    profiles: int = 5_000_000
    hot: int = 200_000
    events: int = 20_000
    turns: int = 5

    @staticmethod
    def quick() -> "StoreScale":
        return StoreScale(restarted=500, profiles=1_500, hot=200, events=300, turns=2)


class StoreRow:
    """The stores are filled once; each figure is of a process of its own."""

    def __init__(
        self, definitions: Definitions, history: History, scale: StoreScale, machine: Machine, folder: Path
    ) -> None:
        self._scale, self._machine, self._folder = scale, machine, folder / "store"
        self._folder.mkdir()
        needed = (scale.restarted + scale.profiles) * _BYTES_PER_PROFILE
        if shutil.disk_usage(self._folder).free < needed:
            raise RowUnavailable(f"it takes {needed >> 30} GiB of disk for a while")
        make_input(definitions, history, scale.profiles, scale.hot, scale.events * scale.turns).write(self._folder)
        self._filled = {count: self._fill(count) for count in (scale.restarted, scale.profiles)}

    def measure(self) -> dict[str, float]:
        restart, filled = self._restart(), self._filled[self._scale.profiles]
        return {
            "store_restart_s": restart["s"],
            "store_restart_cpu_s": restart["cpu_s"],
            "store_restart_profiles": self._scale.restarted,
            "store_restart_timers": restart["timers"],
            "store_fill_profiles_per_cpu_s": filled["profiles_per_cpu_s"],
            "store_disk_bytes_per_profile": filled["disk_bytes_per_profile"],
            "store_profiles": self._scale.profiles,
            "store_hot_profiles": self._scale.hot,
            **self._compared(),
        }

    def _fill(self, profiles: int) -> dict[str, float]:
        with self._child("fill", self._store(profiles), profiles) as child:
            return child.heard()

    def _restart(self) -> dict[str, float]:
        with self._copy(self._scale.restarted) as store, self._child("restart", store, self._scale.restarted) as child:
            return child.heard()

    def _compared(self) -> dict[str, float]:
        """Let both sides decide the same events, turn by turn."""
        with ExitStack() as ending:
            folder = ending.enter_context(self._copy(self._scale.profiles))
            store, memory = (
                ending.enter_context(self._child(side, folder, self._scale.profiles)) for side in ("store", "memory")
            )
            store.heard()
            memory.heard()
            for _ in range(self._scale.turns):
                store.turn(self._scale.events)
                memory.turn(self._scale.events)
        return {
            "store_events_per_cpu_s": store.per("cpu_s"),
            "store_memory_events_per_cpu_s": memory.per("cpu_s"),
            "store_over_memory": store.per("cpu_s") / memory.per("cpu_s"),
            "store_over_memory_by_the_clock": store.per("s") / memory.per("s"),
            "store_misses": store.sum("misses") / (store.sum("hits") + store.sum("misses")),
            "store_memory_mib": store.said[-1]["memory_mib"],
        }

    def _store(self, profiles: int) -> Path:
        return self._folder / str(profiles)

    @contextmanager
    def _copy(self, profiles: int) -> Iterator[Path]:
        """Copy a store as it was filled, so that each round finds the same."""
        copied = self._folder / "copy"
        shutil.copytree(self._store(profiles), copied, copy_function=_copy_or_link)
        try:
            yield copied
        finally:
            shutil.rmtree(copied)

    def _child(self, what: str, store: Path, profiles: int) -> "Child":
        arguments = [what, str(self._folder), str(store), str(profiles), str(self._scale.hot)]
        command = [sys.executable, "-m", "tests.bench.store_process", *arguments]
        return Child(command, self._folder / f"{what}.log", self._machine)


def _copy_or_link(source: str, target: str) -> None:
    """Tables and blobs never change once they are written."""
    if source.endswith((".sst", ".blob")):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


class Child:
    """A measured process: it ends when it has nothing more to read."""

    def __init__(self, command: list[str], log: Path, machine: Machine) -> None:
        self._log = log
        self.said: list[dict[str, float]] = []
        with log.open("wb") as errors, machine.measuring():
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for its end; where it has failed it has ended by then."""
        with self._process:
            if self._process.stdin is not None:
                self._process.stdin.close()

    def turn(self, events: int) -> None:
        """Let it decide so many, and keep what it says of that."""
        assert self._process.stdin is not None
        print(events, file=self._process.stdin, flush=True)
        self.said.append(self.heard())

    def heard(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise MeasuredProcessError(f"it ended early:\n{self._log.read_text(errors='replace')[-3000:]}")
        figures: dict[str, float] = json.loads(line)
        return figures

    def sum(self, figure: str) -> float:
        return sum(said[figure] for said in self.said)

    def per(self, time: str) -> float:
        """Return the events of a second."""
        return self.sum("events") / self.sum(time)
