"""The product's store, watched, and compared with the changelog that it is a copy of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stream.model.profile import NEVER, due_ms_of
from stream.runtime.store.contents import Contents
from stream.runtime.store.writer import StoringWriter


class WatchedStoringWriter(StoringWriter):
    """Passes on what the simulation's writer is told of its transaction."""

    @property
    def operations(self) -> Any:
        return self._inner.operations  # type: ignore[attr-defined]  # the simulation's writer

    @operations.setter
    def operations(self, operations: Any) -> None:
        self._inner.operations = operations  # type: ignore[attr-defined]  # the simulation's writer


def apart(contents: Contents, kept: Mapping[bytes | None, bytes]) -> list[str]:
    """Return how a store differs from the latest records of its changelog."""
    users = {key.decode(): value for key, value in kept.items() if key and not key.startswith(b"\xff")}
    special = {key: value for key, value in kept.items() if key and key.startswith(b"\xff")}
    timers = {(user, due) for user, value in users.items() if (due := due_ms_of(value)) < NEVER}
    said = []
    if {user: contents.get(user.encode()) for user in contents.users()} != users:
        said.append("its store has other profiles than its changelog")
    if contents.special() != special:
        said.append("its store has another position, or other journeys, than its changelog")
    if set(contents.due(-NEVER, NEVER)) != timers:
        said.append("its store has other timers than its profiles")
    if (contents.profiles, contents.timers) != (len(users), len(timers)):
        said.append("its store has miscounted")
    return said
