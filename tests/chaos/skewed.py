"""Lanes on which one topic's records reach Kafka long after the others'."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from stream.model.events import TOPICS
from stream.runtime.play import HEARTBEAT_HEADER, Headers, Lanes


class _Held(NamedTuple):
    """A record of the late topic: what the others had come to when it was to be sent, and how to send it."""

    promised_ms: int
    batches: int
    partition: int
    key: bytes | None
    value: bytes
    headers: Headers


class SkewedLanes:
    """Holds one topic's records and heartbeats back until the others are so far ahead, in order.

    The others are ahead by event time (`later_ms`), or by the batches that each was sent (`later_batches`).
    """

    def __init__(self, lanes: Lanes, late: str, later_ms: int = 0, later_batches: int = 0) -> None:
        self.held_most = 0
        self._lanes, self._late = lanes, late
        self._later_ms, self._later_batches = later_ms, later_batches
        self._first = next(topic for topic in TOPICS if topic != late)
        self._held: deque[_Held] = deque()
        self._promised_ms = 0
        self._batches = 0

    @property
    def partitions(self) -> int:
        return self._lanes.partitions

    async def append(self, topic: str, partition: int, key: bytes | None, value: bytes, headers: Headers) -> None:
        """Add a record, or keep it for later."""
        if topic == self._late:
            self._held.append(_Held(self._promised_ms, self._batches, partition, key, value, headers))
            self.held_most = max(self.held_most, len(self._held))
            return
        await self._lanes.append(topic, partition, key, value, headers)
        if topic == self._first and partition == 0 and headers and headers[0][0] == HEARTBEAT_HEADER:
            self._promised_ms = int(headers[0][1])
            await self.flush()

    async def flush(self) -> None:
        """Send what is not held back."""
        self._batches += 1
        while self._held and self._is_due(self._held[0]):
            await self._release()
        await self._lanes.flush()

    async def release_all(self) -> None:
        """Send what is still held back."""
        while self._held:
            await self._release()
        await self._lanes.flush()

    def _is_due(self, held: _Held) -> bool:
        is_late_enough = self._promised_ms - held.promised_ms >= self._later_ms
        return is_late_enough and self._batches - held.batches >= self._later_batches

    async def _release(self) -> None:
        held = self._held.popleft()
        await self._lanes.append(self._late, held.partition, held.key, held.value, held.headers)
