"""Taking over: what is recovered, where reading starts, and what stops the worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from stream.model.errors import StreamStop
from stream.runtime.ports import TP
from stream.runtime.position import POSITION_KEY, Position, decode_position, encode_position
from stream.runtime.profiles import ProfileMap
from stream.runtime.recovery import check_co_partitioned, recover, starting_offsets
from tests.runtime.fakes import CHANGELOG, MINUTE_MS, START_MS, FakeBroker, FakeRecord, FakeTransactions, Worker, run

CART = TP("cart", 0)


async def batches(*given: list[tuple[bytes, bytes | None]]) -> AsyncIterator[Sequence[tuple[bytes, bytes | None]]]:
    for batch in given:
        yield batch


def position(**next_offsets: int) -> Position:
    return Position(next_offsets=next_offsets)


def test_an_empty_changelog_is_a_task_that_starts_from_nothing() -> None:
    recovered = asyncio.run(recover(batches()))
    assert (recovered.profiles, recovered.position) == ({}, Position())


def test_the_latest_record_of_a_key_holds_and_a_tombstone_removes_it() -> None:
    at = encode_position(position(cart=7))
    log = [[(b"a", b"1"), (POSITION_KEY, b"?"), (b"b", b"1")], [(b"a", b"2"), (b"b", None), (POSITION_KEY, at)]]
    recovered = asyncio.run(recover(batches(*log)))
    assert (recovered.profiles, recovered.position) == ({"a": b"2"}, position(cart=7))


def test_profiles_without_a_position_stop_the_worker() -> None:
    with pytest.raises(StreamStop, match="no position record"):
        asyncio.run(recover(batches([(b"a", b"1")])))
    assert asyncio.run(recover(batches([(b"a", None)]))).profiles == {}


def test_a_position_of_another_version_stops_the_worker() -> None:
    with pytest.raises(StreamStop, match="cannot be read"):
        decode_position(b"\xc1")


def test_reading_starts_at_the_position_or_at_the_start_of_a_source_it_does_not_know() -> None:
    bounds = {CART: (3, 9), TP("email", 0): (2, 5)}
    assert starting_offsets(position(cart=4), bounds) == {CART: 4, TP("email", 0): 2}


@pytest.mark.parametrize(("offset", "refusal"), [(2, "deleted undecided"), (3, ""), (9, ""), (10, "recreated")])
def test_a_position_outside_of_the_log_stops_the_worker(offset: int, refusal: str) -> None:
    if not refusal:
        assert starting_offsets(position(cart=offset), {CART: (3, 9)}) == {CART: offset}
        return
    with pytest.raises(StreamStop, match=refusal):
        starting_offsets(position(cart=offset), {CART: (3, 9)})


def test_topics_with_different_partitions_stop_the_worker() -> None:
    assert check_co_partitioned({"cart": {0, 1}, "email": {0, 1}}) == 2
    with pytest.raises(StreamStop, match="cart 2, email 1"):
        check_co_partitioned({"cart": {0, 1}, "email": {0}})
    with pytest.raises(StreamStop, match="cart 0"):
        check_co_partitioned({"cart": set()})


def test_positions_keep_their_form() -> None:
    full = Position(
        next_offsets={"cart": 5},
        decided_beyond={"cart": [(6, 7), (9, 9)]},
        clock_ms=START_MS,
        segments={"vip": 3},
        runs={"hello": 1},
        topic_ids={"cart": "ab"},
    )
    assert decode_position(encode_position(full)) == full
    assert full.skipped("cart") == {6, 7, 9}
    assert full.skipped("email") == set()


def test_timers_fire_after_a_restart_and_a_checkpoint_in_another_hand_is_gone_on_from() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_added", START_MS, product_id="p")
        broker.heartbeat(START_MS + 1)
        async with Worker(broker, clock="event"):
            await asyncio.sleep(3)
        broker.heartbeat(START_MS + 60 * MINUTE_MS)
        async with Worker(broker, clock="event"):
            await asyncio.sleep(3)
        assert [t["at_ms"] for t in broker.outcomes("triggers")] == [START_MS + 60 * MINUTE_MS]

    run(scenario())


def test_a_topic_created_anew_stops_the_worker_by_its_id() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_viewed", START_MS)
        async with Worker(broker):
            await asyncio.sleep(3)
        async with Worker(broker):
            await asyncio.sleep(3)
        broker.topic_ids["clickstream"] = "another"
        with pytest.raises(StreamStop, match="clickstream was deleted and created anew"):
            await Worker(broker).start()

    run(scenario())


def test_an_open_transaction_left_behind_is_not_read_at_the_take_over() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        left = await FakeTransactions(broker).open(0)
        await left.begin()
        await left.write(CHANGELOG, 0, [])
        broker.append(TP(CHANGELOG, 0), FakeRecord(CHANGELOG, 0, 0, 0, b"u1", b"x", (), broker.open[0]))
        async with Worker(broker) as worker:
            assert worker.tasks.gauges()[0].profiles == 0
            assert broker.logs[TP(CHANGELOG, 0)][0].transaction.state == "aborted"

    run(scenario())


def test_a_recovery_that_takes_too_long_stops_the_worker() -> None:
    async def scenario() -> None:
        worker = Worker(FakeBroker(), recovery_timeout_s=5)
        worker.sources.bounds = lambda tps: asyncio.sleep(10)  # type: ignore[assignment,method-assign,return-value]  # a broker that does not answer
        with pytest.raises(StreamStop, match="not recovered within 5 s"):
            await worker.start()
        assert worker.tasks.gauges() == []

    run(scenario())


def test_a_take_over_that_is_cancelled_leaves_nothing_behind() -> None:
    async def scenario() -> None:
        worker = Worker(FakeBroker(partitions=2))
        worker.sources.bounds = lambda tps: asyncio.sleep(10)  # type: ignore[assignment,method-assign,return-value]  # a broker that does not answer
        start = asyncio.create_task(worker.start())
        await asyncio.sleep(1)
        assert [gauges.recovered for gauges in worker.tasks.gauges()] == [False, False]
        start.cancel()
        await asyncio.wait({start})
        assert worker.tasks.gauges() == []
        await worker.tasks.revoked(frozenset({0, 1}))
        assert {task.get_name() for task in asyncio.all_tasks()} & {"task-0", "task-1"} == set()

    run(scenario())


def test_profiles_stay_encoded_until_they_are_used_and_the_oldest_are_encoded_again() -> None:
    from stream.model.profile import encode_profile, new_profile

    profiles = ProfileMap({user: encode_profile(new_profile(user)) for user in "abc"}, hot_max=1)
    first = profiles.get("a")
    assert profiles.get("a") is first
    assert profiles.get("x") is None
    assert ("b" in profiles, "x" in profiles, len(profiles), set(profiles)) == (True, False, 3, {"a", "b", "c"})
    profiles["d"] = new_profile("d")
    profiles.cool()
    assert profiles.get("a") is not first
    assert profiles.get("a") == first
    assert profiles.encoded("b") == encode_profile(new_profile("b"))
    del profiles["b"]
    del profiles["d"]
    assert (profiles.encoded("b"), set(profiles)) == (None, {"a", "c"})
    with pytest.raises(KeyError):
        profiles["b"]
