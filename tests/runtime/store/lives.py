"""Lives of a worker with a store, and what they leave."""

from __future__ import annotations

import asyncio

from stream.runtime.ports import TP
from stream.runtime.store.contents import Completeness, Contents
from stream.runtime.store.rocks import RocksDisk
from tests.runtime.fakes import CHANGELOG, START_MS, FakeBroker, Worker
from tests.runtime.store.fake_disk import FakeDisk

LOG = TP(CHANGELOG, 0)
ALL = frozenset({0})


async def lived(broker: FakeBroker, disk: FakeDisk | RocksDisk, **settings: int) -> Worker:
    """One life of a worker from its start to its end."""
    worker = Worker(broker, disk=disk, clock="event", **settings)
    async with worker:
        await asyncio.sleep(3)
    return worker


def carts(broker: FakeBroker, *users: str, at_ms: int = START_MS) -> None:
    for user in users:
        broker.event(user, "product_added", at_ms, product_id="p")
    broker.heartbeat(at_ms + 1)


def left(disk: FakeDisk) -> tuple[Contents, Completeness]:
    """Open what a worker has left."""
    contents = Contents(disk.open(0), None)  # type: ignore[arg-type]  # only read
    found = contents.completeness()
    assert found is not None
    return contents, found


def nudged(broker: FakeBroker) -> list[str]:
    return sorted(trigger["user_id"] for trigger in broker.outcomes("triggers"))
