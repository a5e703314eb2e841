"""The delivery: outcomes as CloudEvents 1.0 in Kafka's binary mode, and dead letters with their original bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec
from aiokafka.partitioner import murmur2

from stream.model.contributions import Contribution
from stream.model.errors import DeadLetter, StreamStop
from stream.model.outcomes import OUTPUT_TOPICS, TOPIC_OF, AnyOutcome, Decision, Trigger, encode_outcome
from stream.runtime.ports import TP
from stream.runtime.settings_fields import Settings
from stream.runtime.strays import ROUTED_FROM, ROUTED_TIME, Stray
from stream.runtime.task_ports import Outgoing, Transactions
from stream.runtime.telling import Passed, encode_tellings
from stream.runtime.topics import REROUTED, changelog_topic, contributions_of

ROOM_BYTES: Final = 900_000
"""What key, headers and value of a record that is passed on may come to: a broker accepts 1 MiB, while what came in
compressed may have any size. A dead letter beyond it is cut, and says so."""

CUT: Final = "stream-cut-from-bytes"
"""Header of a dead letter that was cut: what its key, headers and value came to."""

_HEADER_OVERHEAD: Final = 10

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Delivery:
    """Turns what was decided into records. `partitions` is the partition count by output topic, unprefixed."""

    def __init__(self, app: str, topic_prefix: str, partitions: Mapping[str, int]) -> None:
        self._source: Final = f"/stream/{app}".encode()
        self._contributions: Final = TP(contributions_of(app), 0)
        self._prefix: Final = topic_prefix
        self._partitions: Final = partitions

    def records(
        self, outcomes: Iterable[AnyOutcome], letters: Iterable[DeadLetter], strays: Iterable[Stray] = ()
    ) -> dict[TP, list[Outgoing]]:
        """Return what to write, by topic and partition, each in the order of decision."""
        by_tp: dict[TP, list[Outgoing]] = {}
        for outcome in outcomes:
            key = outcome.user_id.encode()
            topic = TOPIC_OF[type(outcome)]
            tp = TP(self._prefix + topic, partition_of(key, self._partitions[topic]))
            by_tp.setdefault(tp, []).append(Outgoing(key, encode_outcome(outcome), self._headers(outcome, key)))
        for letter in letters:
            # Beside its like from the same source, so that a requeue keeps the order; the user may be unknown.
            tp = TP(self._prefix + "dead-letters", letter.partition % self._partitions["dead-letters"])
            by_tp.setdefault(tp, []).append(_dead_letter(letter))
        for stray in strays:
            by_tp.setdefault(TP(self._prefix + REROUTED, stray.right), []).append(_sent_on(stray))
        return by_tp

    def tellings(self, told: Sequence[Contribution | Passed]) -> dict[TP, list[Outgoing]]:
        """Return what the learner is to hear, in order."""
        return {self._contributions: [Outgoing(None, value) for value in encode_tellings(told)]} if told else {}

    def label(self, topic: str) -> str:
        """Return a topic's name without the prefix."""
        return topic.removeprefix(self._prefix)

    def _headers(self, outcome: AnyOutcome, subject: bytes) -> list[tuple[str, bytes]]:
        return [
            ("ce_specversion", b"1.0"),
            ("ce_id", outcome.id.encode()),
            ("ce_type", str(type(outcome).__struct_config__.tag).encode()),
            ("ce_source", self._source),
            ("ce_time", rfc3339(outcome.at_ms).encode()),
            ("ce_subject", subject),
            ("content-type", b"application/json"),
        ]


async def find_delivery(settings: Settings, transactions: Transactions, tasks: int) -> Delivery:
    """Look up the topics written to; raises StreamStop where one is missing, or has no partition for a task."""
    kept = await transactions.partitions(changelog_topic(settings))
    if kept < tasks:
        raise StreamStop(f"{changelog_topic(settings)} has {kept} partitions, and the {tasks} tasks need one each")
    prefix = settings.topic_prefix
    partitions = {topic: await transactions.partitions(prefix + topic) for topic in OUTPUT_TOPICS}
    return Delivery(settings.app, prefix, partitions)


@lru_cache(maxsize=100_000)
def partition_of(user: bytes, count: int) -> int:
    """Return a user's partition as Kafka's own clients compute it: murmur2 of the key, its sign bit cleared.

    aiokafka's murmur2 is written in Python, so it is asked once for each of the users that were active last.
    """
    return int((murmur2(user) & 0x7FFF_FFFF) % count)


@lru_cache(maxsize=10_000)
def rfc3339(time_ms: int) -> str:
    """Return a time as CloudEvents writes it, `2024-05-01T12:00:00.250Z`."""
    return (_EPOCH + timedelta(milliseconds=time_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def without_expired(outcomes: Sequence[AnyOutcome], now_ms: int) -> list[AnyOutcome]:
    """Leave out the triggers that are past their validity, and let their decisions say so."""
    expired = {o.id for o in outcomes if isinstance(o, Trigger) and o.valid_until_ms < now_ms}
    if not expired:
        return list(outcomes)
    kept: list[AnyOutcome] = []
    for outcome in outcomes:
        if isinstance(outcome, Decision) and outcome.id in expired and outcome.verdict == "sent":
            kept.append(msgspec.structs.replace(outcome, verdict="expired"))
        elif not (isinstance(outcome, Trigger) and outcome.id in expired):
            kept.append(outcome)
    return kept


def _sent_on(stray: Stray) -> Outgoing:
    record = stray.record
    own = [
        (ROUTED_FROM, f"{record.topic}/{record.partition}/{record.offset}".encode()),
        (ROUTED_TIME, str(record.timestamp).encode()),
    ]
    return Outgoing(record.key, record.value, [*_fitting(record.headers, ROOM_BYTES - _size(record.value)), *own])


def _dead_letter(letter: DeadLetter) -> Outgoing:
    whole = _size(letter.key) + _size(letter.value) + sum(_header_size(header) for header in letter.headers)
    key, value, headers = letter.key, letter.value, letter.headers
    if whole > ROOM_BYTES:
        key, value, headers = _fitted(letter)
    own = [
        ("stream-id", f"{letter.topic}/{letter.partition}/{letter.offset}".encode()),
        ("stream-reason", letter.reason.encode()),
        ("stream-detail", letter.detail.encode(errors="replace")),
        ("stream-time", str(letter.time_ms).encode()),
    ]
    if whole > ROOM_BYTES:
        own.append((CUT, str(whole).encode()))
    return Outgoing(key, value, [*headers, *own])


def _fitted(letter: DeadLetter) -> tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]:
    """Return what there is room for: the key, then the headers, then the beginning of the value."""
    key = letter.key if _size(letter.key) <= ROOM_BYTES else None
    headers = _fitting(letter.headers, ROOM_BYTES - _size(key))
    left = ROOM_BYTES - _size(key) - sum(map(_header_size, headers))
    return key, None if letter.value is None else letter.value[:left], headers


def _fitting(headers: Iterable[tuple[str, bytes]], left: int) -> list[tuple[str, bytes]]:
    kept: list[tuple[str, bytes]] = []
    for header in headers:
        if _header_size(header) <= left:
            kept.append(header)
            left -= _header_size(header)
    return kept


def _size(part: bytes | None) -> int:
    return 0 if part is None else len(part)


def _header_size(header: tuple[str, bytes]) -> int:
    return len(header[0].encode()) + _size(header[1]) + _HEADER_OVERHEAD
