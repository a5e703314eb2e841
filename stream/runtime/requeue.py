"""Requeue: dead letters go back to the topic they came from, once each, after whatever was wrong was repaired.

Each goes back with its original bytes, key and headers, in one transaction with a mark in the topic of dead letters
that says so. A later run reads the marks first and leaves alone what went back before; two runs at a time cannot be,
since the second one takes the transactional id, and with it the right to commit, from the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final, Protocol

import msgspec

from stream.runtime.delivery import CUT, partition_of
from stream.runtime.ports import TP, Record
from stream.runtime.settings_fields import Settings
from stream.runtime.strays import ROUTED_FROM, ROUTED_TIME
from stream.runtime.task_ports import Outgoing, Transactions, Writer
from stream.runtime.topics import REROUTED, all_input_topics

REQUEUED: Final = "stream-requeued"
"""Header of a record that went back, and of the mark that says so: the id of the dead letter."""

LETTERS_A_TRANSACTION: Final = 500


class Letters(Protocol):
    """The topic of dead letters, as far as it was committed when it was first read."""

    def read(self) -> AsyncIterator[Sequence[Record]]:
        """Yield all of it from its start, each partition in order; may be called again."""


class Wish(msgspec.Struct, frozen=True):
    """Which dead letters to requeue. Times are when they were dead-lettered; nothing given means all."""

    topics: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()
    from_ms: int = 0
    until_ms: int = 1 << 62


class Requeued(msgspec.Struct):
    """What became of the dead letters: those chosen by (topic, reason), and why others were left alone."""

    chosen: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    left: Counter[str] = msgspec.field(default_factory=Counter)


class Letter(msgspec.Struct, frozen=True):
    """A dead letter taken apart: its id, where the record stood, and its own headers."""

    record: Record
    id: str
    source: TP
    reason: str
    headers: list[tuple[str, bytes]]
    is_cut: bool


class _User(msgspec.Struct, rename={"user_id": "userId", "user_snake": "user_id", "anonymous_id": "anonymousId"}):
    user_id: object = None
    user_snake: object = None
    anonymous_id: object = None
    anonymous_id_snake: object = msgspec.field(default=None, name="anonymous_id")


_decode_user: Final = msgspec.json.Decoder(_User).decode


class Requeue:
    """One run. Without a writer it only looks."""

    def __init__(self, settings: Settings, letters: Letters, transactions: Transactions) -> None:
        self._settings: Final = settings
        self._letters: Final = letters
        self._transactions: Final = transactions
        self._prefix: Final = settings.topic_prefix

    async def run(self, wish: Wish, writer: Writer | None) -> Requeued:
        """Requeue what is wished for; raises Fenced where another run has begun, Failed where the broker fails."""
        before = {mark async for records in self._letters.read() for mark in _marks(records)}
        result = Requeued()
        waiting: list[Letter] = []
        async for records in self._letters.read():
            for letter in _letters(records):
                left = self._left_alone(letter, wish, before)
                if left:
                    result.left[left] += 1
                    continue
                result.chosen[letter.source.topic.removeprefix(self._prefix), letter.reason] += 1
                waiting.append(letter)
            while writer is not None and len(waiting) >= LETTERS_A_TRANSACTION:
                await self._send(writer, waiting[:LETTERS_A_TRANSACTION])
                del waiting[:LETTERS_A_TRANSACTION]
        if writer is not None and waiting:
            await self._send(writer, waiting)
        return result

    def _left_alone(self, letter: Letter, wish: Wish, before: set[str]) -> str:
        """Return why the letter is not requeued; nothing where it is."""
        topic = letter.source.topic
        if letter.id in before:
            return "requeued before"
        if wish.topics and topic.removeprefix(self._prefix) not in wish.topics:
            return "of other topics"
        if wish.reasons and letter.reason not in wish.reasons:
            return "for other reasons"
        if not wish.from_ms <= letter.record.timestamp < wish.until_ms:
            return "of other times"
        if letter.is_cut:
            return "cut short when they were dead-lettered"
        return "" if topic in all_input_topics(self._settings) else "of topics that are no input"

    async def _send(self, writer: Writer, letters: Iterable[Letter]) -> None:
        by_tp: dict[TP, list[Outgoing]] = {}
        for letter in letters:
            record = letter.record
            again = Outgoing(record.key, record.value, [*letter.headers, (REQUEUED, letter.id.encode())])
            by_tp.setdefault(await self._target(letter), []).append(again)
            mark = Outgoing(letter.id.encode(), b"", [(REQUEUED, letter.id.encode())])
            by_tp.setdefault(TP(record.topic, record.partition), []).append(mark)
        await writer.begin()
        for tp, records in by_tp.items():
            await writer.write(tp.topic, tp.partition, records)
        await writer.commit()

    async def _target(self, letter: Letter) -> TP:
        """Return the user's partition, or the one it came from where no user can be read."""
        count = await self._transactions.partitions(letter.source.topic)
        user = _user_of(letter.record.value)
        partition = letter.source.partition % count if user is None else partition_of(user, count)
        return TP(letter.source.topic, partition)


def _marks(records: Iterable[Record]) -> Iterable[str]:
    for record in records:
        headers = dict(record.headers)
        if REQUEUED in headers and "stream-reason" not in headers:
            yield headers[REQUEUED].decode(errors="replace")


def _letters(records: Iterable[Record]) -> Iterable[Letter]:
    for record in records:
        names = [name for name, _ in record.headers]
        if "stream-reason" not in names or "stream-id" not in names:
            continue
        # Ours come last; a producer's record may have brought headers of the same names.
        own_from = len(names) - 1 - names[::-1].index("stream-id")
        own = dict(record.headers[own_from:])
        first = dict(record.headers[:own_from])
        letter_id = own["stream-id"].decode(errors="replace")
        source = _place(letter_id)
        if source.topic.endswith(REROUTED) and ROUTED_FROM in first:
            source = _place(first[ROUTED_FROM].decode(errors="replace"))
        kept = [header for header in record.headers[:own_from] if header[0] not in (REQUEUED, ROUTED_FROM, ROUTED_TIME)]
        reason = own.get("stream-reason", b"").decode(errors="replace")
        yield Letter(record, letter_id, source, reason, kept, CUT in own)


def _place(text: str) -> TP:
    topic, _, rest = text.partition("/")
    partition = rest.partition("/")[0]
    return TP(topic, int(partition) if partition.isdecimal() else 0)


def _user_of(value: bytes | None) -> bytes | None:
    """Read the user as the codec does, from whatever else may be wrong with the record."""
    try:
        found = _decode_user(value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    named = (found.user_id, found.user_snake, found.anonymous_id, found.anonymous_id_snake)
    user = next((one for one in named if one is not None), None)
    return user.encode(errors="replace") if isinstance(user, str) else None
