"""Taking over on a real broker: topics made anew, records deleted, group offsets lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from confluent_kafka.admin import AdminClient

from stream.model.errors import StreamStop
from stream.runtime.ports import TP
from stream.runtime.settings import Settings
from stream.runtime.worker import make_worker
from tests.kafka import test_checkpoint_kafka as on_kafka
from tests.kafka.topics import recreate_topic
from tests.runtime.fakes import MINUTE_MS, START_MS, definitions

pytestmark = pytest.mark.kafka
settings = on_kafka.settings


async def decided_once(settings: Settings, until_ms: int = START_MS) -> None:
    """Let a task decide some purchases and commit."""
    async with on_kafka.Input(settings) as source:
        await source.send(*((f"u{n}", "order_completed", START_MS) for n in range(6)), until_ms=until_ms)
        tasks = on_kafka.new_tasks(settings)
        await source.feed(tasks, await tasks.assigned(on_kafka.BOTH, source))
        await on_kafka.eventually(settings, "segment-changes", 6)
        await tasks.stop()


async def refusal(settings: Settings) -> str:
    async with on_kafka.Input(settings) as source:
        tasks = on_kafka.new_tasks(settings)
        with pytest.raises(StreamStop) as stop:
            await tasks.assigned(on_kafka.BOTH, source)
        assert tasks.gauges() == []
        return str(stop.value)


async def test_a_topic_made_anew_that_is_shorter_than_what_was_decided_stops_the_worker(settings: Settings) -> None:
    await decided_once(settings)
    cart = settings.topic_prefix + "cart"
    await recreate_topic(settings.brokers, NewTopic(cart, 2, 1))
    assert f"{cart}/" in (said := await refusal(settings))
    assert "the topic was recreated or truncated" in said


async def test_a_topic_made_anew_that_has_grown_as_long_again_stops_the_worker_by_its_id(settings: Settings) -> None:
    await decided_once(settings)
    cart = settings.topic_prefix + "cart"
    await recreate_topic(settings.brokers, NewTopic(cart, 2, 1))
    async with on_kafka.Input(settings) as source:
        await source.send(*((f"u{n}", "order_completed", START_MS) for n in range(30)), until_ms=START_MS)
    assert f"{cart} was deleted and created anew" in await refusal(settings)


async def test_records_deleted_undecided_stop_the_worker(settings: Settings) -> None:
    await decided_once(settings)
    cart = TP(settings.topic_prefix + "cart", 0)
    async with on_kafka.Input(settings) as source:
        await source.send(*((f"u{n}", "order_completed", START_MS) for n in range(30)), until_ms=START_MS)
        ((_, end),) = (await source.bounds([cart])).values()
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.brokers)
    await admin.start()
    await admin.delete_records({cart: RecordsToDelete(before_offset=end)})
    await admin.close()
    assert "deleted undecided (retention too short for the outage)" in await refusal(settings)


async def worked_until(settings: Settings, is_done: Callable[[], Any]) -> None:
    """Run a whole worker, Faust and group included, until so much is seen."""
    stop = asyncio.Event()
    running = asyncio.ensure_future(make_worker(definitions(), settings).run(stop))
    async with asyncio.timeout(60):
        while not await is_done():
            assert not running.done(), running.exception()
            await asyncio.sleep(0.2)
        stop.set()
        await running


async def test_a_worker_whose_groups_offsets_are_lost_goes_on_where_its_position_says(settings: Settings) -> None:
    settings = msgspec.structs.replace(settings, http_port=0)

    async def changes(count: int) -> Sequence[str]:
        found = await on_kafka.log_of(settings, settings.topic_prefix + "segment-changes")
        return [record.value.decode() for record in found if record.value] if len(found) >= count else ()

    async with on_kafka.Input(settings) as source:
        await source.send(*((f"u{n}", "order_completed", START_MS) for n in range(6)), until_ms=START_MS)
        await worked_until(settings, lambda: changes(6))
        admin = AdminClient({"bootstrap.servers": settings.brokers})
        (lost,) = admin.delete_consumer_groups([settings.app], request_timeout=20).values()
        await asyncio.to_thread(lost.result, 20)
        await source.send(("u9", "order_completed", START_MS + MINUTE_MS), until_ms=START_MS + MINUTE_MS)
        await worked_until(settings, lambda: changes(7))
    assert len(await changes(7)) == len(set(await changes(7))) == 7
