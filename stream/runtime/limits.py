"""Limits: where too much of a source is wrong, the worker stops instead of going on letter by letter."""

from __future__ import annotations

from typing import Final

from stream.model.errors import DeadLetter, StreamStop
from stream.runtime.position import Position
from stream.runtime.quota import Quota
from stream.runtime.settings_fields import Settings
from stream.runtime.strays import ROUTED_FROM, Stray
from stream.runtime.topics import REROUTED

_MISPLACED_WINDOW: Final = 1_000
_CRC32: Final = "CRC32"
_OTHER: Final = "another key or partitioner"


class Limits:
    """Checks one task's dead letters and misplaced records, in the order of decision; raises StreamStop.

    The record that is one too many is not decided and never committed, nor is anything that the task decided since its
    last checkpoint; what earlier checkpoints committed stays, the dead letters up to the limit included.
    """

    def __init__(self, settings: Settings, position: Position) -> None:
        window, percent = settings.dead_letter_window_records, settings.dead_letter_percent
        self._settings: Final = settings
        self._letters: Final = Quota(window, percent or 100, position.wrong)
        self._strays: Final = Quota(_MISPLACED_WINDOW, settings.misplaced_percent, position.misplaced)

    def keep(self, position: Position) -> None:
        """Write down in the position what a successor must know."""
        position.wrong = self._letters.noted(position.next_offsets)
        position.misplaced = self._strays.noted(position.next_offsets)

    def check_letter(self, letter: DeadLetter) -> None:
        """Let a dead letter pass, or stop."""
        if not self._letters.is_exceeded(letter.topic, letter.offset, letter.reason):
            return
        counts = self._letters.counts(letter.topic)
        reasons = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
        raise StreamStop(
            f"{letter.topic}/{letter.partition}/{letter.offset}: {counts.total()} of the last "
            f"{self._settings.dead_letter_window_records} records are wrong ({reasons}), above dead_letter_percent "
            f"{self._settings.dead_letter_percent}; the last of them is not dead-lettered. Repair what produces "
            "them, then start with dead_letter_percent 0 until the rest has passed; `stream requeue` brings dead "
            "letters back"
        )

    def check_stray(self, stray: Stray) -> None:
        """Let a record of another partition's user pass, or stop."""
        record = stray.record
        if record.topic == self._settings.topic_prefix + REROUTED:
            origin = dict(record.headers).get(ROUTED_FROM, b"an unknown place").decode(errors="replace")
            raise StreamStop(
                f"{_place(stray)}: {_belongs(stray)}, and it was sent on once already, from {origin}; "
                "were the partitions of the input topics changed?"
            )
        if self._settings.clock == "event":
            raise StreamStop(f"{_place(stray)}: {_belongs(stray)}; with event time none is sent on. {_likely(stray)}")
        topic, fit = record.topic, _CRC32 if stray.fits_crc32 else _OTHER
        if not self._strays.is_exceeded(topic, record.offset, fit):
            return
        counts = self._strays.counts(topic)
        raise StreamStop(
            f"{_place(stray)}: {_belongs(stray)}, as do those of {counts.total()} of the last {_MISPLACED_WINDOW} "
            f"records, above misplaced_percent {self._settings.misplaced_percent}. "
            f"{_likely(stray, is_crc32=counts[_CRC32] * 2 > counts.total())}"
        )


def _place(stray: Stray) -> str:
    return f"{stray.record.topic}/{stray.record.partition}/{stray.record.offset}"


def _belongs(stray: Stray) -> str:
    return f"its user belongs on partition {stray.right}, murmur2 of the user id"


def _likely(stray: Stray, *, is_crc32: bool | None = None) -> str:
    """Say what the producer likely does."""
    if stray.fits_crc32 if is_crc32 is None else is_crc32:
        return "It fits CRC32, librdkafka's default: set partitioner=murmur2_random in the producer"
    return "The producer's record key is not the user id, or its partitioner is not murmur2"
