"""Segment calls as JSON lines, the canonical wire format: left to the codec as they are."""

from collections.abc import Iterable, Iterator

from stream.adapters.rows import Row


def read_segment(lines: Iterable[bytes], source: str) -> Iterator[Row]:
    """Yield each line that is not blank, undecoded."""
    del source  # Calls bring their own ids.
    for number, line in enumerate(lines, 1):
        original = line.strip()
        if original:
            yield Row(number, original, original)
