"""What a store holds: the latest record of each key of a changelog, the timers in order, and how far it is complete.

It never knows more than what was committed, and says of itself up to which offset it surely knows that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec

from stream.model.profile import NEVER, due_ms_of
from stream.runtime.profiles import HOT_MAX
from stream.runtime.store.ports import KeyValues

FORMAT: Final = 1
"""Raised with every change of what is written here; a store of another format is built anew."""

_STATE: Final = b"state"
_RECORD: Final = b"\x01"
_TIMER: Final = b"\x02"
_END: Final = b"\x03"
_NOT_A_USER: Final = b"\xff"
_ZERO_MS: Final = 1 << 63
_SCANNED: Final = 5_000


class Identity(msgspec.Struct, frozen=True):
    """Whose changelog it is a copy of; `topic_id` tells a topic from another created later under the same name."""

    app: str
    topic: str
    partition: int
    topic_id: str


class Completeness(msgspec.Struct, frozen=True):
    """What a store says of itself.

    All that was committed below `next_offset` is in it, and perhaps some of what came after; it was complete at
    `at_ms`, by the worker's clock. `profiles` and `timers` are how many there are.
    """

    identity: Identity
    next_offset: int
    at_ms: int
    profiles: int = 0
    timers: int = 0
    format: int = FORMAT


Change = tuple[bytes, bytes | None]
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Completeness)


class Contents:
    """The records, timers and completeness of one task's store; `identity` is whose they are to be.

    Of so many users read or written last it is `remembered` when their timer is due, so that what they are written over
    with needs no look at the disk.
    """

    def __init__(self, values: KeyValues, identity: Identity, remembered: int = HOT_MAX) -> None:
        self._values: Final = values
        self._identity: Final = identity
        self._remembered: Final = remembered
        self._due_ms: Final[dict[bytes, int | None]] = {}
        self.profiles = 0
        self.timers = 0
        self.next_offset = 0
        self._at_ms = 0

    def completeness(self) -> Completeness | None:
        """Return what it says of itself, None where it says nothing that can be read: it was never complete."""
        encoded = self._values.get(_STATE)
        try:
            found = None if encoded is None else _decoder.decode(encoded)
        except msgspec.DecodeError:
            return None
        if found is not None:
            self.profiles, self.timers = found.profiles, found.timers
            self.next_offset, self._at_ms = found.next_offset, found.at_ms
        return found

    def is_empty(self) -> bool:
        """Whether there is nothing at all."""
        return not self._values.scan(b"", b"\xff", 1)

    def get(self, key: bytes) -> bytes | None:
        """Return the latest record of a key."""
        encoded = self._values.get(_RECORD + key)
        self._due_ms[key] = _head_ms(encoded)
        return encoded

    def special(self) -> dict[bytes, bytes | None]:
        """Return the records that are no profiles."""
        return {key[1:]: value for key, value in self._scan(_RECORD + _NOT_A_USER, _TIMER)}

    def users(self) -> Iterator[str]:
        """Return all users with a profile."""
        return (key[1:].decode() for key, _ in self._scan(_RECORD, _RECORD + _NOT_A_USER))

    def encoded_profiles(self) -> Iterator[bytes]:
        """Return all profiles."""
        return (value for _, value in self._scan(_RECORD, _RECORD + _NOT_A_USER))

    def due(self, start_ms: int, until_ms: int) -> Iterator[tuple[str, int]]:
        """Return the users with a timer due from a time until before another, and when."""
        for key, _ in self._scan(_timer(start_ms, b""), _timer(until_ms, b"")):
            yield key[9:].decode(), _due_ms(key)

    def first_due_ms(self) -> int:
        """Return when the earliest timer is due, `NEVER` if there is none."""
        found = self._values.scan(_TIMER, _END, 1)
        return _due_ms(found[0][0]) if found else NEVER

    def add(self, records: Iterable[Change]) -> None:
        """Take in records of the changelog, in their order; it stays incomplete."""
        self._values.write(self._changes(records))

    def complete(self, records: Iterable[Change], next_offset: int | None, at_ms: int) -> None:
        """Take in the records of one transaction, and that it is complete with them, all at once.

        Where their offsets are not known, it stays complete up to where it was.
        """
        self._at_ms = at_ms
        self.next_offset = self.next_offset if next_offset is None else next_offset
        self.add_further(records)

    def add_further(self, records: Iterable[Change]) -> None:
        """Take in records that came after, while it stays as complete as it was."""
        changes = self._changes(records)
        said = Completeness(self._identity, self.next_offset, self._at_ms, self.profiles, self.timers)
        changes[_STATE] = _encoder.encode(said)
        self._values.write(changes)

    def size_bytes(self) -> int:
        """Return how much room it takes."""
        return self._values.size_bytes()

    def close(self) -> None:
        """Let go of the disk."""
        self._values.close()

    def _changes(self, records: Iterable[Change]) -> dict[bytes, bytes | None]:
        """Return what is to be written; the timers of before are those of the profiles of before."""
        latest = dict(records)
        users = [key for key in latest if not key.startswith(_NOT_A_USER)]
        changes = {_RECORD + key: value for key, value in latest.items()}
        self._look_up(users)
        for user in users:
            # Last in the dictionary again: those read or written longest ago are the first to be forgotten.
            before_ms, after_ms = self._due_ms.pop(user), _head_ms(latest[user])
            self._due_ms[user] = after_ms
            self.profiles += (after_ms is not None) - (before_ms is not None)
            if before_ms == after_ms:
                continue
            if before_ms is not None and before_ms < NEVER:
                self.timers -= 1
                changes[_timer(before_ms, user)] = None
            if after_ms is not None and after_ms < NEVER:
                self.timers += 1
                changes[_timer(after_ms, user)] = b""
        for user in list(islice(self._due_ms, max(0, len(self._due_ms) - self._remembered))):
            del self._due_ms[user]
        return changes

    def _look_up(self, users: Sequence[bytes]) -> None:
        """Find out when the timers are due, on the disk, of users of whom that is not remembered."""
        unknown = [user for user in users if user not in self._due_ms]
        found = self._values.get_all([_RECORD + user for user in unknown])
        self._due_ms.update(zip(unknown, map(_head_ms, found), strict=True))

    def _scan(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        while found := self._values.scan(start, end, _SCANNED):
            yield from found
            start = found[-1][0] + b"\x00"


def _head_ms(encoded: bytes | None) -> int | None:
    """Return when a timer of a profile is due, `NEVER` if it has none, None where there is no profile."""
    return None if encoded is None else due_ms_of(encoded)


def _timer(due_ms: int, user: bytes) -> bytes:
    return _TIMER + (due_ms + _ZERO_MS).to_bytes(8) + user


def _due_ms(key: bytes) -> int:
    return int.from_bytes(key[1:9]) - _ZERO_MS
