"""CSV files with a header, record by record, with the bytes each came from."""

import csv
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from stream.adapters.rows import InputRefused, text_of
from stream.model.errors import Rejected

_BOM: Final = "\ufeff"
_DELIMITERS: Final = ",;\t|"


class Record(NamedTuple):
    """One record: the number of its first line, the lines it came from, and its cells or why there are none."""

    number: int
    original: bytes
    cells: list[str] | Rejected


class CsvFile:
    """Reads the header at once (`columns`), then the records.

    The delimiter is the one of comma, semicolon, tab and bar that the header has most of. Quoted cells may hold line
    ends.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        header = text_of(next(self._lines, b"")).removeprefix(_BOM).rstrip("\r\n")
        if not header:
            raise InputRefused("the file has no header line")
        self._delimiter = max(_DELIMITERS, key=header.count)
        self.columns: Final = next(csv.reader([header], delimiter=self._delimiter))
        self._number = 1
        self._pulled: list[bytes] = []

    def records(self) -> Iterator[Record]:
        """Yield the records after the header; blank lines are none."""
        reader = csv.reader(self._texts(), delimiter=self._delimiter)
        while True:
            number = self._number + 1
            self._pulled.clear()
            cells: list[str] | Rejected
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                cells = Rejected("too_large", "a cell without an end: is a quote left open?")
            original = b"".join(self._pulled).rstrip(b"\r\n")
            if cells == [] or not original:
                continue
            if isinstance(cells, list) and len(cells) != len(self.columns):
                cells = Rejected("missing_property", f"{len(cells)} columns, expected {len(self.columns)}")
            yield Record(number, original, cells)

    def _texts(self) -> Iterator[str]:
        for line in self._lines:
            self._number += 1
            self._pulled.append(line)
            yield text_of(line)
