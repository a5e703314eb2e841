"""Fetched records with what the tasks use of them, and no more.

aiokafka's ConsumerRecord has eleven fields, four of which nobody here looks at: making it costs as much as to read the
record.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult
from aiokafka.errors import CorruptRecordException

from stream.runtime.faust_room.header_names import _PartitionRecords


class LightRecord(msgspec.Struct, gc=False):
    """The port `Record`. It holds bytes and texts alone, so the garbage collector needn't look at it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class LightRecords(_PartitionRecords):
    """What was fetched of a partition, record by record.

    What is shown under read_committed is what aiokafka's own iterator shows: nothing of aborted transactions, and no
    markers.
    """

    next_fetch_offset: int

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

    def _shown(self) -> Iterator[Any]:
        """Yield the batches to be shown; whoever has read one moves `next_fetch_offset` past it."""
        records, verifies = self._records, self._check_crcs
        while records.has_next():
            batch = records.next_batch()
            if verifies and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")
            if self._is_hidden(batch):
                self.next_fetch_offset = batch.next_offset
            else:
                yield batch

    def _is_hidden(self, batch: Any) -> bool:
        """Whether it is a marker, or of a transaction that was aborted."""
        if self._isolation_level == READ_COMMITTED and batch.producer_id is not None:
            self._consume_aborted_up_to(batch.base_offset)
            if batch.is_control_batch and self._contains_abort_marker(batch):
                self._aborted_producers.discard(batch.producer_id)
            if batch.is_transactional and batch.producer_id in self._aborted_producers:
                return True
        return bool(batch.is_control_batch)


def read_light_records(consumer: AIOKafkaConsumer) -> None:
    """Let `getmany` of a started consumer return light records; its deserialisers are not asked."""
    fetcher: Final = consumer._fetcher
    request: Final[Callable[..., Awaitable[bool]]] = fetcher._proc_fetch_request

    async def request_light(*arguments: object) -> bool:
        has_records = await request(*arguments)
        for result in fetcher._records.values():
            # Nobody has looked into it yet: there was no await since it was put there.
            if type(result) is FetchResult and not isinstance(result._partition_records, LightRecords):
                result._partition_records = _made(result._partition_records)
        return has_records

    fetcher._proc_fetch_request = request_light


def _made(found: Any) -> LightRecords:
    return LightRecords(
        found._tp,
        found._records,
        found._aborted_transactions,
        found.next_fetch_offset,
        None,
        None,
        found._check_crcs,
        found._isolation_level,
    )
