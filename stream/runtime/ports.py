"""The boundary between the Faust room and the tasks.

The Faust room reads the input log and knows nothing of profiles; the tasks decide and know nothing of Faust. What
crosses is said here, so that a simulation can stand in for either side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from aiokafka import TopicPartition as TP

__all__ = ["TP", "Record", "Sources", "TaskHost"]


class Record(Protocol):
    """One record of the input log, as aiokafka's ConsumerRecord has it."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int:
        """Milliseconds since the epoch, from the producer or the broker."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class Sources(Protocol):
    """The input log as the tasks see it: flow, position and bounds of the input partitions."""

    def pause(self, tp: TP) -> None:
        """Stop fetching the partition, in aiokafka itself; what was fetched already may still be offered."""

    def resume(self, tp: TP) -> None: ...

    def seek(self, tp: TP, offset: int) -> None: ...

    def position(self, tp: TP) -> int | None:
        """The offset up to which everything was offered.

        It also passes what is never offered: transaction markers, aborted and compacted records. So "caught up"
        compares this with `end_offset`: after a marker, the last record's offset plus one stays below it.
        """

    def end_offset(self, tp: TP) -> int | None:
        """The high watermark of the last fetch response; None before any.

        Not the last stable offset: a purchase behind another producer's open transaction must hold timers back.
        """

    def fetched_at(self, tp: TP) -> float | None:
        """When the last successful fetch since the assignment was asked for, an empty one too: monotonic seconds."""

    async def bounds(self, tps: Iterable[TP]) -> dict[TP, tuple[int, int]]:
        """The log's start and end of each partition, asked of the broker now."""

    def partitions(self, topic: str) -> frozenset[int]:
        """The partition numbers that the cluster metadata has for the topic."""


class TaskHost(Protocol):
    """The tasks of this worker, one for each partition number assigned to it."""

    @property
    def input_topics(self) -> Sequence[str]: ...

    @property
    def changelog_topic(self) -> str: ...

    @property
    def failure(self) -> asyncio.Future[None]:
        """Set with an exception when a task must stop the worker."""

    async def assigned(self, partitions: frozenset[int], sources: Sources) -> dict[TP, int]:
        """Take over every new task (fence, recover); the offset to read from, for every input partition.

        Cancelled when the group rebalances meanwhile; `revoked` with the same partitions follows.
        """

    async def revoked(self, partitions: frozenset[int]) -> None:
        """Give the tasks away: commit the open checkpoint or abort it. When it returns, they are gone.

        Also called for tasks whose take-over was cancelled half-way.
        """

    def offer(self, tp: TP, records: Sequence[Record]) -> None:
        """Hand over one fetched batch. Synchronous, and never blocks."""

    async def stop(self) -> None: ...

    def positions(self) -> Mapping[TP, int]:
        """Committed next offsets, for the group's lag tools only; a task given away stays in it until `assigned`."""
