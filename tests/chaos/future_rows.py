"""A row on the wall clock: phones whose clocks are ahead, among users whose timers are not theirs to fire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec
from aiokafka import AIOKafkaProducer, ConsumerRecord

from stream.model.calls import Call, encode_call
from stream.runtime.play import partition_of
from stream.runtime.settings import Settings
from tests.chaos.row import Finding, Place, Row
from tests.chaos.wall_case import WallCase, run_case
from tests.kafka.workers import Outcomes

SECOND_MS = 1_000
IDLE_MS = 3_000
"""When a cart counts as abandoned, in the config of the rows on the wall clock."""

AHEAD_MS = (5 * SECOND_MS, 60 * SECOND_MS, 1_800 * SECOND_MS, 3_500 * SECOND_MS)
TOO_FAR_MS = 2 * 3_600 * SECOND_MS
"""Beyond the setting `future_limit`: a dead letter."""

STAMPS_APART_MS = 50
"""How much earlier than it was decided an outcome may seem to be written: two clocks are read."""


@dataclass
class Cast:
    """Who takes part, by user: when they filled their cart, and which of them bought in time."""

    settings: Settings
    producer: AIOKafkaProducer
    added_ms: dict[str, int] = field(default_factory=dict)
    buyers: set[str] = field(default_factory=set)
    too_far: int = 0
    _names: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000)))

    def name(self, role: str, partition: int) -> str:
        """Return a new user of a partition, so of one task."""
        names = (f"{role}-{number}" for number in self._names)
        return next(name for name in names if partition_of(name, self.settings.partitions) == partition)

    async def send(self, topic: str, user: str, event: str, at_ms: int, **properties: object) -> None:
        """Send an event and wait until the broker has it."""
        call = Call("track", user, event, at_ms, properties, message_id=f"{user}-{event}-{at_ms}-{properties}")
        await self.producer.send_and_wait(self.settings.topic_prefix + topic, encode_call(call), key=user.encode())

    async def fill_cart(self, user: str) -> None:
        await self.send("people", user, "Consent Changed", now_ms(), purpose="marketing", granted=True)
        await asyncio.sleep(0.05)
        self.added_ms[user] = now_ms()
        await self.send("cart", user, "Product Added", self.added_ms[user], product_id="p1", price=20)

    async def be_ahead(self, phone: str) -> None:
        """Send what a phone with a wrong clock does, to every topic of its task."""
        for ahead_ms in AHEAD_MS:
            at_ms = now_ms() + ahead_ms
            await self.send("people", phone, "Consent Changed", at_ms, purpose="marketing", granted=True)
            await self.send("clickstream", phone, "Product Viewed", at_ms, product_id="p1")
            await self.send("cart", phone, "Product Added", at_ms, product_id="p1", price=20)
            await self.send("email", phone, "Email Opened", at_ms, campaign="news")
        await self.send("cart", phone, "Product Added", now_ms() + TOO_FAR_MS, product_id="p1", price=20)
        self.too_far += 1


async def future(place: Place) -> Finding:
    """Let phones be ahead while carts of others wait to be abandoned, or to be bought in time."""
    casts: list[Cast] = []

    async def harm(case: WallCase) -> None:
        async with AIOKafkaProducer(bootstrap_servers=case.settings.brokers, enable_idempotence=True) as producer:
            cast = Cast(case.settings, producer)
            casts.append(cast)
            for number in range(place.times):
                partition = number % case.settings.partitions
                await _scene(cast, partition)
                case.place.say(f"a phone of task {partition} was ahead, {case.load.sent:,} events sent")
        # The last carts are abandoned when the load has ended; here, while it goes on.
        await asyncio.sleep((IDLE_MS + case.settings.lateness_ms) / 1_000)

    finding = await run_case(place, "future", harm)
    (cast,) = casts
    async with Outcomes(cast.settings) as outcomes:
        await outcomes.read_to_end()
    finding.violations += [*_not_on_time(cast, outcomes), *_too_early(outcomes), *_letters(cast, outcomes)]
    finding.figures |= {
        "events ahead": place.times * len(AHEAD_MS) * 4,
        "beyond the limit": cast.too_far,
        "carts abandoned on time": len(cast.added_ms) - len(cast.buyers),
        "bought in time": len(cast.buyers),
    }
    return finding


async def _scene(cast: Cast, partition: int) -> None:
    """Fill two carts, let a phone of the same task be ahead, then buy one cart in time."""
    leaver, buyer, phone = (cast.name(role, partition) for role in ("leaver", "buyer", "phone"))
    await cast.fill_cart(leaver)
    await cast.fill_cart(buyer)
    await cast.be_ahead(phone)
    await asyncio.sleep(1.0)
    bought_ms = now_ms()
    await cast.send("cart", buyer, "Order Completed", bought_ms, order_id=buyer, total=20)
    # On a machine that is too busy for that, the cart was abandoned by right.
    if bought_ms < cast.added_ms[buyer] + IDLE_MS:
        cast.buyers.add(buyer)


def _not_on_time(cast: Cast, outcomes: Outcomes) -> Iterator[str]:
    """Say whose cart was not abandoned just when it was due, or was although it was bought."""
    for user, added_ms in cast.added_ms.items():
        entered = [
            (record, change)
            for record, change in outcomes.of("segment-changes", user)
            if (change["segment"], change["change"]) == ("cart_abandoner", "entered")
        ]
        if user in cast.buyers:
            recovered = [
                trigger for _, trigger in outcomes.of("triggers", user) if trigger["journey"] == "cart_recovery"
            ]
            if entered or recovered:
                yield f"{user} bought in time, and is held to have abandoned the cart"
            continue
        due_ms = added_ms + IDLE_MS
        if [change["at_ms"] for _, change in entered] != [due_ms]:
            yield f"{user} abandoned the cart at {[change['at_ms'] for _, change in entered]}, right: {due_ms}"
        for record, _ in entered:
            if user.startswith("leaver") and record.timestamp < due_ms + cast.settings.lateness_ms - STAMPS_APART_MS:
                yield f"the timer of {user}, due at {due_ms}, fired at {record.timestamp}: before it was surely past"


def _too_early(outcomes: Outcomes) -> Iterator[str]:
    """Say which outcome was decided at a time that had not come, whoever's it is; a few."""
    records: Iterable[ConsumerRecord] = (
        record for topic in ("segment-changes", "decisions", "triggers") for record in outcomes.records[topic]
    )
    early = [record for record in records if record.timestamp < _at_ms(record) - STAMPS_APART_MS]
    for record in early[:3]:
        yield f"written at {record.timestamp}, before its time: {bytes(record.value).decode()[:300]}"


def _letters(cast: Cast, outcomes: Outcomes) -> Iterator[str]:
    reasons = [dict(record.headers)["stream-reason"].decode() for record in outcomes.records["dead-letters"]]
    if reasons != ["future_time"] * cast.too_far:
        yield f"dead letters: {reasons}, right: {cast.too_far} for future_time"


def _at_ms(record: ConsumerRecord) -> int:
    return msgspec.json.decode(record.value, type=_Timed).at_ms


class _Timed(msgspec.Struct):
    at_ms: int


def now_ms() -> int:
    return time.time_ns() // 1_000_000


ROWS = [
    Row(
        "future",
        "no timer of another user fires before its time, none is held up, and what is too far ahead is dead-lettered",
        5,
        future,
    )
]
