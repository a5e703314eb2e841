"""Rows: what an adapter makes of a file's lines."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from stream.model.calls import Call
from stream.model.errors import Rejected


class Row(NamedTuple):
    """One row of a file: the number of its first line (from 1), its bytes as they stood, and what was read from them.

    Bytes as `content` are a call in JSON that is still to be decoded; `Rejected` says why nothing could be read.
    """

    number: int
    original: bytes
    content: Call | bytes | Rejected


class InputRefused(Exception):
    """The input cannot be read as asked: an unknown format, a mapping that does not fit. The message is for people."""


Adapter = Callable[[Iterable[bytes], str], Iterator[Row]]
"""Reads a file's lines; the text names the file, so that message ids made from line numbers are unique among files."""


def text_of(original: bytes) -> str:
    """Return bytes as text. What is not UTF-8 becomes lone surrogates, which the codec rejects where they matter."""
    return original.decode("utf-8", "surrogateescape")
