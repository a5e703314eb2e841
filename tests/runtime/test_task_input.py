"""What becomes of records that are wrong, repeated, unplanned or misplaced."""

from __future__ import annotations

import asyncio

from stream.model.profile import decode_profile
from stream.runtime.delivery import partition_of
from stream.runtime.position import POSITION_KEY, decode_position
from tests.runtime.fakes import CHANGELOG, START_MS, FakeBroker, FakeRecord, Worker, counted, run


def test_poison_among_good_records_is_dead_lettered_once_with_its_bytes_and_neighbours_are_untouched() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "order_completed", START_MS)
        broker.send("cart", b"\xff{", key=b"key", headers=[("trace", b"7")], log_ms=123)
        broker.send("cart", None)
        broker.event("u2", "order_completed", START_MS)
        for _ in range(2):
            async with Worker(broker) as worker:
                await asyncio.sleep(3)
                assert counted(worker.metrics, "dead_letters", reason="not_json") <= 1
        broken, empty = broker.committed("dead-letters")
        assert (broken.key, broken.value, broken.header("trace")) == (b"key", b"\xff{", "7")
        assert (broken.header("stream-id"), broken.header("stream-time")) == ("cart/0/1", "123")
        assert (broken.header("stream-reason"), empty.header("stream-reason")) == ("not_json", "empty_value")
        assert [c["user_id"] for c in broker.outcomes("segment-changes")] == ["u1", "u2"]

    run(scenario())


def test_duplicates_and_unplanned_events_are_counted_and_passed_by() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        for _ in range(3):
            broker.event("u1", "product_viewed", START_MS, message_id="m1")
        broker.event("u1", "Video Watched", START_MS)
        async with Worker(broker) as worker:
            await asyncio.sleep(3)
            assert counted(worker.metrics, "dropped", reason="duplicate") == 2
            assert counted(worker.metrics, "dropped", reason="unplanned") == 1
            assert {tp.topic: at for tp, at in worker.tasks.positions().items() if at} == {"clickstream": 3, "cart": 1}

    run(scenario())


def test_an_erased_user_ends_in_a_tombstone_and_is_not_recovered() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "order_completed", START_MS)
        broker.event("u2", "order_completed", START_MS)
        async with Worker(broker):
            await asyncio.sleep(3)
            assert set(broker.state()) == {b"u1", b"u2", POSITION_KEY}
            broker.event("u1", "erasure_requested", START_MS + 1)
            await asyncio.sleep(3)
            (remains,) = broker.state().keys() - {b"u2", POSITION_KEY}
            assert remains is not None
            assert b"u1" not in remains
        assert [one.value for one in broker.committed(CHANGELOG) if one.key == b"u1"][-1] is None
        async with Worker(broker) as worker:
            assert worker.tasks.gauges()[0].profiles == 2

    run(scenario())


def test_outcomes_are_cloud_events_on_the_users_partition() -> None:
    async def scenario() -> None:
        broker = FakeBroker(partitions=4)
        for number in range(8):
            user = f"u{number}"
            call = {"type": "track", "event": "order_completed", "userId": user, "timestamp": START_MS}
            broker.send("cart", call, partition=partition_of(user.encode(), 4))
        async with Worker(broker):
            await asyncio.sleep(3)
        changes = broker.committed("segment-changes")
        assert len(changes) == 8
        for record, outcome in zip(changes, broker.outcomes("segment-changes"), strict=True):
            assert record.partition == partition_of(record.key or b"", 4)
            assert record.header("ce_id") == outcome["id"]
            assert record.header("ce_type") == outcome["type"] == "segment-change.v1"
            assert (record.header("ce_specversion"), record.header("ce_source")) == ("1.0", "/stream/stream")
            assert record.header("ce_time") == "2023-11-14T22:13:20.000Z"
            assert record.header("ce_subject").encode() == record.key
            assert record.header("content-type") == "application/json"

    run(scenario())


def test_history_played_in_starts_no_run_up_to_the_time_in_its_header() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        until = ("stream-backfill", str(START_MS + 7_200_000).encode())
        broker.event("u1", "product_added", START_MS, product_id="p", headers=[until])
        broker.heartbeat(START_MS + 10_000_000)
        async with Worker(broker, clock="event"):
            await asyncio.sleep(3)
        assert [c["segment"] for c in broker.outcomes("segment-changes")] == ["waiting"]
        assert broker.outcomes("triggers") == []

    run(scenario())


def test_a_checkpoint_holds_profiles_and_position_together() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "order_completed", START_MS)
        broker.heartbeat(START_MS + 5)
        async with Worker(broker, clock="event"):
            await asyncio.sleep(3)
        state = broker.state()
        position = decode_position(state[POSITION_KEY])
        assert decode_profile(state[b"u1"]).user == "u1"
        assert position.next_offsets == {"people": 1, "clickstream": 1, "cart": 2, "email": 1}
        assert (position.clock_ms, position.segments) == (START_MS + 5, {"buyer": 1})

    run(scenario())


def test_records_offered_again_from_before_are_dropped() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_viewed", START_MS)
        async with Worker(broker) as worker:
            await asyncio.sleep(3)
            (tp,) = [tp for tp in broker.logs if tp.topic == "clickstream"]
            worker.tasks.offer(tp, [FakeRecord("clickstream", 0, 0, 0, None, broker.logs[tp][0].value)])
            await asyncio.sleep(3)
            assert counted(worker.metrics, "events", topic="clickstream", type="product_viewed") == 1

    run(scenario())
