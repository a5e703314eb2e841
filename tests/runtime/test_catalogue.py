"""The catalogue: every worker reads all of it; without it, or with wrong records in it, deciding goes on."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.runtime.ports import TP
from tests.runtime.fakes import START_MS, FakeBroker, FakeRecord, Worker, counted, run
from tests.runtime.learning_shop import CONFIG, MINUTE_MS


@cache
def shop() -> Definitions:
    """A mail shows what is like the product that was seen last: that product itself, where nothing is."""
    files = {
        **CONFIG,
        "traits.yaml": "seen: {last: product_viewed.product_id}\n",
        "events.yaml": CONFIG["events.yaml"].replace(
            "    visited:\n", "    visited:\n    product_viewed: {product_id: string}\n"
        ),
        "actions.yaml": (
            "mail: {channel: email, purpose: marketing, template: mail, valid_for: 12h,"
            " payload: {near: similar_to(seen)}}\n"
        ),
        "journeys/asking.yaml": "enter: {event: visited, again_after: 0d}\nsteps:\n  - trigger: mail\n",
    }
    return load(files)


def tell(broker: FakeBroker, product: str, **fields: Any) -> None:
    broker.send("catalogue", fields, key=product.encode())


def visit(broker: FakeBroker, at_ms: int, user: str = "u1") -> None:
    for name, props in (("product_viewed", {"product_id": "p1"}), ("visited", {})):
        call = {"type": "track", "event": name, "userId": user, "timestamp": at_ms, "properties": props}
        broker.send("clickstream", {**call, "messageId": f"{name}-{at_ms}"})
    broker.heartbeat(at_ms)


def shown(broker: FakeBroker) -> list[Any]:
    return [trigger["payload"]["near"] for trigger in broker.outcomes("triggers")]


def test_a_payload_shows_what_the_catalogue_knows_of_a_product_and_then_what_has_changed() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        tell(broker, "p1", name="Shoe", price=59.9)
        visit(broker, START_MS)
        async with Worker(broker, clock="event", shop=shop()):
            await asyncio.sleep(3)
            tell(broker, "p1", name="Boot")
            await asyncio.sleep(3)
            visit(broker, START_MS + MINUTE_MS)
            await asyncio.sleep(3)
        first, second = shown(broker)
        assert first["name"] == "Shoe"
        assert first["price"] == {"amount": "59.90", "currency": "EUR"}
        assert (second["name"], "price" in second) == ("Boot", False)

    run(scenario())


def test_a_wrong_record_is_dead_lettered_once_by_the_group_and_the_others_count() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        tell(broker, "p1", name="Shoe")
        broker.send("catalogue", b"no json", key=b"p2")
        visit(broker, START_MS)
        for life in range(3):
            async with Worker(broker, clock="event", shop=shop()) as worker:
                await asyncio.sleep(3)
                assert worker.tasks._shared.catalogue.wrong == 1
                assert counted(worker.metrics, "dead_letters", reason="not_json") == (1 if life == 0 else 0)
        (letter,) = broker.committed("dead-letters")
        assert (letter.value, letter.header("stream-id")) == (b"no json", "catalogue/0/1")
        broker.send("catalogue", b"[]", key=b"p3")
        async with Worker(broker, clock="event", shop=shop()) as worker:
            await asyncio.sleep(3)
            worker.tasks.show_shared()
            assert worker.metrics.registry.get_sample_value("stream_catalogue_wrong") == 2
            assert worker.metrics.registry.get_sample_value("stream_catalogue_products") == 1
        assert [letter.header("stream-id") for letter in broker.committed("dead-letters")][1:] == ["catalogue/0/2"]
        assert shown(broker)[0]["name"] == "Shoe"

    run(scenario())


def test_without_a_catalogue_deciding_goes_on_and_one_that_comes_later_is_found() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        visit(broker, START_MS)
        async with Worker(broker, clock="event", shop=shop()):
            await asyncio.sleep(3)
            assert shown(broker) == [{"id": "p1"}]
            tell(broker, "p1", name="Shoe")
            await asyncio.sleep(61)
            visit(broker, START_MS + MINUTE_MS)
            await asyncio.sleep(3)
            assert shown(broker)[1]["name"] == "Shoe"

    run(scenario())


def test_a_product_that_is_removed_is_known_no_more() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        tell(broker, "p1", name="Shoe")
        broker.append(TP("catalogue", 0), FakeRecord("catalogue", 0, 0, -1, b"p1", None))
        visit(broker, START_MS)
        async with Worker(broker, clock="event", shop=shop()) as worker:
            await asyncio.sleep(3)
            assert len(worker.tasks._shared.catalogue.snapshot.catalogue) == 0
        assert shown(broker) == [{"id": "p1"}]

    run(scenario())
