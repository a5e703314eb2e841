"""The writer of a task with a store: what a transaction has brought to the changelog goes into the store after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from stream.runtime.ports import TP
from stream.runtime.store.contents import Change
from stream.runtime.store.profiles import StoredProfiles
from stream.runtime.task_ports import Outgoing, WallClock, Writer


class StoringWriter:
    """The port `Writer` over another. Where its transaction fails, or its fate is unknown, the store hears nothing.

    To close it closes the store too, so whoever lets go of a task lets go of both.
    """

    def __init__(self, inner: Writer, profiles: StoredProfiles, changelog: TP, clock: WallClock) -> None:
        self._inner: Final = inner
        self._profiles: Final = profiles
        self._changelog: Final = changelog
        self._clock: Final = clock
        self._began_ms = 0
        self._records: list[Change] = []

    async def begin(self) -> None:
        """Begin, and note the time: what others write comes after it, or this transaction fails."""
        self._began_ms, self._records = self._clock.now_ms(), []
        await self._inner.begin()

    async def write(self, topic: str, partition: int, records: Sequence[Outgoing]) -> None:
        """Write, and remember what goes to the changelog."""
        if (topic, partition) == self._changelog:
            self._records.extend((record.key or b"", record.value) for record in records)
        await self._inner.write(topic, partition, records)

    async def commit(self) -> None:
        """Commit, and then only, with nothing awaited in between, take it into the store."""
        await self._inner.commit()
        self._profiles.store(self._records, self._inner.written_up_to(self._changelog), self._began_ms)

    async def abort(self) -> None:
        """Abort; the store knows of nothing."""
        await self._inner.abort()

    async def close(self) -> None:
        """Close the store first: a successor in this process may want to open it at once."""
        self._profiles.close()
        await self._inner.close()

    def written_up_to(self, tp: TP) -> int | None:
        """Return what the other says."""
        return self._inner.written_up_to(tp)
