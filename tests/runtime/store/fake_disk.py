"""A disk in memory: a process that dies lets go of it, and may take the latest batches with it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from stream.model.errors import StreamStop
from stream.runtime.store.ports import Unreadable


class FakeDisk:
    """The port `Disk`. `journals` has by task all batches ever written since it was wiped last."""

    def __init__(self) -> None:
        self.journals: dict[int, list[Mapping[bytes, bytes | None]]] = {}
        self.held: dict[int, FakeValues] = {}
        self.wiped: list[int] = []
        self.unreadable: set[int] = set()

    def open(self, partition: int) -> FakeValues:
        if partition in self.held:
            raise StreamStop(f"task {partition} is in use")
        if partition in self.unreadable:
            raise Unreadable("bad blocks")
        self.held[partition] = values = FakeValues(self, partition)
        return values

    def wipe(self, partition: int) -> None:
        assert partition not in self.held, "wiped while it is open"
        self.journals.pop(partition, None)
        self.unreadable.discard(partition)
        self.wiped.append(partition)

    def die(self, lost: int = 0) -> None:
        """End the process that has it open; of every task the latest batches are lost."""
        for values in list(self.held.values()):
            values.close()
        for journal in self.journals.values():
            del journal[max(0, len(journal) - lost) :]


class FakeValues:
    def __init__(self, disk: FakeDisk, partition: int) -> None:
        self._disk, self._partition = disk, partition
        self._journal = disk.journals.setdefault(partition, [])
        self._latest: dict[bytes, bytes] = {}
        self._sorted: list[bytes] | None = None
        self.is_closed = False
        for changes in self._journal:
            self._apply(changes)

    def get(self, key: bytes) -> bytes | None:
        assert not self.is_closed, "read after it was closed"
        return self._latest.get(key)

    def get_all(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        return [self.get(key) for key in keys]

    def scan(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        assert not self.is_closed, "read after it was closed"
        if self._sorted is None:
            self._sorted = sorted(self._latest)
        first = bisect_left(self._sorted, start)
        keys = self._sorted[first : min(first + limit, bisect_left(self._sorted, end))]
        return [(key, self._latest[key]) for key in keys]

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        assert not self.is_closed, "written after it was closed"
        self._journal.append(dict(changes))
        self._apply(changes)

    def size_bytes(self) -> int:
        return sum(map(len, self._latest.values()))

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            del self._disk.held[self._partition]

    def _apply(self, changes: Mapping[bytes, bytes | None]) -> None:
        self._sorted = None
        for key, value in changes.items():
            if value is None:
                self._latest.pop(key, None)
            else:
                self._latest[key] = value
