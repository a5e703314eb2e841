import gzip
from pathlib import Path

import pytest

from stream.adapters.rows import InputRefused
from stream.replay.files import lines_of, unique_sources


def test_plain_and_gzipped_files_give_the_same_lines_whatever_their_names(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.csv.gz", tmp_path / "b.csv"
    plain.write_bytes(b"one\r\ntwo")
    packed.write_bytes(gzip.compress(b"one\r\ntwo"))
    assert list(lines_of(plain, lambda _: None)) == list(lines_of(packed, lambda _: None)) == [b"one\r\n", b"two"]


def test_the_bytes_told_add_up_to_the_file_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(b"line\n" * 20_000))
    told: list[int] = []
    assert len(list(lines_of(path, told.append))) == 20_000
    assert sum(told) == path.stat().st_size


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert list(lines_of(tmp_path / "a", lambda _: None)) == []


def test_a_missing_file_a_folder_and_a_cut_off_gzip_are_refused(tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(b"line\n" * 1_000)[:-10])
    for path in (tmp_path / "missing", tmp_path, cut):
        with pytest.raises(InputRefused, match="cannot read"):
            list(lines_of(path, lambda _: None))


def test_files_of_the_same_name_get_sources_of_their_own() -> None:
    paths = [Path("a/part.csv.gz"), Path("b/part.csv"), Path("c/other.jsonl"), Path("d/.hidden")]
    assert unique_sources(paths) == ["part", "part.2", "other", "file"]
