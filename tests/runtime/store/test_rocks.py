"""RocksDB as a store's disk: order, locks, failures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stream.model.errors import StreamStop
from stream.runtime.store.ports import Unreadable
from stream.runtime.store.rocks import RocksDisk


@pytest.fixture
def disk(tmp_path: Path) -> RocksDisk:
    return RocksDisk(tmp_path / "stores", 8 << 20)


def test_what_was_written_is_read_in_order_and_a_range_ends_before_its_end(disk: RocksDisk) -> None:
    values = disk.open(0)
    values.write({b"b": b"2", b"a": b"1", b"c": b"", b"d": b"4"})
    values.write({b"b": None, b"nobody": None})
    assert (values.get(b"a"), values.get(b"b"), values.get(b"c")) == (b"1", None, b"")
    assert list(values.get_all([b"d", b"b", b"a"])) == [b"4", None, b"1"]
    assert list(values.get_all([])) == []
    assert values.scan(b"a", b"d", 10) == [(b"a", b"1"), (b"c", b"")]
    assert values.scan(b"a", b"e", 2) == [(b"a", b"1"), (b"c", b"")]
    values.close()
    values.close()
    assert (values.size_bytes(), disk.open(1).get(b"a")) == (0, None)


def test_a_store_that_was_closed_can_be_opened_again_at_once(disk: RocksDisk) -> None:
    for number in range(3):
        values = disk.open(0)
        values.scan(b"", b"\xff", 1)
        values.write({b"n": bytes([number])})
        values.close()
    assert disk.open(0).get(b"n") == b"\x02"


def test_a_killed_process_leaves_what_it_had_written(disk: RocksDisk, tmp_path: Path) -> None:
    disk.open(0).write({b"a": b"1"})
    shutil.copytree(tmp_path / "stores", tmp_path / "left")
    assert RocksDisk(tmp_path / "left", 8 << 20).open(0).get(b"a") == b"1"


def test_a_store_in_use_is_neither_opened_nor_wiped_and_it_is_said_what_to_do(disk: RocksDisk, tmp_path: Path) -> None:
    values = disk.open(0)
    values.write({b"a": b"1"})
    other = RocksDisk(tmp_path / "stores", 8 << 20)
    for use in (other.open, other.wipe):
        with pytest.raises(StreamStop, match=r"in use by another process.*give each its own"):
            use(0)
    assert values.get(b"a") == b"1"


def test_a_wiped_store_is_empty_and_one_that_never_was_is_wiped_too(disk: RocksDisk) -> None:
    values = disk.open(0)
    values.write({b"a": b"1"})
    values.close()
    disk.wipe(0)
    disk.wipe(7)
    assert disk.open(0).get(b"a") is None


def test_a_store_whose_files_are_damaged_is_unreadable_until_it_is_wiped(disk: RocksDisk, tmp_path: Path) -> None:
    disk.open(0).close()
    (tmp_path / "stores/0/db/CURRENT").write_text("nonsense")
    with pytest.raises(Unreadable):
        disk.open(0)
    disk.wipe(0)
    assert disk.open(0).get(b"a") is None


def test_a_store_that_failed_while_it_was_open_is_not_believed_again(disk: RocksDisk, tmp_path: Path) -> None:
    values = disk.open(0)
    values.write({b"a": b"1"})
    values._database.close()  # as good a failure as any
    with pytest.raises(StreamStop, match="free space"):
        values.get(b"a")
    values.close()
    with pytest.raises(Unreadable, match="failed when it was used last"):
        disk.open(0)
    disk.wipe(0)
    assert disk.open(0).get(b"a") is None


def test_a_store_that_is_asked_after_it_was_closed_stays_believed(disk: RocksDisk) -> None:
    values = disk.open(0)
    values.close()
    with pytest.raises(StreamStop):
        values.get(b"a")
    assert disk.open(0).get(b"a") is None


def test_a_folder_that_cannot_be_made_stops_the_worker(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StreamStop, match="state_dir"):
        RocksDisk(tmp_path / "file", 8 << 20).open(0)
