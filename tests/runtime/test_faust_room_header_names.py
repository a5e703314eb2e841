"""Records whose header names are not UTF-8 are read like any other, and so are their neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from aiokafka.consumer import fetcher
from aiokafka.protocol.fetch import FetchRequest_v4, FetchResponse_v4
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from stream.runtime.faust_room import header_names
from stream.runtime.faust_room.header_names import accept_any_header_name
from stream.runtime.ports import TP
from tests.runtime.foreign_batches import CODECS, LATIN_1, LATIN_1_READ, Foreign, batch, transactional

READ_COMMITTED = 1
TP_READ = TP("cart", 3)
BAD = b"\xff\xfe"
BAD_READ = r"\xff\xfe"


@pytest.fixture(autouse=True)
def mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mend aiokafka for one test."""
    monkeypatch.setattr(fetcher, "MemoryRecords", fetcher.MemoryRecords)
    monkeypatch.setattr(fetcher, "PartitionRecords", fetcher.PartitionRecords)
    accept_any_header_name()


@pytest.fixture
def slow_batches(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """List the batches that were read in Python, as they are."""
    seen: list[object] = []

    class Counted(header_names._AnyNames):
        def __init__(self, batch_bytes: memoryview) -> None:
            super().__init__(batch_bytes)
            seen.append(self)

    monkeypatch.setattr(header_names, "_AnyNames", Counted)
    return seen


def read(*batches: bytes, offset: int = 0, aborted: Iterable[tuple[int, int]] = ()) -> list[ConsumerRecord]:
    """Read what a fetch has brought, as aiokafka's fetcher does."""
    fetched = fetcher.MemoryRecords(b"".join(batches))
    return list(fetcher.PartitionRecords(TP_READ, fetched, aborted, offset, None, None, True, READ_COMMITTED))


def good(count: int, first: int = 0) -> list[Foreign]:
    return [Foreign(b"v%d" % number) for number in range(first, first + count)]


def values(records: Iterable[ConsumerRecord]) -> list[bytes]:
    return [record.value for record in records]


@pytest.mark.parametrize("codec", CODECS)
def test_a_record_with_such_a_name_comes_in_its_place_with_all_it_has(codec: str) -> None:
    records = [*good(3), Foreign(b"v3", LATIN_1, b"\xff", None), *good(3, first=4)]
    found = read(batch(records, codec, base_offset=40))
    assert [record.offset for record in found] == list(range(40, 47))
    assert values(found) == values(records)
    assert found[3].headers == ((LATIN_1_READ, b"\xff"),)
    assert (found[3].key, found[3].timestamp) == (None, 5)
    assert {record.headers for record in (*found[:3], *found[4:])} == {(("trace", b"7"),)}


def test_the_neighbours_are_what_aiokafka_reads_without_it() -> None:
    spoilt = [*good(2), Foreign(b"v2", BAD), *good(2, first=3)]
    sound = [record._replace(name=b"ok") if record.name == BAD else record for record in spoilt]
    with_it, without = read(batch(spoilt)), read(batch(sound))
    assert [*with_it[:2], *with_it[3:]] == [*without[:2], *without[3:]]
    assert replace(with_it[2], headers=()) == replace(without[2], headers=())


def test_several_in_several_batches_are_read_and_no_other_batch_is_read_in_python(slow_batches: list[object]) -> None:
    first = batch(good(4))
    second = batch([Foreign(b"v4", BAD), *good(2, first=5), Foreign(b"v7", LATIN_1)], base_offset=4)
    third = batch(good(4, first=8), "zstd", base_offset=8)
    fourth = batch([*good(1, first=12), Foreign(b"v13", BAD)], "lz4", base_offset=12)
    fifth = batch(good(2, first=14), base_offset=14)
    found = read(first, second, third, fourth, fifth)
    assert values(found) == [b"v%d" % number for number in range(16)]
    names = {record.offset: record.headers[0][0] for record in found if record.headers[0][0] != "trace"}
    assert names == {4: BAD_READ, 7: LATIN_1_READ, 13: BAD_READ}
    assert len(slow_batches) == 2


def test_sound_records_are_never_read_in_python(slow_batches: list[object]) -> None:
    assert len(read(batch(good(5)), batch([Foreign(b"v5", "größe".encode())], base_offset=5))) == 6
    assert slow_batches == []


def test_reading_begins_inside_such_a_batch_where_it_is_to_begin() -> None:
    records = [Foreign(b"v0", BAD), *good(2, first=1), Foreign(b"v3", BAD), *good(1, first=4)]
    assert values(read(batch(records, base_offset=10), offset=13)) == [b"v3", b"v4"]


def test_a_batch_of_which_the_end_is_not_fetched_yet_is_left_for_the_next_fetch() -> None:
    cut = batch(good(2, first=2), base_offset=2)[:-1]
    assert values(read(batch([*good(1), Foreign(b"v1", BAD)]), cut)) == [b"v0", b"v1"]


def test_what_was_aborted_stays_hidden() -> None:
    committed = transactional(batch([Foreign(b"v2", BAD), *good(1, first=3)], base_offset=2), 8)
    aborted = [transactional(batch([Foreign(b"no", BAD)] * 2, base_offset=at), 7) for at in (0, 4)]
    found = read(aborted[0], committed, aborted[1], batch([Foreign(b"v6", BAD)], base_offset=6), aborted=[(7, 0)])
    assert values(found) == [b"v2", b"v3", b"v6"]


def test_a_text_that_a_deserializer_cannot_read_is_still_an_error() -> None:
    fetched = fetcher.MemoryRecords(batch([Foreign(b"v0", BAD), Foreign(b"\xff")]))
    records = fetcher.PartitionRecords(TP_READ, fetched, (), 0, None, bytes.decode, True, READ_COMMITTED)
    assert next(records).value == "v0"
    with pytest.raises(UnicodeDecodeError):
        next(records)


def test_the_name_can_be_written_again() -> None:
    (found,) = read(batch([Foreign(b"v0", LATIN_1)]))
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    builder.append(0, 0, b"k", found.value, list(found.headers))
    (again,) = read(bytes(builder.build()))
    assert again.headers == found.headers


class Position:
    """What the fetcher asks of aiokafka's state of a partition."""

    has_valid_position = True
    paused = False
    position = 0
    highwater = lso = timestamp = None

    def consumed_to(self, offset: int) -> None:
        self.position = offset


async def fetched_by_aiokafka(brought: bytes) -> list[ConsumerRecord]:
    """Let the fetcher itself take a response."""
    request = FetchRequest_v4(-1, 0, 0, 0, READ_COMMITTED, [("cart", [(3, 0, 1 << 20)])])
    response = FetchResponse_v4(0, [("cart", [(3, 0, 3, 3, [], brought)])])
    position = Position()
    assignment = SimpleNamespace(active=True, state_value=lambda tp: position)

    async def send(node_id: int, asked: object) -> object:
        return response

    own: Any = SimpleNamespace(
        _client=SimpleNamespace(send=send),
        _client_rack=None,
        _records={},
        _key_deserializer=None,
        _value_deserializer=None,
        _check_crcs=True,
        _isolation_level=READ_COMMITTED,
        _prefetch_backoff=0.1,
    )
    await fetcher.Fetcher._proc_fetch_request(own, assignment, 1, request)
    found: list[ConsumerRecord] = own._records[TP_READ].getall()
    assert position.position == 3
    return found


async def test_aiokafkas_fetcher_reads_them() -> None:
    found = await fetched_by_aiokafka(batch([*good(1), Foreign(b"v1", BAD), *good(1, first=2)]))
    assert values(found) == [b"v0", b"v1", b"v2"]


async def test_without_the_mend_it_does_not_so_that_it_is_still_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "MemoryRecords", header_names._Fetched.__base__)
    monkeypatch.setattr(fetcher, "PartitionRecords", header_names._PartitionRecords.__base__)
    with pytest.raises(UnicodeDecodeError):
        await fetched_by_aiokafka(batch([*good(1), Foreign(b"v1", BAD), *good(1, first=2)]))


def test_the_start_fails_where_aiokafka_reads_by_other_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def reads_in_another_way(own: object, assignment: object, node_id: int, request: object) -> bool:
        return False

    monkeypatch.setattr(fetcher.Fetcher, "_proc_fetch_request", reads_in_another_way)
    with pytest.raises(RuntimeError, match="reads records in another way"):
        accept_any_header_name()
