"""A proxy between workers and a broker that understands Kafka's framing, and holds up requests of chosen kinds.

Every message is four bytes of length and so many bytes more. A request begins with its kind (two bytes), a version
(two), a correlation id (four) and the client's id (two bytes of length, then the text); its response begins with the
same correlation id. Messages stay in order, so one that is held holds up those behind it on its connection, as a slow
network does. What was sent before a client died still reaches the broker: that is what a late packet of a killed worker
is.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import struct
from collections import Counter
from dataclasses import dataclass, field
from math import inf
from typing import Final, Literal

PRODUCE: Final = 0
FETCH: Final = 1
ADD_PARTITIONS: Final = 24
END_TRANSACTION: Final = 26

TRANSACTIONS: Final = frozenset({PRODUCE, ADD_PARTITIONS, END_TRANSACTION})

Way = Literal["request", "response"]

_LINGER_S: Final = 3.0
"""How long a connection to the broker outlives its client: time enough to have the last requests handled."""

_LARGEST: Final = 128 << 20


@dataclass
class _Connection:
    """Both ends of one, and what is held of each way."""

    client: asyncio.StreamWriter
    broker: asyncio.StreamWriter
    asked: dict[int, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """Which messages are held: of these kinds of request, of clients whose whole id `clients` matches, on this way.

    Each is held with this likelihood, for a time between the two; without end they are held until `Proxy.free`.
    """

    kinds: frozenset[int]
    clients: str
    way: Way = "request"
    likelihood: float = 1.0
    least_s: float = inf
    most_s: float = inf

    def is_for(self, kind: int, client: str, way: Way) -> bool:
        return kind in self.kinds and way == self.way and re.fullmatch(self.clients, client) is not None


class Proxy:
    """Listens on a port of its own and passes on to `target_port`, both on this machine. Use it as a context."""

    def __init__(self, port: int, target_port: int, chance: random.Random) -> None:
        self.held: Counter[tuple[int, Way]] = Counter()
        self._port: Final = port
        self._target_port: Final = target_port
        self._chance: Final = chance
        self._rules: list[Rule] = []
        self._let_go: Final = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._serving: Final[set[asyncio.Task[None]]] = set()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for serving in list(self._serving):
            serving.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    # ---------------------------------------------------------------------------------------------------- what is held

    def hold(self, rule: Rule) -> None:
        """Hold what this rule says too, from now on."""
        self._let_go.clear()
        self._rules.append(rule)

    def free(self) -> None:
        """Hold nothing any more, and let what is held go."""
        self._rules.clear()
        self._let_go.set()

    async def _held(self, kind: int, client: str, way: Way) -> None:
        """Wait as long as the first rule for such a message says."""
        for rule in self._rules:
            if rule.is_for(kind, client, way) and self._chance.random() < rule.likelihood:
                self.held[kind, way] += 1
                seconds = self._chance.uniform(rule.least_s, rule.most_s) if rule.most_s < inf else None
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._let_go.wait(), seconds)
                return

    # -------------------------------------------------------------------------------------------------------- the pumps

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        assert serving is not None
        self._serving.add(serving)
        try:
            from_broker, to_broker = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            self._serving.discard(serving)
            return
        connection = _Connection(writer, to_broker)
        try:
            # Cancelled when the proxy ends; asyncio's streams would print that of each connection.
            with contextlib.suppress(asyncio.CancelledError):
                async with asyncio.TaskGroup() as group:
                    answers = group.create_task(self._answers(from_broker, connection))
                    await self._requests(reader, connection)
                    await asyncio.wait({answers}, timeout=_LINGER_S)
                    answers.cancel()
        finally:
            self._serving.discard(serving)
            to_broker.transport.abort()
            writer.transport.abort()

    async def _requests(self, reader: asyncio.StreamReader, connection: _Connection) -> None:
        """Pass requests on in order, those still held when the client is gone included."""
        waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        reading = asyncio.create_task(_read_all(reader, waiting))
        try:
            while (message := await waiting.get()) is not None:
                kind, correlation, client = _header(message)
                connection.asked[correlation] = kind, client
                await self._held(kind, client, "request")
                if not await _pass_on(message, connection.broker):
                    return
        finally:
            reading.cancel()

    async def _answers(self, reader: asyncio.StreamReader, connection: _Connection) -> None:
        """Pass responses on in order; when the broker is gone, the client hears of it."""
        waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        reading = asyncio.create_task(_read_all(reader, waiting))
        try:
            while (message := await waiting.get()) is not None:
                (correlation,) = struct.unpack_from(">i", message)
                await self._held(*connection.asked.pop(correlation, (-1, "")), "response")
                await _pass_on(message, connection.client)
            connection.client.transport.abort()
        finally:
            reading.cancel()


def _header(request: bytes) -> tuple[int, int, str]:
    """Return kind, correlation id and client id of a request."""
    kind, _, correlation = struct.unpack_from(">hhi", request)
    (length,) = struct.unpack_from(">h", request, 8) if len(request) >= 10 else (0,)
    return kind, correlation, request[10 : 10 + max(0, length)].decode(errors="replace")


async def _read_all(reader: asyncio.StreamReader, waiting: asyncio.Queue[bytes | None]) -> None:
    """Put whole messages into the queue, and None at the end."""
    with contextlib.suppress(asyncio.IncompleteReadError, OSError):
        while True:
            (length,) = struct.unpack(">i", await reader.readexactly(4))
            if not 4 <= length <= _LARGEST:
                break
            waiting.put_nowait(await reader.readexactly(length))
    waiting.put_nowait(None)


async def _pass_on(message: bytes, writer: asyncio.StreamWriter) -> bool:
    """Write a message; whether there is somebody to take it."""
    if writer.transport.is_closing():
        return False
    try:
        writer.write(struct.pack(">i", len(message)) + message)
        await writer.drain()
    except OSError:
        return False
    return True
