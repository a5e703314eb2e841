"""Records on a partition where their user does not belong: sent on, once, or the worker stops and says why."""

from __future__ import annotations

import asyncio
import zlib
from typing import Any

import pytest

from stream.model.errors import StreamStop
from stream.model.profile import decode_profile
from stream.runtime.delivery import partition_of
from stream.runtime.ports import TP
from tests.runtime.fakes import CHANGELOG, MINUTE_MS, START_MS, FakeBroker, Worker, counted, run


def place_of(user: str) -> int:
    return partition_of(user.encode(), 4)


def crc32_of(user: str) -> int:
    return zlib.crc32(user.encode()) % 4


FITS = [user for user in (f"user-{n}" for n in range(200)) if crc32_of(user) != place_of(user)]


async def refused(broker: FakeBroker, **settings: Any) -> str:
    async with Worker(broker, **settings) as worker:
        with pytest.raises(StreamStop) as stop:
            await asyncio.wait_for(asyncio.shield(worker.tasks.failure), 30)
    return str(stop.value)


def test_a_misplaced_record_is_decided_on_its_users_partition_with_its_own_time_and_nowhere_else() -> None:
    async def scenario() -> None:
        broker = FakeBroker(partitions=4)
        wrong = broker.misplaced(
            "u1", "product_added", START_MS - 59 * MINUTE_MS, properties={"product_id": "p"}, key=b"other",
            headers=[("trace", b"7")], log_ms=START_MS - 58 * MINUTE_MS,
        )  # fmt: skip
        async with Worker(broker) as worker:
            await asyncio.sleep(3)
            assert counted(worker.metrics, "rerouted", topic="cart") == 1
            assert counted(worker.metrics, "events", topic="rerouted", type="product_added") == 1
            assert counted(worker.metrics, "events", topic="cart", type="product_added") == 0
            await asyncio.sleep(120)
        (sent,) = broker.committed("rerouted")
        assert (sent.partition, sent.key, sent.header("trace")) == (place_of("u1"), b"other", "7")
        assert sent.header("stream-rerouted-from") == f"cart/{wrong}/0"
        assert sent.header("stream-rerouted-time") == str(START_MS - 58 * MINUTE_MS)
        (change,) = broker.outcomes("segment-changes")
        assert (change["segment"], change["at_ms"]) == ("waiting", START_MS + MINUTE_MS)
        kept = {record.partition for record in broker.committed(CHANGELOG) if record.key == b"u1"}
        assert kept == {place_of("u1")}

    run(scenario())


def test_it_is_sent_on_in_the_transaction_that_moves_the_position_past_it_so_once_whatever_crashes() -> None:
    async def scenario() -> None:
        broker = FakeBroker(partitions=4)
        wrong = broker.misplaced("u1", "order_completed", START_MS)
        crashed = await Worker(broker).start()
        while not broker.logs.get(TP("rerouted", place_of("u1"))):
            await asyncio.sleep(0.001)
        await crashed.crash()
        sent = broker.logs[TP("rerouted", place_of("u1"))]
        assert [record.transaction.state for record in sent] == ["open"]
        for _ in range(2):
            async with Worker(broker) as worker:
                await asyncio.sleep(3)
                assert worker.tasks.positions()[TP("cart", wrong)] == 1
        assert len(broker.committed("rerouted")) == 1
        assert [change["user_id"] for change in broker.outcomes("segment-changes")] == ["u1"]

    run(scenario())


def test_the_same_message_on_both_partitions_counts_once() -> None:
    async def scenario() -> None:
        broker = FakeBroker(partitions=4)
        broker.misplaced("u1", "product_viewed", START_MS, topic="clickstream", message_id="m1")
        call = {"type": "track", "event": "product_viewed", "userId": "u1", "timestamp": START_MS, "messageId": "m1"}
        broker.send("clickstream", {**call, "properties": {}}, partition=place_of("u1"))
        async with Worker(broker) as worker:
            await asyncio.sleep(3)
            assert counted(worker.metrics, "dropped", reason="duplicate") == 1
        assert broker.outcomes("segment-changes") == []

    run(scenario())


def test_without_a_message_id_it_is_known_by_its_first_place() -> None:
    async def scenario() -> None:
        broker = FakeBroker(partitions=4)
        wrong = broker.misplaced("u1", "order_completed", START_MS)
        async with Worker(broker):
            await asyncio.sleep(3)
        (change,) = broker.outcomes("segment-changes")
        assert change["cause"] == f"cart/{wrong}/0"
        assert decode_profile(broker.state()[b"u1"]).user == "u1"

    run(scenario())


def test_a_record_sent_on_that_still_is_in_the_wrong_place_stops_the_worker() -> None:
    async def scenario() -> None:
        broker = FakeBroker(partitions=4)
        broker.misplaced(
            "u1", "order_completed", START_MS, topic="rerouted", headers=[("stream-rerouted-from", b"cart/2/7")]
        )
        assert "it was sent on once already, from cart/2/7" in await refused(broker)
        assert broker.outcomes("segment-changes") == []

    run(scenario())


def test_headers_of_ours_in_a_producers_record_say_nothing() -> None:
    async def scenario() -> None:
        broker = FakeBroker(partitions=4)
        forged = [("stream-rerouted-from", b"forged"), ("stream-rerouted-time", b"1")]
        wrong = broker.misplaced("u1", "order_completed", START_MS, headers=forged)
        async with Worker(broker):
            await asyncio.sleep(3)
        assert [change["cause"] for change in broker.outcomes("segment-changes")] == [f"cart/{wrong}/0"]

    run(scenario())


def test_with_event_time_the_first_one_stops_the_worker() -> None:
    async def scenario() -> None:
        broker = FakeBroker(partitions=4)
        wrong = broker.misplaced("u1", "order_completed", START_MS)
        broker.heartbeat(START_MS)
        said = await refused(broker, clock="event")
        assert f"cart/{wrong}/0: its user belongs on partition {place_of('u1')}" in said
        assert broker.outcomes("segment-changes") == broker.committed("rerouted") == []

    run(scenario())


@pytest.mark.parametrize(("percent", "among"), [(1, 10), (2, 20)])
def test_more_than_the_share_of_a_thousand_stop_the_worker_and_the_partitioner_is_named(
    percent: int, among: int
) -> None:
    async def scenario() -> None:
        broker = FakeBroker(partitions=4)
        lane = crc32_of(FITS[0])
        users = [user for user in FITS if crc32_of(user) == lane][: among + 1]
        for user in users[:-1]:
            broker.send("cart", order(user), partition=lane)
        async with Worker(broker, misplaced_percent=percent) as worker:
            await asyncio.sleep(3)
            assert not worker.tasks.failure.done()
            assert len(broker.committed("rerouted")) == among
        broker.send("cart", order(users[-1]), partition=lane)
        for _ in range(2):
            said = await refused(broker, misplaced_percent=percent)
            assert said.startswith(f"cart/{lane}/{among}: its user belongs on partition")
            assert f"those of {among + 1} of the last 1000 records, above misplaced_percent {percent}" in said
            assert "CRC32, librdkafka's default: set partitioner=murmur2_random" in said
        assert len(broker.committed("rerouted")) == among
        async with Worker(broker, misplaced_percent=100):
            await asyncio.sleep(3)
        assert len(broker.committed("rerouted")) == among + 1

    run(scenario())


def order(user: str) -> dict[str, Any]:
    return {"type": "track", "event": "order_completed", "userId": user, "timestamp": START_MS, "properties": {}}


def test_a_share_of_nothing_stops_at_the_first_and_another_partitioner_is_not_taken_for_crc32() -> None:
    async def scenario() -> None:
        broker = FakeBroker(partitions=4)
        user = next(u for u in FITS if crc32_of(u) != (place_of(u) + 1) % 4)
        broker.misplaced(user, "order_completed", START_MS)
        said = await refused(broker, misplaced_percent=0)
        assert "its partitioner is not murmur2" in said
        assert "CRC32" not in said

    run(scenario())
