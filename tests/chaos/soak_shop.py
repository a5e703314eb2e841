"""A shop that never closes: as many shoppers as asked for, and what they do, told one event after the other.

The same seed tells the same story again, so the oracle needs no file. All times ascend, and the shoppers stay the same,
so that whatever a worker must remember of them is as much after an hour as after the longest window.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from stream.model.calls import Call, encode_call
from stream.replay.reading import OutRecord

SECOND_MS = 1_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
BEGIN_MS = 20_514 * DAY_MS
PURPOSES = ("marketing", "advertising")
CATEGORIES = ("shoes", "hats", "bags", "books")
EVENTS_PER_VISIT = 4.7
"""What a visit comes to on average; only the rate depends on it, not what is right."""

Step = tuple[str, str, dict[str, object]]
"""Topic, event and properties."""


@dataclass
class Shopper:
    """One of them: what is still to come of the visit under way, and how many calls were made."""

    name: str
    steps: list[Step] = field(default_factory=list)
    calls: int = 0
    is_known: bool = False


class Shop:
    """Tells what happens from `BEGIN_MS` to `until_ms`, some `events_per_day` in all of a day of event time."""

    def __init__(self, seed: int, shoppers: int, events_per_day: float, until_ms: int) -> None:
        self._chance = Random(seed)
        self._shoppers = [Shopper(f"shopper-{number}") for number in range(shoppers)]
        self._between_visits_ms = EVENTS_PER_VISIT * shoppers / events_per_day * DAY_MS
        self._until_ms = until_ms

    def records(self) -> Iterator[OutRecord]:
        """Yield the records to send, in order of time; may be asked for once."""
        chance = self._chance
        first_visits = (int(chance.random() * self._between_visits_ms) for _ in self._shoppers)
        coming = [(BEGIN_MS + after_ms, number) for number, after_ms in enumerate(first_visits)]
        heapq.heapify(coming)
        while coming and coming[0][0] <= self._until_ms:
            at_ms, number = coming[0]
            shopper = self._shoppers[number]
            if not shopper.steps:
                self._begin_visit(shopper)
            record = self._do(shopper, shopper.steps.pop(), at_ms)
            yield record
            if chance.random() < 0.01:
                # A producer tries again what has arrived already.
                yield record
            pause_ms = chance.randint(8, 90) * SECOND_MS
            if not shopper.steps:
                pause_ms += int(chance.expovariate(1 / self._between_visits_ms))
            heapq.heapreplace(coming, (at_ms + pause_ms, number))

    def _begin_visit(self, shopper: Shopper) -> None:
        """Plan a visit; its steps stand last first."""
        chance, steps = self._chance, list[Step]()
        if not shopper.is_known:
            steps.append(("people", "identify", {"country": chance.choice(("US", "CA"))}))
            for purpose in PURPOSES:
                granted = chance.random() < 0.85
                steps.append(("people", "Consent Changed", {"purpose": purpose, "granted": granted}))
            shopper.is_known = True
        if chance.random() < 0.3:
            email: dict[str, object] = {"campaign": f"newsletter-{chance.randrange(9)}"}
            steps += [("email", "Email Delivered", email), ("email", "Email Opened", email)]
            if chance.random() < 0.4:
                steps.append(("email", "Email Link Clicked", email))
        for _ in range(chance.randint(1, 4)):
            steps.append(("clickstream", "Product Viewed", self._product()))
        if chance.random() < 0.5:
            steps += self._fill_cart()
        if chance.random() < 0.001:
            steps.append(("people", "Erasure Requested", {}))
            shopper.is_known = False
        shopper.steps = steps[::-1]

    def _fill_cart(self) -> list[Step]:
        chance = self._chance
        steps: list[Step] = []
        for _ in range(chance.randint(1, 3)):
            price = {"price": chance.randrange(5, 120), "currency": chance.choice(("USD", "EUR"))}
            steps.append(("cart", "Product Added", {**self._product(), **price}))
        if chance.random() < 0.4:
            steps.append(("cart", "Order Completed", {"total": chance.randrange(5, 300), "currency": "USD"}))
        elif chance.random() < 0.2:
            steps.append(("cart", "Product Removed", {"product_id": steps[0][2]["product_id"]}))
        return steps

    def _product(self) -> dict[str, object]:
        category = self._chance.choice(CATEGORIES)
        return {"product_id": f"{category}-{self._chance.randrange(20)}", "category": category}

    def _do(self, shopper: Shopper, step: Step, at_ms: int) -> OutRecord:
        topic, event, properties = step
        shopper.calls += 1
        message_id = f"{shopper.name}-{shopper.calls}"
        if event == "identify":
            call = Call("identify", shopper.name, timestamp=at_ms, traits=properties, message_id=message_id)
        else:
            call = Call("track", shopper.name, event, at_ms, properties, message_id=message_id)
        return OutRecord(topic, shopper.name, at_ms, encode_call(call))
