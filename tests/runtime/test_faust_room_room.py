import asyncio

import pytest

from stream.runtime.faust_room.copartition import NotCopartitioned, copartitioned
from stream.runtime.faust_room.input_log import InputLog
from stream.runtime.faust_room.room import Room
from stream.runtime.ports import TP
from tests.runtime.faust_room_fakes import TOPICS, FakeConsumer, FakeHost, all_of, records

CART = TP("cart", 0)


def assigned_room(*numbers: int) -> tuple[Room, FakeHost, FakeConsumer]:
    host = FakeHost()
    room = Room(host)
    consumer = FakeConsumer(all_of(*numbers))
    room.log = InputLog(consumer)
    room.assign(all_of(*numbers))
    return room, host, consumer


async def recovered_room(*numbers: int) -> tuple[Room, FakeHost, FakeConsumer]:
    room, host, consumer = assigned_room(*numbers)
    assert await room.take_over()
    room.start_reading()
    return room, host, consumer


async def test_reading_starts_where_the_tasks_say():
    room, host, consumer = assigned_room(0)
    host.next_offsets = {CART: 7}
    assert await room.take_over()
    assert consumer.state(CART).paused

    room.start_reading()
    assert room.is_recovered
    assert not consumer.state(CART).paused
    assert consumer.state(CART).position == 7
    assert consumer.state(TP("email", 0)).position == 0


async def test_the_hand_over_is_done_at_once_without_giving_way_to_anything_else():
    room, host, _ = await recovered_room(0)
    assert room.log is not None
    # A plain call: there is no await in it to wait at, however full the task may be.
    result = room.offer(room.log.take(CART, records(CART, 0, 3)))
    assert result is None
    assert host.offered == {CART: [0, 1, 2]}


async def test_an_error_of_a_task_at_the_hand_over_stops_the_worker_and_does_not_reach_faust():
    room, host, _ = await recovered_room(0)
    assert room.log is not None
    host.offer_error = RuntimeError("wrong")
    room.offer(room.log.take(CART, records(CART, 0)))
    assert isinstance(host.failure.exception(), RuntimeError)


async def test_tasks_commit_before_they_are_given_away_and_then_nothing_reaches_them():
    room, host, _ = await recovered_room(0, 1)
    assert room.log is not None
    batch = room.log.take(CART, records(CART, 0))
    await room.give_away()
    room.offer(batch)
    assert host.happened == ["take over [0, 1]", "recovered", "commit [0, 1]", "gave away [0, 1]"]
    assert not host.offered
    assert not room.is_recovered


async def test_tasks_are_given_away_once_only():
    room, host, _ = await recovered_room(0)
    await asyncio.gather(room.give_away(), room.give_away())
    await room.close()
    assert host.happened.count("commit [0]") == 1


async def test_a_take_over_is_cancelled_by_a_rebalance_before_the_tasks_are_given_away():
    room, host, _ = assigned_room(0)
    host.recovers.clear()
    taking = asyncio.ensure_future(room.take_over())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    await room.give_away()
    assert await taking is False
    assert host.happened == ["take over [0]", "commit [0]", "gave away [0]"]
    assert not host.failure.done()


async def test_nothing_is_taken_over_between_a_revocation_and_the_next_assignment():
    room, host, consumer = assigned_room(0, 1)
    await room.give_away()
    assert await room.take_over() is False
    assert not host.happened

    consumer.rebalance(all_of(1))
    room.assign(all_of(1))
    assert await room.take_over()
    assert host.happened == ["take over [1]", "recovered"]
    assert room.held == {1}


async def test_positions_of_an_earlier_assignment_are_never_read_from():
    room, host, consumer = assigned_room(0)
    host.next_offsets = {CART: 7}
    assert await room.take_over()

    consumer.rebalance(all_of(0))
    room.assign(all_of(0))
    room.start_reading()
    assert not room.is_recovered
    assert consumer.state(CART).paused
    assert consumer.state(CART).position == 0


async def test_a_failed_recovery_stops_the_worker():
    room, host, _ = assigned_room(0)
    host.forgotten = {"cart"}
    assert await room.take_over() is False
    assert "cart" in str(host.failure.exception())


async def test_a_worker_without_tasks_is_recovered_at_once():
    host = FakeHost()
    room = Room(host)
    room.log = InputLog(FakeConsumer([], dict.fromkeys(TOPICS, 4)))
    room.assign([])
    assert await room.take_over()
    room.start_reading()
    assert room.is_recovered
    # They are asked all the same, so that they drop what they kept of tasks that are others' now.
    assert host.happened == ["take over []", "recovered"]


async def test_nothing_is_taken_over_while_closing():
    room, host, _ = assigned_room(0)
    await room.close()
    room.assign(all_of(0))
    assert await room.take_over() is False
    assert host.happened == []


async def test_only_positions_of_assigned_partitions_are_committed_to_the_group():
    room, host, _ = await recovered_room(0)
    host.next_offsets = {CART: 5, TP("cart", 3): 8}
    assert room.committable() == {CART: 5}


async def test_readiness_is_told_at_each_step():
    told = []
    host = FakeHost()
    room = Room(host, lambda: told.append((room.is_assigned, room.is_recovered)))
    room.log = InputLog(FakeConsumer(all_of(0)))
    room.assign(all_of(0))
    await room.take_over()
    room.start_reading()
    await room.give_away()
    assert told == [(True, False), (True, True), (False, False)]


async def test_the_same_partitions_of_every_topic_are_tasks():
    assert copartitioned(TOPICS, InputLog(FakeConsumer(all_of(1, 3)))) == {1, 3}


async def test_a_topic_that_does_not_exist_is_named():
    log = InputLog(FakeConsumer(all_of(0), {"people": 4, "clickstream": 4, "email": 4}))
    with pytest.raises(NotCopartitioned, match="no such topic on the broker: cart"):
        copartitioned(TOPICS, log)


async def test_unequal_partition_counts_are_refused_with_the_counts():
    log = InputLog(FakeConsumer(all_of(0), {"people": 4, "clickstream": 4, "email": 4, "cart": 5}))
    with pytest.raises(NotCopartitioned, match="cart has 5"):
        copartitioned(TOPICS, log)


async def test_partitions_that_part_company_are_refused():
    tps = [tp for tp in all_of(0, 1) if tp != TP("cart", 1)]
    with pytest.raises(NotCopartitioned, match=r"cart: \[0\]"):
        copartitioned(TOPICS, InputLog(FakeConsumer(tps)))


async def test_a_take_over_that_ends_with_its_connection_stops_the_worker_and_is_no_rebalance():
    room, host, _ = assigned_room(0)

    async def cut_off(*_: object) -> dict[TP, int]:
        raise asyncio.CancelledError

    host.assigned = cut_off
    assert not await room.take_over()
    assert isinstance(host.failure.exception(), ConnectionError)
