"""One seed: a cluster, its workers, their troubles and a history; then calm, and a look at what was left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final, Literal

import msgspec

from stream.decision import decider as decider_module
from stream.runtime import restoring as restoring_module
from stream.runtime import tasks as tasks_module
from stream.runtime.ports import TP
from stream.runtime.store import opening as opening_module
from tests.simulation import invariants, oracle
from tests.simulation.chaos import Chaos
from tests.simulation.cluster import Cluster
from tests.simulation.config import codec_of, older_of, program_of, shipped, shrunk, taught
from tests.simulation.findings import state_of
from tests.simulation.loop import Deadlock, SimulatedLoop
from tests.simulation.mutations import Replaced, mutated, replacing
from tests.simulation.ports import CHANGELOG
from tests.simulation.producers import Play, Shop
from tests.simulation.stores import WatchedStoringWriter
from tests.simulation.watching import WatchedCheckpoints, WatchedDecider, WatchedWallMerge

Mode = Literal["event", "wall", "learning"]

QUIET_WITHIN_S: Final = 90.0
"""After so long a calm everything must have been decided."""

STORES_EVERY: Final = 3
"""One seed in so many has workers with stores."""

_logger = logging.getLogger("stream")


class Result(msgspec.Struct):
    """What came of a seed. `violations` is empty where all was right."""

    seed: int
    mode: Mode
    violations: list[str]
    trace: str
    troubles: list[str]
    steps: int = 0
    transactions: int = 0


def simulate(seed: int, mode: Mode, mutation: str | None = None) -> Result:
    """Run one seed; the same seed does the same again."""
    chance = Random(f"{mode}-{seed}")
    loop = SimulatedLoop(chance)
    definitions = {"event": shipped, "wall": shrunk, "learning": taught}[mode]()
    with _silent(), replacing(_prepared()), mutated(mutation):
        cluster = Cluster(loop, chance, definitions, "wall" if mode == "wall" else "event")
        run = Run(cluster, mode, has_stores=seed % STORES_EVERY == 0)
        try:
            loop.run(run.run())
        except Deadlock:
            run.said.append("nothing will ever happen again")
        said = run.said or run.judged()
    committed = len(cluster.coordinator.committed)
    return Result(seed, mode, said, str(cluster.trace), run.chaos.names, loop.steps, committed)


class Run:
    """The course of one seed."""

    def __init__(self, cluster: Cluster, mode: Mode, *, has_stores: bool) -> None:
        self._cluster: Final = cluster
        self.said: Final[list[str]] = []
        self._is_over = False
        self.chaos: Final = Chaos(cluster, self._say, has_stores=has_stores)
        self._input: Final[Play | Shop] = Shop(cluster) if mode == "wall" else Play(cluster)
        self._trouble_s: Final = cluster.chance.choice([2, 6, 10])

    async def run(self) -> None:
        """Let it all happen, then wait until nothing is left to be decided."""
        await asyncio.gather(self._input.run(), self.chaos.run(self._trouble_s))
        loop = self._cluster.loop
        until_s = loop.now_s + QUIET_WITHIN_S
        while not self.said and not self._is_done():
            if loop.now_s > until_s:
                self.said.append(f"not all is decided {QUIET_WITHIN_S:.0f} s after the troubles ended: {self._left()}")
            await asyncio.sleep(0.3)
        # What was decided last may be on its way once more, if someone is wrong.
        await asyncio.sleep(1.0)
        while any(partition.stable < partition.end for partition in self._cluster.log.partitions.values()):
            await asyncio.sleep(0.02)
        self.said.extend(self.chaos.stores_apart())
        self._is_over = True

    def _say(self, text: str) -> None:
        """Note what is wrong, as long as it goes on: processes that are closed with the loop complain."""
        if not self._is_over:
            self.said.append(text)

    def judged(self) -> list[str]:
        """Compare with what is right."""
        if isinstance(self._input, Play):
            return oracle.differences(self._cluster, self._input.final_ms)
        return invariants.violations(self._cluster, self.chaos.most_ahead_ms)

    def _is_done(self) -> bool:
        return not self._left()

    def _left(self) -> list[str]:
        """Say which sources are not decided to their ends."""
        cluster, left = self._cluster, []
        for number in range(cluster.tasks):
            if cluster.log[TP(CHANGELOG, number)].stable < cluster.log[TP(CHANGELOG, number)].end:
                left.append(f"task {number} commits")
                continue
            _, position = state_of(cluster.log, number)
            for tp, partition in cluster.log.partitions.items():
                if tp.partition == number and tp.topic in cluster.lags:
                    last = max((entry.offset + 1 for entry in partition.committed()), default=0)
                    decided = 0 if position is None else position.next_offsets.get(tp.topic, 0)
                    if decided < last:
                        left.append(f"{tp.topic}/{number} from {decided} to {last}")
            if isinstance(self._input, Play) and (position is None or position.clock_ms < self._input.final_ms):
                left.append(f"the clock of task {number}")
        return left


def _prepared() -> list[Replaced]:
    """Share what takes long to make among all tasks, and watch the decisions."""
    return [
        (decider_module, "Program", program_of),
        (restoring_module, "Program", program_of),
        (restoring_module, "with_kept", older_of),
        (tasks_module, "Codec", codec_of),
        (restoring_module, "Decider", WatchedDecider),
        (tasks_module, "WallMerge", WatchedWallMerge),
        (tasks_module, "Checkpoints", WatchedCheckpoints),
        (opening_module, "StoringWriter", WatchedStoringWriter),
    ]


@contextmanager
def _silent() -> Iterator[None]:
    """Log nothing: workers fail all the time here."""
    level = _logger.level
    _logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        _logger.setLevel(level)
