import time

import pytest
from aiokafka.errors import TopicAuthorizationFailedError

from stream.runtime.faust_room.input_log import InputLog
from stream.runtime.ports import TP
from tests.runtime.faust_room_fakes import FakeConsumer, FakeFetchRequest, records

CART = TP("cart", 0)
EMAIL = TP("email", 0)


def reading(*tps: TP, start: int = 10) -> tuple[InputLog, FakeConsumer]:
    consumer = FakeConsumer(tps)
    log = InputLog(consumer)
    log.hold(tps)
    log.start(dict.fromkeys(tps, start))
    return log, consumer


async def test_a_new_assignment_is_held_until_reading_starts():
    consumer = FakeConsumer([CART])
    log = InputLog(consumer)

    log.hold([CART])
    assert consumer.state(CART).paused
    assert log.position(CART) is None

    log.start({CART: 10})
    assert not consumer.state(CART).paused
    assert log.position(CART) == 10


async def test_position_waits_for_a_batch_under_way_and_then_passes_what_is_never_offered():
    log, consumer = reading(CART)
    batch = log.take(CART, records(CART, 10, 3))
    # aiokafka has consumed the records, and a transaction marker at 13 after them.
    consumer.state(CART).consumed_to(14)
    assert log.position(CART) == 10

    assert log.accept(batch)
    assert log.position(CART) == 14
    assert log.offered_to(CART) == 13


async def test_position_waits_for_the_last_of_several_batches_under_way():
    log, consumer = reading(CART)
    first, second = log.take(CART, records(CART, 10, 2)), log.take(CART, records(CART, 12, 2))
    consumer.state(CART).consumed_to(14)

    log.accept(first)
    assert log.position(CART) == 12
    log.accept(second)
    assert log.position(CART) == 14


async def test_a_batch_fetched_before_a_seek_is_stale_and_one_of_another_partition_is_not():
    log, _ = reading(CART, EMAIL)
    cart, email = log.take(CART, records(CART, 10)), log.take(EMAIL, records(EMAIL, 10))

    log.seek(CART, 5)
    assert not log.accept(cart)
    assert log.accept(email)
    assert log.position(CART) == 5


async def test_a_batch_fetched_before_a_rebalance_is_stale_also_when_the_partition_comes_back():
    log, consumer = reading(CART)
    batch = log.take(CART, records(CART, 10))

    log.begin_rebalance()
    assert log.position(CART) is None
    assert not log.accept(batch)
    consumer.rebalance([CART])
    log.hold([CART])
    log.start({CART: 10})
    assert not log.accept(batch)
    assert log.position(CART) == 10


async def test_a_partition_not_assigned_is_left_alone():
    log, _ = reading(CART)
    log.pause(EMAIL)
    log.resume(EMAIL)
    log.seek(EMAIL, 3)
    assert (log.position(EMAIL), log.end_offset(EMAIL), log.fetched_at(EMAIL)) == (None, None, None)


async def test_a_pause_reaches_aiokafka_itself():
    log, consumer = reading(CART)
    log.pause(CART)
    assert consumer.state(CART).paused
    assert not log.waits_for_records(CART)
    log.resume(CART)
    assert not consumer.state(CART).paused
    assert log.waits_for_records(CART)


async def test_what_is_read_already_stays_paused_and_where_it_is_when_reading_starts_once_more():
    log, consumer = reading(CART, EMAIL)
    log.accept(log.take(CART, records(CART, 10, 3)))
    log.pause(CART)
    log.start({CART: 11, EMAIL: 10})
    assert consumer.state(CART).paused
    assert log.offered_to(CART) == 13


async def test_a_fetch_counts_from_when_it_was_sent_and_only_for_partitions_that_were_answered():
    log, consumer = reading(CART, EMAIL)
    log.watch_fetches()
    consumer._fetcher.high_watermarks = {}
    assert log.end_offset(CART) is None

    original = consumer._fetcher
    original.high_watermarks = {CART: 20}
    before = time.monotonic()
    await original._proc_fetch_request(None, 1, FakeFetchRequest([CART, EMAIL]))

    fetched_at = log.fetched_at(CART)
    assert fetched_at is not None
    assert before <= fetched_at <= time.monotonic()
    assert log.end_offset(CART) == 20
    assert (log.fetched_at(EMAIL), log.end_offset(EMAIL)) == (None, None)


async def test_without_a_last_stable_offset_the_high_watermark_is_readable():
    log, consumer = reading(CART)
    log.watch_fetches()
    consumer._fetcher.high_watermarks = {CART: 20}
    await consumer._fetcher._proc_fetch_request(None, 1, FakeFetchRequest([CART]))
    consumer.state(CART).lso = -1
    assert log.readable_end(CART) == 20


async def test_what_lies_behind_an_open_transaction_is_in_the_log_and_cannot_be_read():
    log, consumer = reading(CART)
    log.watch_fetches()
    consumer._fetcher.high_watermarks = {CART: 20}
    await consumer._fetcher._proc_fetch_request(None, 1, FakeFetchRequest([CART]))
    consumer.state(CART).lso = 12
    assert (log.end_offset(CART), log.readable_end(CART)) == (20, 12)


async def test_bounds_are_start_and_end():
    log, _ = reading(CART)
    assert await log.bounds([CART]) == {CART: (3, 9)}
    assert await log.bounds([]) == {}


async def test_a_topic_we_may_not_see_is_told_from_one_that_is_not_there():
    log, consumer = reading(CART)
    assert log.partitions("nowhere") == frozenset()
    consumer._client.cluster.unauthorized_topics.add("nowhere")
    with pytest.raises(TopicAuthorizationFailedError):
        log.partitions("nowhere")
    assert log.partitions("cart")
