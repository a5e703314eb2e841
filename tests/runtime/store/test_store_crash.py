"""Crashes at every step, with a store: what is seen, and what is kept, is what it would be without one."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from stream.runtime.store.ports import Disk
from stream.runtime.store.rocks import RocksDisk
from tests.runtime.fakes import FakeBroker, Worker, run
from tests.runtime.store.fake_disk import FakeDisk
from tests.runtime.test_checkpoint_crash import Crash, oracle, played, seen

CACHE_BYTES = 8 << 20


class Disks:
    """Gives each life of a worker what the one before has left, a part of it lost or not."""

    def __init__(self, lost: int) -> None:
        self._lost = lost
        self.disk = FakeDisk()

    def next(self) -> Disk:
        self.disk.die(self._lost)
        return self.disk


class RocksDisks:
    """Copies what RocksDB has on the disk, as a process that is killed leaves it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lives = folder, 0

    def next(self) -> Disk:
        before, self._lives = self._folder / str(self._lives), self._lives + 1
        if before.exists():
            shutil.copytree(before, self._folder / str(self._lives))
        return RocksDisk(self._folder / str(self._lives), CACHE_BYTES)


async def lives(broker: FakeBroker, disks: Disks | RocksDisks, every: int, hot: int) -> int:
    """Crash a dozen times, then end in peace; return how often the changelog was read from its start."""
    for number in range(12):
        crash = Crash(broker, every + number)
        kept = {"hot_profiles": hot, "disk": disks.next()}
        worker = await Worker(broker, batch=37, clock="event", checkpoint_min_ms=1, **kept).start()
        await asyncio.wait({asyncio.create_task(crash.is_due.wait())}, timeout=20)
        await worker.crash()
    broker.trouble = lambda step: None
    async with Worker(broker, clock="event", hot_profiles=hot, disk=disks.next()) as worker:
        await asyncio.sleep(30)
        users = {key for key in broker.state() if key and not key.startswith(b"\xff")}
        assert worker.tasks.gauges()[0].profiles == len(users)
    return sum(1 for _, start in broker.reads if start == 0)


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize(("every", "lost", "tells_offsets"), [(1, 0, True), (4, 1, True), (4, 0, False), (9, 3, True)])
def test_crashes_change_nothing_that_is_seen(shuffled: bool, every: int, lost: int, tells_offsets: bool) -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.tells_offsets = tells_offsets
        played(broker, shuffled=shuffled)
        expected, profiles = oracle(broker)
        read_whole = await lives(broker, Disks(lost), every, hot=100)
        state = {key: value for key, value in broker.state().items() if key and not key.startswith(b"\xff")}
        assert seen(broker) == expected
        assert state == profiles
        assert read_whole <= (2 if lost == 0 else 13)

    run(scenario())


def test_crashes_change_nothing_that_is_seen_with_rocksdb(tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        played(broker, shuffled=True)
        expected, profiles = oracle(broker)
        read_whole = await lives(broker, RocksDisks(tmp_path), 4, hot=100)
        assert seen(broker) == expected
        assert {k: v for k, v in broker.state().items() if k and not k.startswith(b"\xff")} == profiles
        assert read_whole == 1, "only the first life had nothing to go on from"

    run(scenario())
