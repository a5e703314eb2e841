import time

import pytest

from stream.runtime.faust_room.input_log import InputLog
from stream.runtime.faust_room.room import Room
from stream.runtime.faust_room.watchdog import Stalled, Watchdog
from stream.runtime.ports import TP
from stream.runtime.settings import Clock, Settings
from tests.runtime.faust_room_fakes import FakeConsumer, FakeFetchRequest, FakeHost, records

CART = TP("cart", 0)


class Watched:
    """One partition being read, a watchdog, and time that passes as told."""

    def __init__(self, clock: Clock = "wall") -> None:
        self.host = FakeHost(["cart"])
        self.room = Room(self.host)
        self.consumer = FakeConsumer([CART])
        self.log = InputLog(self.consumer)
        self.watchdog = Watchdog(self.room, Settings(recovery_timeout_s=60, stall_timeout_s=10, clock=clock))
        self.start_s = time.monotonic()

    async def read(self) -> "Watched":
        self.room.log = self.log
        self.log.watch_fetches()
        self.room.assign([CART])
        await self.room.take_over()
        self.room.start_reading()
        return self

    async def fetch(self, high_watermark: int) -> None:
        self.consumer._fetcher.high_watermarks = {CART: high_watermark}
        await self.consumer._fetcher._proc_fetch_request(None, 1, FakeFetchRequest([CART]))

    def offer(self, first: int, count: int = 1) -> None:
        self.consumer.state(CART).consumed_to(first + count)
        self.room.offer(self.log.take(CART, records(CART, first, count)))

    def check_after(self, seconds: float) -> None:
        self.watchdog.check(self.start_s + seconds)


async def test_a_worker_not_recovered_in_time_stops_and_not_before():
    watched = Watched()
    watched.check_after(59)
    with pytest.raises(Stalled, match="no tasks assigned within 60 s"):
        watched.check_after(62)


async def test_a_worker_that_does_not_finish_its_recovery_stops():
    watched = Watched()
    watched.room.log = watched.log
    watched.room.assign([CART])
    with pytest.raises(Stalled, match="no tasks taken over within 60 s"):
        watched.check_after(62)


async def test_records_to_read_and_no_progress_is_a_stall_after_the_timeout():
    watched = await Watched().read()
    await watched.fetch(5)
    watched.check_after(0)
    watched.check_after(10)
    with pytest.raises(Stalled, match="cart/0 has not moved for 10 s"):
        watched.check_after(11)


async def test_progress_puts_the_stall_off():
    watched = await Watched().read()
    await watched.fetch(5)
    watched.check_after(0)
    watched.offer(0)
    watched.check_after(11)
    watched.check_after(20)


async def test_a_broker_that_still_answers_is_progress_where_all_is_read_and_one_that_does_not_is_a_stall():
    watched = await Watched().read()
    for seconds in (0, 9, 18, 27):
        await watched.fetch(0)
        watched.check_after(seconds)
    with pytest.raises(Stalled):
        watched.check_after(38)


async def test_answers_are_no_progress_where_records_are_left():
    watched = await Watched().read()
    await watched.fetch(5)
    watched.check_after(0)
    await watched.fetch(5)
    with pytest.raises(Stalled):
        watched.check_after(11)


async def test_a_paused_partition_may_stand_still():
    watched = await Watched(clock="event").read()
    await watched.fetch(5)
    watched.offer(0)
    watched.host.next_offsets[CART] = 0
    watched.log.pause(CART)
    watched.check_after(0)
    watched.check_after(1_000)


async def test_on_the_wall_clock_records_that_are_never_committed_are_a_stall():
    watched = await Watched().read()
    await watched.fetch(1)
    watched.offer(0)
    watched.host.next_offsets[CART] = 0
    watched.check_after(0)
    await watched.fetch(1)
    with pytest.raises(Stalled, match="task 0 has not moved"):
        watched.check_after(11)


async def test_a_topic_read_far_ahead_may_wait_while_the_task_commits_another():
    watched = await Watched().read()
    for seconds in range(0, 30, 5):
        await watched.fetch(1)
        if not seconds:
            watched.offer(0)
        watched.host.next_offsets = {CART: 0, TP("people", 0): seconds}
        watched.check_after(seconds)


async def test_with_event_time_a_task_may_wait_for_heartbeats():
    watched = await Watched(clock="event").read()
    for seconds in range(0, 30, 5):
        await watched.fetch(1)
        if not seconds:
            watched.offer(0)
        watched.host.next_offsets[CART] = 0
        watched.check_after(seconds)


async def test_an_error_of_the_group_is_raised():
    watched = await Watched().read()
    watched.consumer._coordinator.error = PermissionError("no access to the group")
    with pytest.raises(PermissionError):
        watched.check_after(0)


async def test_a_stalled_task_names_the_source_that_a_producer_has_left_in_an_open_transaction():
    watched = await Watched().read()
    await watched.fetch(5)
    watched.consumer.state(CART).lso = 1
    watched.offer(0)
    watched.host.next_offsets[CART] = 0
    watched.check_after(0)
    await watched.fetch(5)
    watched.consumer.state(CART).lso = 1
    with pytest.raises(Stalled, match=r"task 0 has not moved .*its producer left open: cart/0 from offset 1$"):
        watched.check_after(11)
