"""Poison: records that no worker can decide, each known by a number in its headers, strewn among good ones."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
from aiokafka import ConsumerRecord

from stream.runtime.play import HEARTBEAT_HEADER, Headers, Lanes

NUMBER = "chaos-poison"
SHARE = 0.02
CUT_AT_BYTES = 800_000
"""A dead letter is cut where it would not fit beside its headers; so much of it must be left."""

Call = dict[str, object]


def _call(user: str, **other: object) -> Call:
    properties: Call = {"product_id": "p1", "price": 5}
    call: Call = {"type": "track", "event": "Product Added", "userId": user, "timestamp": 1_700_000_000_000}
    return {**call, "properties": properties, **other}


def _json(call: Call) -> bytes:
    return msgspec.json.encode(call)


def _with(**properties: object) -> Callable[[str], bytes]:
    return lambda user: _json(_call(user, properties={"product_id": "p1", **properties}))


KINDS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "nothing": ("empty_value", lambda _: b""),
    "text": ("not_json", lambda _: b"product added"),
    "half a call": ("not_json", lambda user: _json(_call(user))[:40]),
    "no UTF-8": ("not_json", lambda _: b'{"event": "\xff\x00"}'),
    "a list": ("not_an_object", lambda _: b"[]"),
    "a number": ("not_an_object", lambda _: b"42"),
    "beyond the limit": ("too_large", lambda user: _json(_call(user, messageId="x" * 66_000))),
    "beyond what fits": ("too_large", lambda user: _json(_call(user, messageId="x" * 950_000))),
    "no user": ("no_user", lambda _: _json({"type": "track", "event": "Product Added", "timestamp": 1})),
    "a user that is a number": ("bad_user", lambda _: _json(_call("u", userId=7))),
    "a user too long": ("bad_user", lambda _: _json(_call("u" * 300))),
    "no event": ("no_event_name", lambda user: _json(_call(user, event=None))),
    "no time": ("no_time", lambda user: _json(_call(user, timestamp=None))),
    "no such time": ("bad_time", lambda user: _json(_call(user, timestamp="yesterday"))),
    "no product": ("missing_property", lambda user: _json(_call(user, properties={}))),
    "no properties": ("wrong_type", lambda user: _json(_call(user, properties=[1]))),
    "a price of text": ("wrong_type", _with(price="cheap")),
    "nothing of it": ("out_of_range", _with(quantity=0)),
    "no such currency": ("no_rate", _with(price=5, currency="QQQ")),
    "a price without end": ("not_finite", lambda user: _json(_call(user)).replace(b'"price":5', b'"price":1e999')),
}


@dataclass(frozen=True)
class Poison:
    """One such record as it was sent."""

    kind: str
    topic: str
    partition: int
    key: bytes
    value: bytes


@dataclass
class PoisonedLanes:
    """Lanes that put poison among what is appended: some at a time, with the key of a good record beside them."""

    lanes: Lanes
    chance: random.Random
    sent: dict[int, Poison] = field(default_factory=dict)

    @property
    def partitions(self) -> int:
        return self.lanes.partitions

    async def append(self, topic: str, partition: int, key: bytes | None, value: bytes, headers: Headers) -> None:
        """Add a good record, and now and then poison before or behind it."""
        is_good = key is not None and HEARTBEAT_HEADER not in dict(headers)
        strewn = self.chance.randint(1, 3) if is_good and self.chance.random() < SHARE / 2 else 0
        before = self.chance.randint(0, strewn)
        for _ in range(before):
            await self._strew(topic, partition, key or b"")
        await self.lanes.append(topic, partition, key, value, headers)
        for _ in range(strewn - before):
            await self._strew(topic, partition, key or b"")

    async def flush(self) -> None:
        await self.lanes.flush()

    async def release_all(self) -> None:
        """Nothing is held back."""

    async def _strew(self, topic: str, partition: int, key: bytes) -> None:
        # The largest one is rare, or the log would be nothing else.
        names = list(KINDS)
        kind = self.chance.choices(names, weights=[0.1 if name == "beyond what fits" else 1 for name in names])[0]
        poison = Poison(kind, topic, partition, key, KINDS[kind][1](key.decode()))
        number = len(self.sent)
        self.sent[number] = poison
        await self.lanes.append(topic, partition, key, poison.value, [(NUMBER, str(number).encode())])


def letters_wrong(sent: dict[int, Poison], letters: Sequence[ConsumerRecord], prefix: str) -> list[str]:
    """Say which poison is not exactly once among the dead letters, with its reason, place, key and bytes."""
    said: list[str] = []
    counts = Counter(_number(letter) for letter in letters)
    for what, numbers in (
        ("not dead-lettered", [number for number in sent if not counts[number]]),
        ("dead-lettered more than once", [number for number in sent if counts[number] > 1]),
        ("dead-lettered and no poison", [number for number in counts if number not in sent]),
    ):
        if numbers:
            kinds = Counter(sent[number].kind if number in sent else "a good record" for number in numbers)
            said.append(f"{len(numbers)} {what}: {dict(kinds)}")
    wrong = [
        text
        for letter in letters
        if (number := _number(letter)) in sent
        for text in _wrong(sent[number], letter, prefix)
    ]
    return said + _shortened(wrong)


def _wrong(poison: Poison, letter: ConsumerRecord, prefix: str) -> Iterator[str]:
    headers = dict(letter.headers)
    reason, place = headers.get("stream-reason", b"").decode(), headers.get("stream-id", b"").decode()
    if reason != KINDS[poison.kind][0]:
        yield f"{poison.kind}: reason {reason}, right: {KINDS[poison.kind][0]}"
    if place.rpartition("/")[0] != f"{prefix}{poison.topic}/{poison.partition}":
        yield f"{poison.kind}: of {place}, sent to {poison.topic}/{poison.partition}"
    if bytes(letter.key or b"") != poison.key:
        yield f"{poison.kind}: key {letter.key!r}, sent with {poison.key!r}"
    value = bytes(letter.value or b"")
    is_whole = value == poison.value
    is_beginning = "stream-cut-from-bytes" in headers and len(value) > CUT_AT_BYTES and poison.value.startswith(value)
    if not (is_beginning if poison.kind == "beyond what fits" else is_whole):
        yield f"{poison.kind}: {len(value)} bytes, not those that were sent"


def _number(letter: ConsumerRecord) -> int:
    return int(dict(letter.headers).get(NUMBER, b"-1"))


def _shortened(said: Iterable[str], most: int = 5) -> list[str]:
    listed = list(said)
    return listed if len(listed) <= most else [*listed[:most], f"and {len(listed) - most} more"]
