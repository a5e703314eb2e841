"""The delivery: outcomes as CloudEvents 1.0 in Kafka's binary mode, and dead letters with their original bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from aiokafka.partitioner import murmur2

from stream.model.errors import DeadLetter
from stream.model.outcomes import TOPIC_OF, AnyOutcome, Decision, Trigger, encode_outcome
from stream.runtime.ports import TP
from stream.runtime.task_ports import Outgoing

DEAD_LETTER_BYTES_MAX: Final = 900_000
"""A dead letter longer than this is cut, and says so: with its headers it might exceed what a broker accepts (1
MiB)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Delivery:
    """Turns what was decided into records. `partitions` is the partition count by output topic, unprefixed."""

    def __init__(self, app: str, topic_prefix: str, partitions: Mapping[str, int]) -> None:
        self._source: Final = f"/stream/{app}".encode()
        self._prefix: Final = topic_prefix
        self._partitions: Final = partitions

    def records(self, outcomes: Iterable[AnyOutcome], letters: Iterable[DeadLetter]) -> dict[TP, list[Outgoing]]:
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
        return by_tp

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


def partition_of(user: bytes, count: int) -> int:
    """Return a user's partition as Kafka's own clients compute it: murmur2 of the key, its sign bit cleared."""
    return int((murmur2(user) & 0x7FFF_FFFF) % count)


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


def _dead_letter(letter: DeadLetter) -> Outgoing:
    headers = [
        *letter.headers,
        ("stream-id", f"{letter.topic}/{letter.partition}/{letter.offset}".encode()),
        ("stream-reason", letter.reason.encode()),
        ("stream-detail", letter.detail.encode(errors="replace")),
        ("stream-time", str(letter.time_ms).encode()),
    ]
    value = letter.value
    if value is not None and len(value) > DEAD_LETTER_BYTES_MAX:
        headers.append(("stream-cut-from-bytes", str(len(value)).encode()))
        value = value[:DEAD_LETTER_BYTES_MAX]
    return Outgoing(letter.key, value, headers)
