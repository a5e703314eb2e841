from __future__ import annotations

import pytest

from stream.model.errors import StreamStop
from stream.runtime.parts import Assembly, Whole, parts_of
from stream.runtime.task_ports import Outgoing


def taken(assembly: Assembly, records: list[Outgoing]) -> list[Whole | None]:
    return [assembly.take(record.key, record.value) for record in records]


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2), (21, 3)])
def test_a_value_is_whole_with_its_last_part(size: int, count: int) -> None:
    value = bytes(range(size))
    records = list(parts_of("name", 7, value, 10))
    assert [record.key for record in records] == [f"name/{number}".encode() for number in range(count)]
    assert taken(Assembly(), records) == [*[None] * (count - 1), Whole("name", 7, value)]


def test_parts_that_a_longer_value_left_behind_are_passed_over() -> None:
    assembly = Assembly()
    taken(assembly, list(parts_of("name", 1, b"a" * 30, 10)))
    left = list(parts_of("name", 1, b"a" * 30, 10))[2:]
    found = taken(assembly, [*left, *parts_of("name", 2, b"b" * 15, 10)])
    assert [whole.value for whole in found if whole is not None] == [b"b" * 15]


def test_a_value_that_compaction_took_apart_never_becomes_whole() -> None:
    # Its first part was replaced by the next value's, which comes later in the log.
    old, new = list(parts_of("name", 1, b"a" * 20, 10)), list(parts_of("name", 2, b"b" * 10, 10))
    assert taken(Assembly(), [old[1], *new]) == [None, Whole("name", 2, b"b" * 10)]
    assert taken(Assembly(), [*new, old[1]]) == [Whole("name", 2, b"b" * 10), None]


def test_what_is_no_part_stops_the_worker() -> None:
    with pytest.raises(StreamStop, match="cannot be read by this version"):
        Assembly().take(b"name/0", b"{}")
