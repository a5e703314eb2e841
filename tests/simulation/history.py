"""Histories drawn from a seed: a few users who look, fill carts, buy, consent, open mail, and some who are trouble."""

from __future__ import annotations

from random import Random
from typing import Any, Final

import msgspec

from stream.definitions.shapes import Definitions
from stream.model.events import TOPICS
from stream.runtime.delivery import partition_of
from stream.runtime.intake import BACKFILL

SECOND_MS: Final = 1_000
HOUR_MS: Final = 3_600_000

POISONS: Final = (b"no json", b"[]", b"", b'{"type":"track","event":"product_added","userId":"u1"}', b"\xff\x00")

NAMES: Final = (
    *["product_viewed"] * 4,
    *["product_added"] * 5,
    *["order_completed"] * 2,
    "product_removed",
    "cart_viewed",
    "email_opened",
    "email_link_clicked",
    "consent_changed",
    "identify",
    "not_in_the_plan",
)


class Sent(msgspec.Struct):
    """One record of a producer: the time of what happened, `at_ms`, and what it writes."""

    at_ms: int
    topic: str
    partition: int
    value: bytes | None
    headers: list[tuple[str, bytes]] = []
    user: str = ""
    name: str = ""


class Narrator:
    """Makes up users and what they do. `hour_ms` is how long an hour of the shop takes; `strays` may go astray."""

    def __init__(self, chance: Random, definitions: Definitions, partitions: int, hour_ms: int) -> None:
        self.strays = 0
        self._chance: Final = chance
        self._topics: Final = {name: planned.topic for name, planned in definitions.plan.events.items()}
        self._partitions: Final = partitions
        self._hour_ms: Final = hour_ms
        self._with_ids: Final = chance.choice([0, 0.3, 1])
        self._numbers = 0

    def tell(self, begin_ms: int, end_ms: int, users: int, events: int) -> list[Sent]:
        """All that happens, in order of time, repeats and poison included."""
        chance, told = self._chance, list[Sent]()
        for number in range(users):
            user = f"u{number}"
            if chance.random() < 0.8:
                for purpose in ("marketing", "advertising"):
                    told += self._event(begin_ms, user, "consent_changed", purpose=purpose, granted=True)
            told += self._days_of(user, begin_ms, end_ms, max(1, events // users))
        if chance.random() < 0.5:
            user = f"u{chance.randrange(users)}"
            told += self._event(chance.randrange(begin_ms, end_ms), user, "erasure_requested")
        for _ in range(chance.choice([0, 1, 5])):
            partition = chance.randrange(self._partitions)
            told.append(
                Sent(chance.randrange(begin_ms, end_ms), chance.choice(TOPICS), partition, chance.choice(POISONS))
            )
        return sorted(told, key=lambda sent: sent.at_ms)

    def _days_of(self, user: str, begin_ms: int, end_ms: int, events: int) -> list[Sent]:
        """A user's visits: what is done in one is minutes to hours apart, so that timers fall due in between."""
        chance, told = self._chance, list[Sent]()
        at_ms = chance.randrange(begin_ms, end_ms)
        while len(told) < events:
            name = chance.choice(NAMES)
            told += self._event(at_ms, user, name, **self._props(name))
            at_ms += int(self._hour_ms * chance.choice([0, 0.01, 0.3, 0.9, 1, 1.2, 5, 24]) * (0.5 + chance.random()))
            if at_ms >= end_ms:
                at_ms = chance.randrange(begin_ms, end_ms)
        return told

    def _props(self, name: str) -> dict[str, Any]:
        chance = self._chance
        cart = {} if chance.random() < 0.7 else {"cart_id": f"c{chance.randrange(2)}"}
        match name:
            case "product_viewed":
                return {"product_id": f"p{chance.randrange(5)}", "category": chance.choice(["shoes", "hats"])}
            case "product_added":
                price = {"price": chance.randrange(1, 120), "currency": chance.choice(["USD", "EUR"])}
                return {"product_id": f"p{chance.randrange(5)}", "quantity": chance.randrange(1, 3), **price, **cart}
            case "product_removed":
                return {"product_id": f"p{chance.randrange(5)}", **cart}
            case "order_completed":
                return {"total": chance.randrange(1, 300), "currency": "USD", **cart}
            case "consent_changed":
                return {"purpose": chance.choice(["marketing", "advertising"]), "granted": chance.random() < 0.7}
            case _:
                return {}

    def _event(self, at_ms: int, user: str, name: str, **props: Any) -> list[Sent]:
        """One event, sent twice at times: a repetition is known by its message id alone."""
        chance = self._chance
        call: dict[str, Any] = {"type": "track", "event": name, "userId": user, "timestamp": at_ms, "properties": props}
        if name == "identify":
            call = {"type": "identify", "userId": user, "timestamp": at_ms, "traits": {"country": "DE"}}
        if has_id := chance.random() < self._with_ids:
            self._numbers += 1
            call["messageId"] = f"m{self._numbers}"
        headers = [(BACKFILL, str(at_ms).encode())] if chance.random() < 0.02 else []
        topic = self._topics.get(name, "clickstream")
        partition = partition_of(user.encode(), self._partitions)
        if self.strays and chance.random() < 0.05:
            # A producer with another partitioner.
            self.strays -= 1
            partition = chance.randrange(self._partitions)
        sent = Sent(at_ms, topic, partition, msgspec.json.encode(call), headers, user, name)
        return [sent, sent] if has_id and chance.random() < 0.1 else [sent]


def played(chance: Random, definitions: Definitions, partitions: int) -> Narrator:
    """A narrator of history with true hours."""
    return Narrator(chance, definitions, partitions, HOUR_MS)


def live(chance: Random, definitions: Definitions, partitions: int) -> Narrator:
    """A narrator for the shrunk config: a second for each hour. Some events come on a wrong partition."""
    narrator = Narrator(chance, definitions, partitions, SECOND_MS)
    narrator.strays = chance.choice([0, 0, 4])
    return narrator
