"""Light records are aiokafka's own, with what the tasks use of them."""

from __future__ import annotations

import pytest
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, PartitionRecords

from stream.runtime.faust_room.header_names import _PartitionRecords, accept_any_header_name
from stream.runtime.faust_room.light_records import LightRecord, LightRecords
from stream.runtime.ports import TP
from tests.runtime.foreign_batches import LATIN_1, LATIN_1_READ, Foreign, batch, transactional

PRODUCER = 7


def read(
    kind: type[PartitionRecords], log: bytes, offset: int = 0, isolation: int = READ_COMMITTED
) -> list[LightRecord]:
    accept_any_header_name()
    fetched = fetcher.MemoryRecords(log)
    return list(kind(TP("cart", 3), fetched, [(PRODUCER, 2)], offset, None, None, True, isolation))


def log() -> bytes:
    """Two batches, of which the second was aborted, and a third whose header name is no UTF-8."""
    return (
        batch([Foreign(b"a"), Foreign(b"b", key=None)])
        + transactional(batch([Foreign(b"c")], base_offset=2), PRODUCER)
        + batch([Foreign(b"d"), Foreign(b"e", name=LATIN_1)], base_offset=3)
    )


def test_a_record_has_its_place_its_time_and_what_was_written() -> None:
    first = read(LightRecords, log())[0]
    assert first == LightRecord("cart", 3, 0, 5, b"k", b"a", [("trace", b"7")])


@pytest.mark.parametrize("isolation", [READ_COMMITTED, READ_UNCOMMITTED])
@pytest.mark.parametrize("offset", [0, 1, 2, 3, 4, 5])
def test_they_are_the_records_that_aiokafka_shows(offset: int, isolation: int) -> None:
    light, stock = (read(kind, log(), offset, isolation) for kind in (LightRecords, _PartitionRecords))
    assert [(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in light] == [
        (r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers) for r in stock
    ]


def test_a_name_that_is_no_utf_8_is_read() -> None:
    assert list(read(LightRecords, log())[-1].headers) == [(LATIN_1_READ, b"7")]
