"""What a task needs of its surroundings: transactions, the changelog, and the time of day.

Each is small enough for a simulation to stand in for it, and every one of their awaits is a place to crash at.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from stream.runtime.ports import TP, Record
from stream.runtime.store.ports import Disk

T = TypeVar("T")


class Fenced(Exception):
    """Another worker has taken this task over: nothing we still hold may reach the outside."""


class Failed(Exception):
    """A transaction did not go through, or its fate is unknown; only recovery can tell."""


class Outgoing(NamedTuple):
    """One record to write; `value` None on the changelog is a tombstone."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class Writer(Protocol):
    """One task's transactional id, with at most one transaction open. Its methods raise Fenced or Failed."""

    async def begin(self) -> None: ...

    async def write(self, topic: str, partition: int, records: Sequence[Outgoing]) -> None:
        """Add records to the open transaction, in order; they may reach the broker as late as `commit`."""

    async def commit(self) -> None:
        """Return once all that was written is durable. Fenced: none of it is, ever. Failed: only recovery can tell.

        Raises StreamStop where the broker will never take it, since a record is too large.
        """

    def written_up_to(self, tp: TP) -> int | None:
        """The offset after the last record of a partition in the transaction committed last, None if not known."""

    async def abort(self) -> None: ...

    async def close(self) -> None:
        """Let go of the connections, leaving an open transaction as it is; once is enough, twice does no harm."""


class Transactions(Protocol):
    """Gives out writers, and with them the right to change a task's state."""

    async def open(self, partition: int) -> Writer:
        """Take the task's transactional id: every earlier holder is fenced and what it left open is aborted."""

    async def open_as(self, name: str) -> Writer:
        """Take a transactional id that is no task's, in the same way."""

    async def partitions(self, topic: str) -> int:
        """The number of partitions of a topic that is written to; raises StreamStop where there is no such topic."""

    async def topic_ids(self, topics: Sequence[str]) -> dict[str, str]:
        """The ids of topics, which tell one from another of the same name; unknown ones are left out."""


class Changelog(Protocol):
    """The committed records of the tasks' state."""

    def read(self, partition: int, start: int = 0) -> AsyncIterator[Sequence[tuple[bytes, bytes | None]]]:
        """Yield (key, value) in batches, oldest first, up to the end as of now; of committed transactions only.

        From an offset on, where one is told.
        """

    async def bounds(self, partition: int) -> tuple[int, int]:
        """The first offset there is, and the end as of now; raises Failed."""


class Batch(NamedTuple):
    """Committed records, in order within their partitions, or none. `is_caught_up`: all that lay in the log when the
    reading of it began was handed over.
    """

    records: Sequence[Record]
    is_caught_up: bool


class Logs(Protocol):
    """Topics that are read whole, by every worker or by one, outside of any group."""

    def read(self, topic: str, offsets: Mapping[int, int]) -> AsyncGenerator[Batch, None]:
        """Yield what is committed of these partitions from these offsets on, without end; raises Failed.

        Where a log does not reach back to its offset, or up to it, from its start.
        """


class WallClock(Protocol):
    """The time of day, and a clock that never jumps."""

    def now_ms(self) -> int:
        """UTC, milliseconds since the epoch."""

    def monotonic_s(self) -> float:
        """Seconds on the same scale as `Sources.fetched_at`."""


class Aside(Protocol):
    """Where long work is done while tasks go on deciding."""

    async def run(self, work: Callable[[], T]) -> T:
        """Return what comes of it; until then nobody else may touch what it works on."""


class TaskPorts(msgspec.Struct, frozen=True):
    """All of them together; without a disk all state is in memory."""

    transactions: Transactions
    changelog: Changelog
    clock: WallClock
    logs: Logs
    aside: Aside
    disk: Disk | None = None
