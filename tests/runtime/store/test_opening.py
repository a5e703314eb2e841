"""Taking a task over with a store: what is read of the changelog, and each doubt that has it read from its start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from stream.model.errors import StreamStop
from stream.model.profile import encode_profile, new_profile
from tests.runtime.fakes import CHANGELOG, MINUTE_MS, START_MS, FakeBroker, FakeRecord, Worker, run
from tests.runtime.store.fake_disk import FakeDisk
from tests.runtime.store.lives import LOG, carts, left, lived, nudged

DAY_MS = 86_400_000


def test_a_restart_reads_nothing_again() -> None:
    async def scenario() -> None:
        broker, disk = FakeBroker(), FakeDisk()
        carts(broker, "a", "b")
        await lived(broker, disk)
        broker.reads.clear()
        end = broker.end(LOG)
        broker.heartbeat(START_MS + 120 * MINUTE_MS)
        await lived(broker, disk)
        assert (broker.reads, nudged(broker)) == ([], ["a", "b"])
        assert left(disk)[1].next_offset == broker.end(LOG) > end
        assert disk.wiped == [0], "once, when there was nothing"

    run(scenario())


def test_what_another_worker_committed_meanwhile_is_all_that_is_read() -> None:
    async def scenario() -> None:
        broker, disk = FakeBroker(), FakeDisk()
        carts(broker, "a", "b", "c")
        await lived(broker, disk)
        complete = left(disk)[1].next_offset
        disk.die()
        carts(broker, "n", at_ms=START_MS + 2)
        broker.event("b", "erasure_requested", START_MS + 5)
        broker.heartbeat(START_MS + 6)
        async with Worker(broker, clock="event"):
            await asyncio.sleep(3)
        broker.reads.clear()
        broker.heartbeat(START_MS + 120 * MINUTE_MS)
        await lived(broker, disk)
        assert (broker.reads, disk.wiped, nudged(broker)) == ([(0, complete)], [0], ["a", "c", "n"])
        assert not set(left(disk)[0].users()) & {"b"}, "erased elsewhere, gone here"

    run(scenario())


def test_a_crash_between_the_commit_and_the_store_is_made_up_for_from_the_changelog() -> None:
    async def scenario() -> None:
        broker, disk = FakeBroker(), FakeDisk()
        carts(broker, "a")
        await lived(broker, disk)
        complete = left(disk)[1].next_offset
        disk.die()
        broker.reads.clear()
        reached = asyncio.Event()

        def die(step: str) -> object:
            return (reached.set(), asyncio.sleep(10_000))[1] if step == "committed" else None

        broker.trouble = die
        carts(broker, "b", at_ms=START_MS + 2)
        worker = await Worker(broker, disk=disk, clock="event").start()
        await reached.wait()
        await worker.crash()
        disk.die()
        assert (b"b" in broker.state(), left(disk)[0].get(b"b")) == (True, None)
        disk.die()
        broker.trouble = lambda step: None
        broker.heartbeat(START_MS + 120 * MINUTE_MS)
        await lived(broker, disk)
        assert (broker.reads, nudged(broker)) == ([(0, complete)], ["a", "b"])

    run(scenario())


def test_what_was_decided_and_not_committed_is_not_in_the_store() -> None:
    async def scenario() -> None:
        broker, disk = FakeBroker(), FakeDisk()
        reached = asyncio.Event()

        def hold(step: str) -> object:
            return (reached.set(), asyncio.sleep(10_000))[1] if step == "commit" else None

        broker.trouble = hold
        carts(broker, "a")
        worker = await Worker(broker, disk=disk, clock="event").start()
        await reached.wait()
        await worker.crash()
        disk.die()
        contents, found = left(disk)
        assert (list(contents.users()), found.next_offset) == ([], 0)

    run(scenario())


def recreate_changelog(broker: FakeBroker) -> None:
    broker.topic_ids[CHANGELOG] = "another"


def delete_the_beginning(broker: FakeBroker) -> None:
    broker.starts[LOG] = broker.end(LOG) + 1
    broker.append(LOG, FakeRecord(CHANGELOG, 0, 0, 0, b"a", broker.state()[b"a"]))


def leave_as_it_is(broker: FakeBroker) -> None:
    """Nothing is wrong with the changelog."""


def half_built(disk: FakeDisk) -> None:
    disk.journals[0] = [
        {key: value for key, value in changes.items() if key != b"state"} for changes in disk.journals[0]
    ]


def bad_blocks(disk: FakeDisk) -> None:
    disk.unreadable.add(0)


def of_another_app(disk: FakeDisk) -> None:
    _, found = left(disk)
    theirs = msgspec.structs.replace(found, identity=msgspec.structs.replace(found.identity, app="theirs"))
    disk.die()
    disk.journals[0].append({b"state": msgspec.msgpack.encode(theirs)})


def another_format(disk: FakeDisk) -> None:
    disk.journals[0].append({b"state": b"\xc1"})


def without_a_position(disk: FakeDisk) -> None:
    disk.journals[0].append({b"\x01\xffposition": None})


def with_a_torn_position(disk: FakeDisk) -> None:
    disk.journals[0].append({b"\x01\xffposition": b"\xc1"})


def with_what_a_later_version_keeps(disk: FakeDisk) -> None:
    disk.journals[0].append({b"\x01\xfflater": b"?"})


def untouched(disk: FakeDisk) -> None:
    """Nothing is wrong with the disk."""


@pytest.mark.parametrize(
    ("spoil_disk", "spoil_log", "settings"),
    [
        (half_built, leave_as_it_is, {}),
        (bad_blocks, leave_as_it_is, {}),
        (of_another_app, leave_as_it_is, {}),
        (another_format, leave_as_it_is, {}),
        (without_a_position, leave_as_it_is, {}),
        (with_a_torn_position, leave_as_it_is, {}),
        (with_what_a_later_version_keeps, leave_as_it_is, {}),
        (untouched, recreate_changelog, {}),
        (untouched, delete_the_beginning, {}),
        (untouched, leave_as_it_is, {"delete_retention_ms": 600_000}),
    ],
)
def test_in_doubt_it_is_wiped_and_the_changelog_read_from_its_start(
    spoil_disk: Callable[[FakeDisk], None], spoil_log: Callable[[FakeBroker], None], settings: dict[str, int]
) -> None:
    async def scenario() -> None:
        broker, disk = FakeBroker(), FakeDisk()
        carts(broker, "a", "b")
        await lived(broker, disk)
        spoil_disk(disk)
        spoil_log(broker)
        broker.reads.clear()
        disk.wiped.clear()
        broker.heartbeat(START_MS + 120 * MINUTE_MS)
        await lived(broker, disk, **settings)
        assert (broker.reads, disk.wiped, nudged(broker)) == ([(0, 0)], [0], ["a", "b"])

    run(scenario())


def test_a_log_that_ends_before_the_store_does_has_it_wiped() -> None:
    async def scenario() -> None:
        broker, disk = FakeBroker(), FakeDisk()
        carts(broker, "a")
        await lived(broker, disk)
        contents, found = left(disk)
        encoded = encode_profile(new_profile("ghost"))
        contents._identity = found.identity  # type: ignore[misc]
        contents.complete([(b"ghost", encoded)], broker.end(LOG) + 1, found.at_ms)
        disk.die()
        disk.wiped.clear()
        await lived(broker, disk)
        assert (disk.wiped, list(left(disk)[0].users())) == ([0], ["a"])

    run(scenario())


def test_a_changelog_with_profiles_and_no_position_stops_the_worker_with_a_store_too() -> None:
    async def scenario() -> None:
        broker, disk = FakeBroker(), FakeDisk()
        broker.append(LOG, FakeRecord(CHANGELOG, 0, 0, 0, b"a", encode_profile(new_profile("a"))))
        for _ in range(2):
            with pytest.raises(StreamStop, match="no position record"):
                await Worker(broker, disk=disk).start()
            assert disk.held == {}, "closed, so that it can be opened again"

    run(scenario())


def test_a_timer_beyond_the_next_hour_fires_when_it_is_due_after_a_restart_and_without_one() -> None:
    async def scenario() -> None:
        broker, disk = FakeBroker(), FakeDisk()
        for minute in (0, 1):
            broker.event("u", "product_viewed", START_MS + minute * MINUTE_MS)
        broker.heartbeat(START_MS + 2 * MINUTE_MS)
        worker = await lived(broker, disk)
        assert worker.tasks.gauges() == []
        async with Worker(broker, disk=disk, clock="event", hot_profiles=1) as worker:
            decider = worker.tasks._tasks[0]._parts.decider
            assert (decider.backlog, worker.tasks.gauges()[0].timer_backlog) == (0, 1)
            broker.heartbeat(START_MS + 9 * DAY_MS)
            await asyncio.sleep(3)
        changes = [(c["segment"], c["change"]) for c in broker.outcomes("segment-changes")]
        assert changes == [("curious", "entered"), ("curious", "exited")]

    run(scenario())
