"""What goes wrong, by the seed: each draws its own few troubles, so that rare ones also come alone and in pairs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from stream.runtime.ports import TP
from tests.runtime.store.fake_disk import FakeDisk
from tests.simulation.cluster import Cluster
from tests.simulation.config import edits
from tests.simulation.group import Group
from tests.simulation.ports import CHANGELOG, REFERENCE
from tests.simulation.worker import Process

TOMBSTONES_KEPT_MS: Final = 15_000
"""Longer than any recovery takes, frozen in its midst or not."""


class Chaos:
    """Keeps some workers running and troubles them until it is told to be calm."""

    def __init__(self, cluster: Cluster, unexpected: Callable[[str], None], *, has_stores: bool = False) -> None:
        chance = cluster.chance
        self._cluster: Final = cluster
        self._unexpected: Final = unexpected
        self._group: Final = Group(cluster.loop, cluster.weather, cluster.trace, cluster.tasks)
        self._slots: Final[list[Process | None]] = [None] * chance.choice([1, 2, 2, 3])
        self._fates: Final = Random(chance.random()) if has_stores else Random(0)
        self._disks: Final = [FakeDisk() for _ in self._slots] if has_stores else []
        self._is_calm = False
        self._lives = 0
        self.most_ahead_ms = 0
        troubles = self._troubles()
        self._chosen: Final = [troubles[name] for name in troubles if chance.random() < 0.45]
        self._pause_s: Final = chance.choice([0.1, 0.4, 1.5])
        self.names: Final = [name for name in troubles if troubles[name] in self._chosen]

    def _troubles(self) -> Mapping[str, Callable[[], None]]:
        return {
            "crash": self._crash,
            "outage": self._outage,
            "freeze": self._freeze,
            "deafen": self._deafen,
            "rebalance": self._group.rebalance,
            "leave": self._leave,
            "compact": self.compact,
            "clock": self._change_clock,
            "silence": self._silence,
            # Of a played history it depends on no worker's time what is decided, so nothing may be edited meanwhile.
            **({"edit": self._edit} if self._cluster.settings.clock == "wall" else {}),
        }

    async def run(self, seconds: float) -> None:
        """Trouble for a while, then calm."""
        loop, chance = self._cluster.loop, self._cluster.chance
        loop.create_task(self._group.run())
        for slot in range(len(self._slots)):
            self._start(slot)
        until_s = loop.now_s + seconds
        while loop.now_s < until_s:
            await asyncio.sleep(chance.random() * self._pause_s * 2)
            if self._chosen:
                chance.choice(self._chosen)()
        self._calm()

    def _calm(self) -> None:
        self._cluster.trace("chaos", "is calm now")
        self._is_calm = True
        self._cluster.calm()
        for process in self._alive():
            process.owner.dies_at_step = -1
            if process.owner.is_frozen:
                self._cluster.loop.thaw(process.owner)
            self._group.heard(process.member)

    def _start(self, slot: int) -> None:
        self._lives += 1
        disk = self._disks[slot] if self._disks else None
        process = Process(f"w{self._lives}", self._cluster, self._group, self._unexpected, disk)
        self._slots[slot] = process
        process.owner.on_death = lambda: self._died(slot, process)
        if not self._is_calm and self._cluster.chance.random() < 0.15:
            # As good a place to die at as any other: also before it has recovered, or while it does.
            process.owner.dies_at_step = self._cluster.chance.randrange(1, 400)
        self._cluster.trace("chaos", "starts", process.owner.name)
        self._cluster.loop.spawn(process.owner, process.live())

    def _died(self, slot: int, process: Process) -> None:
        self._cluster.trace("chaos", process.owner.name, "is dead at step", process.owner.steps)
        self._slots[slot] = None
        if self._disks:
            # With the machine goes what its system had not written yet.
            self._disks[slot].die(lost=self._fates.choice([0, 0, 1, 5]))
        self._cluster.loop.outside(self._cluster.chance.random() * 1.5, self._start, slot)
        # The group notices when the session has timed out.
        self._cluster.loop.outside(self._cluster.chance.random() * 2, self._group.rebalance)

    def stores_apart(self) -> list[str]:
        """Compare the stores of the tasks that are held with their changelogs; empty is right."""
        return [said for process in self._alive() for said in process.stores_apart()] if self._disks else []

    def _alive(self) -> list[Process]:
        return [process for process in self._slots if process is not None and not process.owner.is_dead]

    def _one(self) -> Process | None:
        alive = self._alive()
        return self._cluster.chance.choice(alive) if alive else None

    # ------------------------------------------------------------------------------------------------- troubles

    def _crash(self) -> None:
        if process := self._one():
            process.owner.dies_at_step = process.owner.steps + self._cluster.chance.randrange(40)

    def _outage(self) -> None:
        """Nobody decides anything for some time, while the log grows."""
        if self._cluster.chance.random() < 0.3:
            seconds = self._cluster.chance.choice([2.0, 6.0])
            self._cluster.trace("chaos", "freezes all for", seconds)
            for process in self._alive():
                self._cluster.loop.freeze(process.owner, seconds + self._cluster.chance.random())

    def _freeze(self) -> None:
        if (process := self._one()) and not process.owner.is_frozen:
            seconds = self._cluster.chance.choice([0.1, 1.0, 4.0])
            self._cluster.trace("chaos", "freezes", process.owner.name, "for", seconds)
            self._cluster.loop.freeze(process.owner, seconds)
            if self._cluster.chance.random() < 0.5:
                self._group.rebalance()

    def _deafen(self) -> None:
        if process := self._one():
            self._cluster.trace("chaos", "deafens", process.owner.name)
            process.member.is_deaf = True
            self._group.rebalance()
            self._cluster.loop.outside(self._cluster.chance.choice([1.0, 5.0]), self._group.heard, process.member)

    def _leave(self) -> None:
        if process := self._one():
            process.leave()

    def compact(self) -> None:
        """Compact the changelog, all of it that may be."""
        forget_before_ms = self._cluster.loop.epoch_ms() - TOMBSTONES_KEPT_MS
        for number in range(self._cluster.tasks):
            up_to = self._cluster.changelog.compacted_up_to(number)
            removed = self._cluster.log[TP(CHANGELOG, number)].compact(forget_before_ms, up_to)
            if removed:
                self._cluster.trace("chaos", "compacts changelog", number, "of", removed)
        reference = TP(REFERENCE, 0)
        self._cluster.log[reference].compact(forget_before_ms, self._cluster.logs.compacted_up_to(reference))

    def _change_clock(self) -> None:
        if process := self._one():
            process.clock.ahead_ms = self._cluster.chance.choice([-3_000, -200, 0, 0, 300, 2_000])
            self.most_ahead_ms = max(self.most_ahead_ms, process.clock.ahead_ms)
            self._cluster.trace("chaos", process.owner.name, "has its clock ahead by", process.clock.ahead_ms)

    def _edit(self) -> None:
        """Edit the config: whoever starts from now on decides by it, those who run go on as they began."""
        self._cluster.definitions = self._cluster.chance.choice(edits())
        self._cluster.trace("chaos", "edits the config to", self._cluster.definitions.version)

    def _silence(self) -> None:
        lag = self._cluster.lags[self._cluster.chance.choice(list(self._cluster.lags))]
        lag.is_silent = not lag.is_silent
