"""Reading in bulk shows just what aiokafka's own records show, batch by batch."""

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

from stream.runtime.kafka_bulk import BatchPairs, Pairs
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


def in_bulk(log: bytes, offset: int = 0, aborted: Sequence[tuple[int, int]] = ()) -> list[Pairs]:
    return list(read(BatchPairs, log, offset, aborted))


@pytest.mark.parametrize("codec", CODECS)
def test_each_batch_comes_as_its_keys_and_values(codec: str) -> None:
    log = batch(records("a1", "b1"), codec) + batch(records("a2"), codec, base_offset=2)
    assert in_bulk(log) == [[(b"a", b"a1"), (b"b", b"b1")], [(b"a", b"a2")]]


def test_a_tombstone_has_no_value_and_a_record_without_a_key_an_empty_one() -> None:
    log = batch([Foreign(b"v", key=None), Foreign(b"w")])
    assert in_bulk(log) == [[(b"", b"v"), (b"k", b"w")]]


def test_a_fetch_from_the_middle_of_a_batch_begins_there() -> None:
    log = batch(records("a1", "b1", "c1"), base_offset=10)
    assert in_bulk(log, offset=12) == [[(b"c", b"c1")]]
    assert in_bulk(log, offset=13) == []


def test_what_was_aborted_is_not_shown_and_what_follows_is() -> None:
    log = (
        transactional(batch(records("a1")), ONE)
        + transactional(batch(records("b1"), base_offset=1), OTHER)
        + marker(ABORT, ONE, 2)
        + transactional(batch(records("a2"), base_offset=3), ONE)
        + marker(COMMIT, ONE, 4)
    )
    found = read(BatchPairs, log, aborted=[(ONE, 0)])
    assert list(found) == [[(b"b", b"b1")], [(b"a", b"a2")]]
    assert found.next_fetch_offset == 5


def test_a_batch_whose_checksum_is_wrong_is_refused() -> None:
    damaged = bytearray(batch(records("a1")))
    damaged[-1] ^= 1
    with pytest.raises(CorruptRecordException):
        in_bulk(bytes(damaged))


steps = st.lists(
    st.tuples(st.sampled_from(["write", "commit", "abort"]), st.sampled_from([ONE, OTHER]), st.integers(1, 3)),
    max_size=12,
)


@given(steps, st.integers(0, 12))
def test_it_shows_what_the_records_one_by_one_show(steps: list[tuple[str, int, int]], offset: int) -> None:
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
    singly, bulk = read(PartitionRecords, log, offset, aborted), read(BatchPairs, log, offset, aborted)
    assert [pair for pairs in bulk for pair in pairs] == [(record.key, record.value) for record in singly]
    assert bulk.next_fetch_offset == singly.next_fetch_offset
