"""Fetched records with what the tasks use of them, and no more.

aiokafka's ConsumerRecord has eleven fields, four of which nobody here looks at: making it costs as much as to read the
record.
"""

from collections.abc import Iterator, Sequence

import msgspec

from stream.runtime.faust_room.header_names import _PartitionRecords
from stream.runtime.kafka_bulk import ShownBatches


class LightRecord(msgspec.Struct, gc=False):
    """The port `Record`. It holds bytes and texts alone, so the garbage collector needn't look at it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class LightRecords(ShownBatches, _PartitionRecords):
    """What was fetched of a partition, record by record."""

    def _unpack_records(self) -> Iterator[LightRecord]:
        topic, partition = self._tp
        for batch in self._shown():
            for record in batch:
                offset = record.offset
                # A fetch from the middle of a batch brings the whole of it.
                if offset >= self.next_fetch_offset:
                    self.next_fetch_offset = offset + 1
                    yield LightRecord(
                        topic, partition, offset, record.timestamp, record.key, record.value, record.headers
                    )
            # Of a compacted batch the last record may be gone; its offsets are passed all the same.
            self.next_fetch_offset = batch.next_offset
