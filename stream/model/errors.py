"""Errors that carry their facts and name their destination: dead-lettered, or stop."""

from typing import Final, Literal

import msgspec

Reason = Literal[
    "empty_value",
    "not_json",
    "not_an_object",
    "too_large",
    "too_deep",
    "no_user",
    "bad_user",
    "no_event_name",
    "no_time",
    "bad_time",
    "future_time",
    "missing_property",
    "wrong_type",
    "not_finite",
    "out_of_range",
    "no_rate",
    "bad_key",
]


class Rejected(Exception):
    """An input record is wrong; it is dead-lettered with `reason` and a `detail` that quotes no personal datum."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Final[Reason] = reason
        self.detail: Final = detail


class DeadLetter(msgspec.Struct):
    """A rejected record with its original bytes, its place in the log and why it was rejected."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    time_ms: int
    reason: Reason
    detail: str


class StreamStop(Exception):
    """We are wrong or the infrastructure is: the worker stops without committing."""
