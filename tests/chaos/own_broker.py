"""A broker of a row's own, to be killed, frozen and kept from answering; for some rows behind a proxy."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from tests.chaos.proxy import Proxy
from tests.chaos.row import Kafka, Place
from tests.kafka.broker import Broker, free_ports


@asynccontextmanager
async def own_broker(place: Place) -> AsyncIterator[tuple[Place, Broker]]:
    """Yield the place with a broker that nobody else uses, and the broker."""
    broker = Broker()
    try:
        await asyncio.to_thread(broker.start)
        yield replace(place, kafka=Kafka(broker.bootstrap)), broker
    finally:
        await asyncio.to_thread(broker.remove)


@asynccontextmanager
async def proxied_broker(place: Place) -> AsyncIterator[tuple[Place, Proxy]]:
    """Yield the place with a broker that is reached through a proxy alone, and the proxy."""
    broker = Broker()
    controller, listener, advertised = free_ports(3)
    # The broker talks to itself, of the ends of transactions say, past the proxy.
    broker.settings |= {
        "listeners": f"PLAINTEXT://{broker.bootstrap},CONTROLLER://127.0.0.1:{controller},"
        f"PROXIED://127.0.0.1:{listener}",
        "advertised.listeners": f"PLAINTEXT://{broker.bootstrap},PROXIED://127.0.0.1:{advertised}",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT",
    }
    try:
        await asyncio.to_thread(broker.start)
        async with Proxy(advertised, listener, place.chance) as proxy:
            yield replace(place, kafka=Kafka(f"127.0.0.1:{advertised}")), proxy
    finally:
        await asyncio.to_thread(broker.remove)


@asynccontextmanager
async def largest_batch(brokers: str, topic: str, size: int) -> AsyncIterator[None]:
    """Let a topic take no batch above so many bytes, for as long as the context lasts."""
    await asyncio.to_thread(_set, brokers, topic, str(size))
    try:
        yield
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.to_thread(_set, brokers, topic, None)


def _set(brokers: str, topic: str, size: str | None) -> None:
    operation = AlterConfigOpType.DELETE if size is None else AlterConfigOpType.SET
    entry = ConfigEntry("max.message.bytes", size, incremental_operation=operation)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": brokers, "log_level": 0})
    admin.incremental_alter_configs([resource])[resource].result(30)
