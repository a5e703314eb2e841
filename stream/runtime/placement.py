"""Placement: a user belongs to the partition murmur2(user id), whatever the record's key says."""

from __future__ import annotations

import zlib
from typing import Final

from stream.model.errors import StreamStop
from stream.model.events import Event
from stream.runtime.delivery import partition_of
from stream.runtime.ports import TP


class Placement:
    """Checks users that a task meets for the first time; one on the wrong partition would get a second profile."""

    def __init__(self, number: int, count: int) -> None:
        self._number: Final = number
        self._count: Final = count

    def check(self, event: Event, tp: TP, offset: int) -> None:
        """Raise StreamStop where the user belongs elsewhere, naming what the producer likely does."""
        user = event.user.encode()
        right = partition_of(user, self._count)
        if right == self._number:
            return
        if zlib.crc32(user) % self._count == self._number:
            likely = "it fits CRC32, librdkafka's default: set partitioner=murmur2_random in the producer"
        else:
            likely = "the producer's record key is not the user id, or its partitioner is not murmur2"
        raise StreamStop(
            f"{tp.topic}/{tp.partition}/{offset}: its user belongs on partition {right} of {self._count}, "
            f"murmur2 of the user id; {likely}"
        )
