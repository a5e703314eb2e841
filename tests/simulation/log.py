"""A log as Kafka keeps it: offsets that markers and compaction also take, and a last stable offset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from stream.runtime.ports import TP

State = Literal["open", "committed", "aborted"]


class Transaction:
    """Records of it count once it is committed, and are seen once its marker stands in their partition.

    `operations` is what its writer had decided for it, where a watching simulation has told.
    """

    def __init__(self, number: int = -1) -> None:
        self.number = number
        self.state: State = "open"
        self.partitions: dict[TP, None] = {}
        self.unmarked: set[TP] = set()
        self.operations: list[Any] | None = None
        self.records: list[Entry] = []


class Entry:
    """One offset of a log: a record, or a marker of a transaction's end."""

    __slots__ = ("headers", "is_marker", "key", "offset", "partition", "timestamp", "topic", "transaction", "value")

    def __init__(
        self,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
        *,
        timestamp: int = 0,
        transaction: Transaction | None = None,
        is_marker: bool = False,
    ) -> None:
        self.topic, self.partition, self.offset = "", 0, -1
        self.key, self.value, self.headers = key, value, headers
        self.timestamp, self.transaction, self.is_marker = timestamp, transaction, is_marker

    @property
    def is_committed(self) -> bool:
        return not self.is_marker and (self.transaction is None or self.transaction.state == "committed")


class Partition:
    """The entries of one partition by offset, None where compaction has removed one."""

    def __init__(self, tp: TP) -> None:
        self.tp = tp
        self.entries: list[Entry | None] = []
        self._open: dict[Transaction, int] = {}

    @property
    def end(self) -> int:
        """The high watermark."""
        return len(self.entries)

    @property
    def stable(self) -> int:
        """The last stable offset: where the first transaction without a marker begins."""
        return min(self._open.values()) if self._open else len(self.entries)

    def append(self, entry: Entry) -> None:
        entry.topic, entry.partition, entry.offset = self.tp.topic, self.tp.partition, self.end
        self.entries.append(entry)
        transaction = entry.transaction
        if transaction is not None and not entry.is_marker:
            if transaction.state != "open":
                raise AssertionError("a record of a transaction that has ended")
            transaction.records.append(entry)
            if self.tp not in transaction.partitions:
                transaction.partitions[self.tp] = None
                self._open[transaction] = entry.offset

    def mark(self, transaction: Transaction) -> None:
        """Write the marker of a transaction that has ended."""
        del self._open[transaction]
        self.append(Entry(None, None, transaction=transaction, is_marker=True))

    def committed(self, start: int = 0, end: int | None = None) -> Iterator[Entry]:
        """Records that a read_committed reader is given."""
        for entry in self.entries[start : self.stable if end is None else end]:
            if entry is not None and entry.is_committed:
                yield entry

    def fetch(self, start: int, limit: int, *, read_committed: bool = True) -> tuple[list[Entry], int]:
        """Up to so many records, and the offset to go on from; it also passes what is never handed out."""
        stable = self.stable if read_committed else self.end
        found: list[Entry] = []
        if start >= stable:
            return found, start
        for offset in range(start, stable):
            entry = self.entries[offset]
            if entry is None or entry.is_marker or (read_committed and not entry.is_committed):
                continue
            if len(found) == limit:
                return found, offset
            found.append(entry)
        return found, stable

    def compact(self, forget_before_ms: int, up_to: int) -> int:
        """Keep the latest record of each key below an offset, tombstones for a while; return how many went.

        `up_to` is at most the last stable offset.
        """
        removed = 0
        latest = {entry.key: entry.offset for entry in self.committed(0, up_to)}
        for offset in range(up_to):
            entry = self.entries[offset]
            if entry is None:
                continue
            is_old_tombstone = entry.value is None and entry.timestamp < forget_before_ms
            if not entry.is_committed or latest[entry.key] != offset or is_old_tombstone:
                self.entries[offset] = None
                removed += 1
        return removed


class Log:
    """All topics."""

    def __init__(self) -> None:
        self.partitions: dict[TP, Partition] = {}

    def create(self, topic: str, partitions: int) -> None:
        for number in range(partitions):
            self.partitions[TP(topic, number)] = Partition(TP(topic, number))

    def __getitem__(self, tp: TP) -> Partition:
        return self.partitions[tp]

    def of_topic(self, topic: str) -> list[Partition]:
        return [partition for tp, partition in self.partitions.items() if tp.topic == topic]
