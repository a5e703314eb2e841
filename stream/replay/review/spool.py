"""The spool: events by user, within bounded memory.

What is decided about a user rests on that user's events alone. So a history of any length can be decided over in
shares, each with all events of some of the users; only one share is in memory at a time.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec
from xxhash import xxh32_intdigest

from stream.model.events import Event
from stream.replay.reading import Place

HELD_MAX: Final = 250_000
"""Events held in memory (some 200 MB) before they go to disk."""

SHARES: Final = 128

Placed = tuple[Place, Event]

_LENGTH_BYTES: Final = 4


class Spool:
    """Takes events in any order, and gives them back in shares by user, each share in total order.

    A context manager: leaving it removes what went to disk. A share's number says which users it has, so that two
    spools of the same history agree on them.
    """

    def __init__(self, held_max: int = HELD_MAX, shares: int = SHARES) -> None:
        self._held_max, self._shares = held_max, shares
        self._held: list[Placed] = []
        self._folder: Path | None = None
        self._stack = ExitStack()
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Placed).decode
        self.count = 0

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._held.clear()
        self._stack.close()

    @property
    def spilled(self) -> bool:
        """Whether events went to disk, so that there is more than one share."""
        return self._folder is not None

    def add(self, place: Place, event: Event) -> None:
        """Take in one event. Raises `OSError` where the disk is full."""
        self._held.append((place, event))
        self.count += 1
        if len(self._held) >= self._held_max:
            self.spill()

    def spill(self) -> None:
        """Bring all that is held to disk; whoever reads two spools share by share needs both there."""
        if self._folder is None:
            self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="stream-")))
        written: dict[int, bytearray] = {}
        for placed in self._held:
            encoded = self._encode(placed)
            share = written.setdefault(xxh32_intdigest(placed[1].user.encode()) % self._shares, bytearray())
            share += len(encoded).to_bytes(_LENGTH_BYTES)
            share += encoded
        self._held.clear()
        for number, content in written.items():
            with (self._folder / str(number)).open("ab") as file:
                file.write(content)

    def shares(self) -> Iterator[list[Placed]]:
        """Yield each share's events in total order; all at once where nothing went to disk. May be called again."""
        if self._folder is None:
            yield sorted(self._held, key=_place_of)
            return
        self.spill()
        for number in range(self._shares):
            yield sorted(self._read(self._folder / str(number)), key=_place_of)

    def _read(self, path: Path) -> Iterator[Placed]:
        content = memoryview(path.read_bytes()) if path.exists() else memoryview(b"")
        at = 0
        while at < len(content):
            start = at + _LENGTH_BYTES
            at = start + int.from_bytes(content[at:start])
            yield self._decode(content[start:at])


def _place_of(placed: Placed) -> Place:
    return placed[0]
