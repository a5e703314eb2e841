"""A live run: real Kafka, a real worker, the wall clock, and a cart that counts as abandoned after three seconds."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
import uuid
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from stream.model.calls import Call, encode_call
from stream.runtime.play import partition_of
from tests.kafka.workers import ROOT, Outcomes, has_no_lag, new_app, until, workers

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

    from stream.runtime.settings import Settings
    from tests.kafka.conftest import Kafka

BACKLOG = 10_000
IDLE_MS = 3_000
SLACK_MS = 15_000
"""How much later than due a trigger may come: on a machine that is busy with other tests, it says that none is lost."""

WITHIN_S = 60.0

pytestmark = pytest.mark.kafka


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped config, but with an idle time of seconds, for carts alone, and nobody held out."""
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder, ignore=shutil.ignore_patterns("*.test.yaml"))
    for journey in (folder / "journeys").glob("*.yaml"):
        if journey.stem != "cart_recovery":
            journey.unlink()
    policy = folder / "policy.yaml"
    policy.write_text(re.sub(r"^holdout: .*$", "", policy.read_text(), flags=re.MULTILINE))
    segment = folder / "segments" / "cart_abandoner.yaml"
    shipped = segment.read_text()
    assert ">= 1h" in shipped
    segment.write_text(shipped.replace(">= 1h", ">= 3s"))
    return folder


class Shop:
    """A shop's own producer: plain aiokafka, each record keyed by its user."""

    def __init__(self, producer: AIOKafkaProducer, settings: Settings) -> None:
        self._producer, self._prefix = producer, settings.topic_prefix

    async def send(self, topic: str, call: Call) -> Awaitable[object]:
        """Send a call, and return what waits until the broker has it."""
        assert call.user_id is not None
        return await self._producer.send(self._prefix + topic, encode_call(call), key=call.user_id.encode())

    async def consent(self, user: str, at_ms: int | None = None, *, granted: bool = True) -> int:
        properties: dict[str, object] = {"purpose": "marketing", "granted": granted}
        return await self._send_and_wait("people", track(user, "Consent Changed", at_ms, properties))

    async def add(self, user: str) -> int:
        return await self._send_and_wait("cart", track(user, "Product Added", None, {"product_id": "p1", "price": 20}))

    async def order(self, user: str, at_ms: int | None = None) -> int:
        properties: dict[str, object] = {"order_id": f"o-{user}", "total": 20}
        return await self._send_and_wait("cart", track(user, "Order Completed", at_ms, properties))

    async def _send_and_wait(self, topic: str, call: Call) -> int:
        """Return the event's time once the broker has it."""
        await (await self.send(topic, call))
        assert isinstance(call.timestamp, int)
        return call.timestamp


def track(user: str, event: str, at_ms: int | None, properties: dict[str, object]) -> Call:
    """A call of this moment, or of the time given."""
    time_ms = now_ms() if at_ms is None else at_ms
    return Call("track", user, event, time_ms, properties, message_id=str(uuid.uuid4()))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def shop(settings: Settings) -> AsyncIterator[Shop]:
    async with AIOKafkaProducer(bootstrap_servers=settings.brokers) as producer:
        yield Shop(producer, settings)


def users(settings: Settings, partition: int, count: int) -> list[str]:
    """Return users of one partition, so of one task."""
    names = (f"user-{number}" for number in range(1_000))
    return [name for name in names if partition_of(name, settings.partitions) == partition][:count]


def check_on_time(record: ConsumerRecord, added_ms: int, settings: Settings) -> None:
    """It was decided at the due time to the millisecond, and written not before that time was surely past."""
    assert msgspec.json.decode(record.value)["at_ms"] == added_ms + IDLE_MS
    earliest_ms = added_ms + IDLE_MS + settings.lateness_ms
    assert earliest_ms <= record.timestamp <= earliest_ms + SLACK_MS


async def test_a_trigger_comes_on_time_and_a_purchase_before_it_prevents_it(kafka: Kafka, config: Path, tmp_path: Path):
    settings = await new_app(kafka, "live", "wall")
    leaver, buyer, later = users(settings, 0, 3)
    async with workers(1, config, settings, tmp_path) as (worker,), shop(settings) as sells, Outcomes(settings) as seen:
        for user in (leaver, buyer, later):
            await sells.consent(user)
        added_ms, _ = await sells.add(leaver), await sells.add(buyer)
        bought_ms = await sells.order(buyer)
        assert bought_ms < added_ms + IDLE_MS
        later_added_ms = await sells.add(later)

        async def is_the_last_trigger_there() -> bool:
            await seen.read()
            return any(seen.of("triggers", later))

        await until(is_the_last_trigger_there, WITHIN_S, [worker])
        # They are of one task, whose timers fire in order: the buyer's would have fired by now.
        assert list(seen.of("triggers", buyer)) == []
        for user, at_ms in ((leaver, added_ms), (later, later_added_ms)):
            ((record, trigger),) = seen.of("triggers", user)
            assert (trigger["type"], trigger["action"]) == ("trigger.v1", "similar_item_email")
            check_on_time(record, at_ms, settings)

        # The leaver had bought in time, but the order comes only now.
        await sells.order(leaver, added_ms + 1_000)

        async def is_it_taken_back() -> bool:
            await seen.read()
            return len(list(seen.of("triggers", leaver))) > 1

        await until(is_it_taken_back, WITHIN_S, [worker])
        (_, trigger), (_, withdrawal) = seen.of("triggers", leaver)
        assert (withdrawal["type"], withdrawal["trigger_id"]) == ("trigger.withdrawn.v1", trigger["id"])

        async def is_all_shown() -> bool:
            look = await worker.metrics()
            return look.sum("stream_withdrawals_total") == 1 and look.sum("stream_lag_records") == 0

        await until(is_all_shown, WITHIN_S, [worker])
        status, text = await worker.page("/ready")
        assert (status, msgspec.json.decode(text)["missing"]) == (200, [])
        look = await worker.metrics()
        assert look.sum("stream_events_total", topic="people", type="consent_changed") == 3
        assert look.sum("stream_events_total", topic="cart", type="product_added") == 3
        assert look.sum("stream_events_total", topic="cart", type="order_completed") == 2
        assert look.sum("stream_events_total") == 8
        assert look.sum("stream_segment_members", segment="cart_abandoner") == 1
        assert look.sum("stream_segment_members", segment="first_time_buyer") == 2
        assert look.sum("stream_segment_changes_total", segment="cart_abandoner", change="entered") == 2
        assert look.sum("stream_segment_changes_total", segment="cart_abandoner", change="exited") == 1
        assert look.sum("stream_triggers_total", action="similar_item_email") == 2
        assert look.sum("stream_decisions_total", verdict="sent") == 2
        assert look.sum("stream_runs", journey="cart_recovery") == 1
        assert look.sum("stream_dead_letters_total") == 0
        assert await worker.stop() == 0, worker.said()


async def test_a_topic_with_records_still_to_read_holds_the_timers_of_its_task_back(
    kafka: Kafka, config: Path, tmp_path: Path
):
    """While no worker ran, a consent was taken back; it lies behind thousands of records that are read bit by bit."""
    settings = await new_app(kafka, "lag", "wall", max_partition_fetch_bytes=65_536)
    (held, other), (free,) = users(settings, 0, 2), users(settings, 1, 1)
    async with shop(settings) as sells, Outcomes(settings) as seen:
        for user in (held, free):
            await sells.consent(user)
        added_ms = {held: await sells.add(held), free: await sells.add(free)}
        begun_ms = max(added_ms.values()) + 1
        identities = (Call("identify", other, None, begun_ms, traits={"country": "NZ"}) for _ in range(BACKLOG))
        await asyncio.gather(*[await sells.send("people", identity) for identity in identities])
        await sells.consent(held, begun_ms + 1_000, granted=False)
        await asyncio.sleep((begun_ms + IDLE_MS + settings.lateness_ms - now_ms()) / 1_000)
        async with workers(1, config, settings, tmp_path) as (worker,):

            async def are_both_decided() -> bool:
                await seen.read()
                return all(len(verdicts(seen, user)) > 0 for user in (held, free))

            await until(are_both_decided, WITHIN_S, [worker])
            await until(lambda: has_no_lag([worker], BACKLOG + 5), WITHIN_S, [worker])
            assert verdicts(seen, held) == [("no_consent", added_ms[held] + IDLE_MS)]
            assert verdicts(seen, free) == [("sent", added_ms[free] + IDLE_MS)]
            assert await worker.stop() == 0, worker.said()
        await seen.read_to_end()
        assert [record.key.decode() for record in seen.records["triggers"]] == [free]


def verdicts(seen: Outcomes, user: str) -> list[tuple[object, object]]:
    decisions = (decision for _, decision in seen.of("decisions", user))
    return [(decision["verdict"], decision["at_ms"]) for decision in decisions if decision["type"] == "decision.v1"]
