"""Faults put into the store on purpose: they show only in seeds whose workers have stores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from stream.model.profile import Profile, decode_profile
from stream.runtime.store import opening
from stream.runtime.store.contents import Change, Contents
from stream.runtime.store.profiles import StoredProfiles
from stream.runtime.store.timers import StoredTimers
from tests.simulation.stores import WatchedStoringWriter

Replaced = tuple[object, str, object]


class FirstStored(WatchedStoringWriter):
    """Takes into the store what is about to be committed."""

    async def commit(self) -> None:
        self._profiles.store(self._records, None, self._began_ms)
        await self._inner.commit()


def _store_before_the_commit() -> list[Replaced]:
    return [(opening, "StoringWriter", FirstStored)]


def _read_on_from_the_end() -> list[Replaced]:
    """Take a store for complete up to the end of the log, whatever others have written meanwhile."""
    completeness = Contents.completeness

    def at_the_end(self: Contents) -> Any:
        found = completeness(self)
        self.next_offset = 1 << 62
        return found

    return [(Contents, "completeness", at_the_end)]


def _forget_what_is_cut() -> list[Replaced]:
    """Look on the disk for what was cooled, though it is not there before the commit."""

    def get(self: StoredProfiles, user: str, default: None = None) -> Profile | None:
        found = self._hot.get(user)
        encoded = None if found is not None else self._contents.get(user.encode())
        if encoded is not None:
            found = self._hot[user] = decode_profile(encoded)
        return found

    return [(StoredProfiles, "get", get)]


def _forget_timers_under_way() -> list[Replaced]:
    """Find timers beyond the hour only on the disk."""

    def due(self: StoredTimers, until_ms: int) -> Iterator[tuple[str, int]]:
        start_ms, self._fetched_ms = self._fetched_ms, until_ms
        return self._contents.due(start_ms, until_ms)

    return [(StoredTimers, "due", due)]


def _leave_old_timers() -> list[Replaced]:
    changes = Contents._changes

    def without_removals(self: Contents, records: Iterable[Change]) -> dict[bytes, bytes | None]:
        return {k: v for k, v in changes(self, records).items() if not (k[:1] == b"\x02" and v is None)}

    return [(Contents, "_changes", without_removals)]


STORE_MUTATIONS: Final[Mapping[str, Callable[[], list[Replaced]]]] = {
    "store_before_the_commit": _store_before_the_commit,
    "read_on_from_the_end": _read_on_from_the_end,
    "forget_what_is_cut": _forget_what_is_cut,
    "forget_timers_under_way": _forget_timers_under_way,
    "leave_old_timers": _leave_old_timers,
}
