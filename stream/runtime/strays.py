"""Strays: records met on a partition where their user does not belong, to be sent on through the topic `rerouted`."""

from __future__ import annotations

from typing import Final

import msgspec

from stream.runtime.ports import Record

ROUTED_FROM: Final = "stream-rerouted-from"
"""Header of a record in `rerouted`: its first place, topic/partition/offset."""

ROUTED_TIME: Final = "stream-rerouted-time"
"""Header of the same: the timestamp it had there, in epoch milliseconds."""


class Stray(msgspec.Struct, frozen=True):
    """Such a record as it came, and the partition it belongs on."""

    record: Record
    right: int
    fits_crc32: bool
