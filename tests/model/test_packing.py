"""What is packed comes back, whatever its size; what is no frame is told apart."""

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from stream.model.packing import packed, unpacked


@given(st.binary(max_size=3_000))
def test_what_was_packed_comes_back(message: bytes) -> None:
    assert unpacked(packed(message)) == message


@pytest.mark.parametrize("size", [1_023, 1_024, 1_025])
def test_it_comes_back_on_both_sides_of_what_is_small(size: int) -> None:
    message = (b"user-%d " * size)[:size]
    assert unpacked(packed(message)) == message
    assert len(packed(message)) < size / 10


def test_what_earlier_versions_packed_is_read() -> None:
    message = b"small, and looked through for frequent letters all the same"
    assert unpacked(zstandard.ZstdCompressor(level=1, write_checksum=False).compress(message)) == message


@pytest.mark.parametrize("frame", [b"", b"\x00", packed(b"cut short" * 9)[:-3]])
def test_what_is_no_frame_is_an_error_of_decoding(frame: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        unpacked(frame)
