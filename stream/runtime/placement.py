"""Placement: a user belongs to the partition murmur2(user id), whatever the record's key says.

A user that a task meets for the first time is checked; one who belongs elsewhere never gets a second profile. On the
wall clock the record is sent on to the right partition of the topic `rerouted`, in the checkpoint of the task that met
it. With event time that cannot be: it would be decided after its time, and the same history would have other outcomes.
"""

from __future__ import annotations

import zlib
from collections.abc import Container
from typing import Final

from stream.model.events import Event
from stream.runtime.delivery import partition_of
from stream.runtime.ports import Record
from stream.runtime.strays import Stray

_KNOWN_MAX: Final = 20_000


class Placement:
    """Knows which users belong to one task, those with a profile in it above all."""

    def __init__(self, number: int, count: int, profiles: Container[str]) -> None:
        self._number: Final = number
        self._count: Final = count
        self._profiles: Final = profiles
        self._known: Final[set[str]] = set()

    def stray(self, event: Event, record: Record) -> Stray | None:
        """Return what is to be sent on; None where the event is in its place."""
        user = event.user
        if user in self._known:
            return None
        if user not in self._profiles:
            encoded = user.encode()
            right = partition_of(encoded, self._count)
            if right != self._number:
                return Stray(record, right, zlib.crc32(encoded) % self._count == self._number)
        if len(self._known) >= _KNOWN_MAX:
            self._known.clear()
        self._known.add(user)
        return None
