"""Load for the wall clock: a shop whose users look, fill carts, buy, read e-mail and fall silent, as time goes by.

Its config is the shipped one with seconds for hours, so that a journey is walked to its end while a row runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import random
import re
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream.model.calls import Call, encode_call
from stream.testkit.files import read_config
from tests.kafka.workers import ROOT

QUICK: Final = {
    "1h": "3s",
    "4h": "240s",
    "12h": "60s",
    "16h": "5s",
    "24h": "8s",
    "2d": "60s",
    "3d": "60s",
    "7d": "20s",
    "14d": "40s",
    "30d": "60s",
    "60d": "45s",
    "90d": "90s",
}
"""What the durations become on which runs and sending depend; of others each day becomes a second, each hour too."""

_LONGEST_S: Final = 120

PAUSES_S: Final = ((0.4, 1.0), (1.0, 2.5), (2.5, 9.0))
"""Between two events of a user: longer than sources differ, or which comes first would be chance."""

_MEAN_PAUSE_S: Final = sum(least + most for least, most in PAUSES_S) / 2 / len(PAUSES_S)
_DURATION: Final = re.compile(r"\b\d+[hd]\b")
_PRODUCTS: Final = tuple(f"p{number}" for number in range(8))


def quick_config(folder: Path) -> Path:
    """Write the shipped config with its durations shrunk, and return its folder."""
    for path, text in read_config(ROOT / "config").items():
        if path.endswith((".test.yaml", "settings.yaml")):
            continue
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_DURATION.sub(lambda found: QUICK.get(found[0]) or _in_seconds(found[0]), text))
    return folder


def _in_seconds(duration: str) -> str:
    return f"{min(int(duration[:-1]), _LONGEST_S)}s"


@dataclass
class User:
    """One who does `left` things more, then falls silent; from then on only timers move their profile."""

    name: str
    left: int
    done: int = 0
    coming: deque[tuple[str, str, dict[str, object]]] = field(default_factory=deque)


class Shoppers:
    """Says what is done next, by whom, and when: some `per_s` events a second, whoever falls silent being replaced."""

    def __init__(self, chance: random.Random, per_s: float) -> None:
        self._chance: Final = chance
        self._numbers = iter(range(1 << 40))
        count = max(1, round(per_s * _MEAN_PAUSE_S))
        self._coming: list[tuple[float, int, User]] = []
        for _ in range(count):
            self._come(chance.uniform(0, 2 * _MEAN_PAUSE_S))

    def until(self, now_s: float) -> Iterator[tuple[str, Call]]:
        """Yield topic and call of all that is done by now, `now_s` in seconds from the beginning; stamped by caller."""
        chance = self._chance
        while self._coming[0][0] <= now_s:
            at_s, number, user = self._coming[0]
            topic, call = self._next(user)
            yield topic, call
            if call.message_id is not None and chance.random() < 0.02:
                # A producer tries again what has arrived already.
                yield topic, call
            user.left -= 1
            if user.left > 0 or user.coming:
                next_s = at_s + chance.uniform(*chance.choice(PAUSES_S))
                heapq.heapreplace(self._coming, (next_s, number, user))
            else:
                heapq.heappop(self._coming)
                self._come(at_s + chance.uniform(0.1, 1.0))

    def _come(self, at_s: float) -> None:
        number = next(self._numbers)
        user = User(f"user-{number}", self._chance.randint(2, 30))
        for purpose in ("marketing", "advertising"):
            if self._chance.random() < 0.8:
                user.coming.append(("people", "Consent Changed", {"purpose": purpose, "granted": True}))
        heapq.heappush(self._coming, (at_s, number, user))

    def _next(self, user: User) -> tuple[str, Call]:
        if not user.coming:
            user.coming.append(self._thought_of())
        topic, event, properties = user.coming.popleft()
        user.done += 1
        # Without an id a repetition is not known for one: whoever decides such an event twice is found out.
        message_id = f"{user.name}-{user.done}" if self._chance.random() < 0.5 else None
        if event == "identify":
            return topic, Call("identify", user.name, traits=properties, message_id=message_id)
        return topic, Call("track", user.name, event, None, properties, message_id=message_id)

    def _thought_of(self) -> tuple[str, str, dict[str, object]]:
        chance = self._chance
        category = chance.choice(("hats", "bags"))
        product: dict[str, object] = {"product_id": chance.choice(_PRODUCTS), "category": category}
        price: dict[str, object] = {"price": chance.randrange(1, 120), "currency": chance.choice(("USD", "EUR"))}
        match chance.choices(("view", "add", "order", "remove", "mail", "consent", "tell", "erase"), _WEIGHTS)[0]:
            case "view":
                return "clickstream", "Product Viewed", product
            case "add":
                return "cart", "Product Added", {**product, **price}
            case "order":
                return "cart", "Order Completed", {"total": chance.randrange(5, 300), "currency": "USD"}
            case "remove":
                return "cart", "Product Removed", {"product_id": product["product_id"]}
            case "mail":
                return "email", chance.choice(("Email Opened", "Email Link Clicked")), {"campaign": "news"}
            case "consent":
                purpose, granted = chance.choice(("marketing", "advertising")), chance.random() < 0.5
                return "people", "Consent Changed", {"purpose": purpose, "granted": granted}
            case "tell":
                return "people", "identify", {"country": chance.choice(("NZ", "DE"))}
            case _:
                return "people", "Erasure Requested", {}


_WEIGHTS: Final = (35, 32, 14, 3, 10, 2, 3, 0.3)


class WallLoad:
    """Sends what the shoppers do, at its time, until it is stopped. Use it as a context.

    What happens while the broker is away is sent when it is back, in order, with the time at which it was done.
    """

    def __init__(self, brokers: str, topic_prefix: str, chance: random.Random, per_s: float) -> None:
        self.sent = 0
        self._brokers: Final = brokers
        self._prefix: Final = topic_prefix
        self._shoppers: Final = Shoppers(chance, per_s)
        self._waiting: asyncio.Queue[tuple[str, Call] | None] = asyncio.Queue()
        self._told: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None

    async def __aenter__(self) -> WallLoad:
        self._told = asyncio.create_task(self._tell())
        self._sending = asyncio.create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._told, self._sending):
            if task is not None and not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def stop(self, timeout_s: float = 60.0) -> None:
        """Let nothing more happen, and return when the broker has all; raises what made the sending fail."""
        assert self._told is not None
        assert self._sending is not None
        self._told.cancel()
        self._waiting.put_nowait(None)
        async with asyncio.timeout(timeout_s):
            await self._sending

    async def _tell(self) -> None:
        begun = time.monotonic()
        while True:
            for topic, call in self._shoppers.until(time.monotonic() - begun):
                if call.timestamp is None:
                    call.timestamp = time.time_ns() // 1_000_000
                self._waiting.put_nowait((topic, call))
            await asyncio.sleep(0.01)

    async def _send(self) -> None:
        # Idempotent: a retry neither repeats an event nor puts it behind a later one.
        producer = AIOKafkaProducer(bootstrap_servers=self._brokers, enable_idempotence=True, linger_ms=5)
        await producer.start()
        try:
            while (told := await self._waiting.get()) is not None:
                topic, call = told
                await _patiently(producer, self._prefix + topic, call)
                self.sent += 1
            await producer.flush()
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await producer.stop()


async def _patiently(producer: AIOKafkaProducer, topic: str, call: Call) -> None:
    """Hand an event over, waiting as long as there is no room for it; an idempotent producer then tries without end."""
    assert call.user_id is not None
    while True:
        with contextlib.suppress(KafkaError):
            await producer.send(topic, encode_call(call), key=call.user_id.encode())
            return
        await asyncio.sleep(0.1)
