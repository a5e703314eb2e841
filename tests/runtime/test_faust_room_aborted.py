"""What light records show of transactions and of damaged batches: just what aiokafka's own show."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c
from hypothesis import given
from hypothesis import strategies as st

from stream.runtime.faust_room.light_records import LightRecords
from stream.runtime.ports import TP
from tests.runtime.foreign_batches import CODECS, Foreign, batch, transactional

ABORT, COMMIT = 0, 1
ONE, OTHER = 7, 8


def marker(kind: int, producer_id: int, offset: int) -> bytes:
    """Return the batch that ends a transaction."""
    record = Foreign(b"\0" * 6, key=struct.pack(">hh", 0, kind))
    plain = bytearray(transactional(batch([record], base_offset=offset), producer_id))
    plain[21:23] = struct.pack(">h", 0x30)
    plain[17:21] = struct.pack(">I", calc_crc32c(bytes(plain[21:])))
    return bytes(plain)


def records(*texts: str) -> list[Foreign]:
    return [Foreign(text.encode(), key=text[:1].encode()) for text in texts]


def read(
    kind: type[PartitionRecords], log: bytes, offset: int = 0, aborted: Sequence[tuple[int, int]] = ()
) -> PartitionRecords:
    return kind(TP("t", 0), MemoryRecords(log), list(aborted), offset, None, None, True, READ_COMMITTED)


def shown(log: bytes, offset: int = 0) -> list[tuple[bytes | None, bytes | None]]:
    return [(record.key, record.value) for record in read(LightRecords, log, offset)]


@pytest.mark.parametrize("codec", CODECS)
def test_batches_are_read_whatever_they_are_compressed_by(codec: str) -> None:
    log = batch(records("a1", "b1"), codec) + batch(records("a2"), codec, base_offset=2)
    assert shown(log) == [(b"a", b"a1"), (b"b", b"b1"), (b"a", b"a2")]


def test_a_fetch_from_the_middle_of_a_batch_begins_there() -> None:
    log = batch(records("a1", "b1", "c1"), base_offset=10)
    assert shown(log, offset=12) == [(b"c", b"c1")]
    assert shown(log, offset=13) == []


def test_what_was_aborted_is_not_shown_and_what_follows_is() -> None:
    log = (
        transactional(batch(records("a1")), ONE)
        + transactional(batch(records("b1"), base_offset=1), OTHER)
        + marker(ABORT, ONE, 2)
        + transactional(batch(records("a2"), base_offset=3), ONE)
        + marker(COMMIT, ONE, 4)
    )
    found = read(LightRecords, log, aborted=[(ONE, 0)])
    assert [record.value for record in found] == [b"b1", b"a2"]
    assert found.next_fetch_offset == 5


def test_a_batch_whose_checksum_is_wrong_is_refused() -> None:
    damaged = bytearray(batch(records("a1")))
    damaged[-1] ^= 1
    with pytest.raises(CorruptRecordException):
        shown(bytes(damaged))


steps = st.lists(
    st.tuples(st.sampled_from(["write", "commit", "abort"]), st.sampled_from([ONE, OTHER]), st.integers(1, 3)),
    max_size=12,
)


@given(steps, st.integers(0, 12))
def test_they_show_what_the_records_of_aiokafka_show(steps: list[tuple[str, int, int]], offset: int) -> None:
    log, end = b"", 0
    opened: dict[int, int] = {}
    aborted: list[tuple[int, int]] = []
    for what, producer, count in steps:
        if what == "write":
            opened.setdefault(producer, end)
            log += transactional(batch(records(*(f"{n}-{end}" for n in range(count))), base_offset=end), producer)
            end += count
        elif producer in opened:
            first = opened.pop(producer)
            if what == "abort":
                aborted.append((producer, first))
            log += marker(ABORT if what == "abort" else COMMIT, producer, end)
            end += 1
    stock, light = (read(kind, log, offset, aborted) for kind in (PartitionRecords, LightRecords))
    assert [(one.offset, one.key, one.value) for one in light] == [(one.offset, one.key, one.value) for one in stock]
    assert light.next_fetch_offset == stock.next_fetch_offset
