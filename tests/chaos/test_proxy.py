"""The proxy holds what it is told to, keeps the order, and lets late requests of dead clients through."""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.chaos.proxy import FETCH, PRODUCE, Proxy, Rule
from tests.kafka.broker import free_ports

FOR_EVER = frozenset({PRODUCE})


def request(kind: int, correlation: int, client: str) -> bytes:
    body = struct.pack(">hhih", kind, 3, correlation, len(client)) + client.encode() + b"the rest"
    return struct.pack(">i", len(body)) + body


class Answering:
    """Stands for a broker: notes the kinds of what it is asked, and answers each with its correlation id."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (length,) = struct.unpack(">i", await reader.readexactly(4))
                kind, _, correlation = struct.unpack_from(">hhi", await reader.readexactly(length))
                self.asked.append(kind)
                writer.write(struct.pack(">ii", 4, correlation))
        except (asyncio.IncompleteReadError, OSError):
            writer.close()


@asynccontextmanager
async def behind_a_proxy() -> AsyncIterator[tuple[Answering, Proxy, int]]:
    broker = Answering()
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
    (port,) = free_ports(1)
    async with Proxy(port, server.sockets[0].getsockname()[1], random.Random(0)) as proxy:
        yield broker, proxy, port
    server.close()


async def answer(reader: asyncio.StreamReader) -> int:
    _, correlation = struct.unpack(">ii", await reader.readexactly(8))
    return int(correlation)


async def seen(broker: Answering, kinds: list[int]) -> bool:
    for _ in range(200):
        if broker.asked == kinds:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_what_no_rule_names_passes_at_once_and_what_one_names_when_it_is_freed():
    async with behind_a_proxy() as (broker, proxy, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        proxy.hold(Rule(FOR_EVER, "app-[0-9]+"))
        writer.write(request(FETCH, 1, "app-1") + request(PRODUCE, 2, "app") + request(PRODUCE, 3, "app-1"))
        assert [await answer(reader), await answer(reader)] == [1, 2]
        assert not await asyncio.wait_for(seen(broker, [FETCH, PRODUCE, PRODUCE]), 60)
        assert proxy.held == {(PRODUCE, "request"): 1}
        proxy.free()
        assert await answer(reader) == 3
        writer.close()


async def test_a_held_answer_is_done_at_the_broker_and_not_known_to_the_client():
    async with behind_a_proxy() as (broker, proxy, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        proxy.hold(Rule(FOR_EVER, ".*", "response"))
        writer.write(request(PRODUCE, 7, "app-1"))
        assert await seen(broker, [PRODUCE])
        waiting = asyncio.ensure_future(answer(reader))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        proxy.free()
        assert await waiting == 7
        writer.close()


async def test_what_is_held_of_a_client_that_died_still_reaches_the_broker():
    async with behind_a_proxy() as (broker, proxy, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        proxy.hold(Rule(FOR_EVER, ".*", "request", 1.0, 0.2, 0.3))
        writer.write(request(PRODUCE, 1, "app-1") + request(FETCH, 2, "app-1"))
        await writer.drain()
        writer.transport.abort()
        assert await seen(broker, [PRODUCE, FETCH])
