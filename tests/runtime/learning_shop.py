"""A shop that learns which of two actions brings orders, and what is right for a history of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from random import Random
from typing import Any

import msgspec

from stream.decision.decider import Decider
from stream.decision.knowledge.knowledge import Knowledge
from stream.decision.knowledge.learning import Learning
from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.model.codec import Codec
from stream.model.outcomes import AnyOutcome, Trigger, encode_outcome
from tests.runtime.virtual_time import START_MS

MINUTE_MS = 60_000
EVERY_MS = 10 * MINUTE_MS

CONFIG = {
    "events.yaml": (
        "currency: EUR\n"
        "topics:\n"
        "  clickstream:\n"
        "    visited:\n"
        "  cart:\n"
        "    order_completed: {total: money}\n"
        "  email:\n"
        "    email_opened: {trigger_id: string}\n"
        "  people:\n"
        "    erasure_requested:\n"
    ),
    "policy.yaml": "learn_every: 10m\nwithout_consent: [marketing]\n",
    "actions.yaml": (
        "mail: {channel: email, purpose: marketing, template: mail, valid_for: 12h}\n"
        "ad: {channel: ads, purpose: marketing, template: ad, valid_for: 12h}\n"
    ),
    "journeys/asking.yaml": (
        "enter: {event: visited, again_after: 0d}\n"
        "goal: {event: order_completed, within: 1d}\n"
        "steps:\n"
        "  - choose: [mail, ad]\n    policy: thompson\n    explore: 2%\n"
        "  - wait: 7m\n"
        "  - choose: [mail, ad]\n    policy: thompson\n    explore: 2%\n"
    ),
}


@cache
def learning_shop() -> Definitions:
    return load(CONFIG)


def history(seed: int, users: int = 12, minutes: int = 90) -> list[dict[str, Any]]:
    """Visits and orders, in order of time, no two at once."""
    chance, calls = Random(seed), []
    times = sorted(chance.sample(range(minutes * MINUTE_MS), users * 8))
    for at_ms in times:
        name = "visited" if chance.random() < 0.6 else "order_completed"
        user = f"u{chance.randrange(users)}"
        who = {"userId": user, "messageId": f"m{len(calls)}"}
        calls.append({"type": "track", "event": name, "timestamp": START_MS + at_ms, "properties": {}, **who})
    return calls


def decided_by_one(calls: Iterable[dict[str, Any]], until_ms: int) -> list[AnyOutcome]:
    """What one hand decides that has all users, and learns at every barrier."""
    codec = Codec(learning_shop().plan)
    found = (codec.decode(msgspec.json.encode(call), f"cart/0/{number}") for number, call in enumerate(calls))
    events = [event for event in found if event is not None]
    learning = Learning(Decider(learning_shop(), {}), Knowledge(EVERY_MS))
    early = [event for event in events if event.time_ms <= until_ms]
    return [outcome for taken in learning.decide(until_ms, early) for outcome in taken.outcomes]


def triggers(outcomes: Iterable[AnyOutcome]) -> list[bytes]:
    """The triggers, as they are written, in an order of their own."""
    return sorted(encode_outcome(outcome) for outcome in outcomes if isinstance(outcome, Trigger))
