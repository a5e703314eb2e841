"""A shop in which all that is learnt decides something, and several deciders that share its users."""

from collections.abc import Sequence
from functools import cache
from typing import cast
from zlib import crc32

import msgspec

from stream.decision.decider import Decider, Taken
from stream.decision.knowledge.in_force import Snapshot
from stream.decision.knowledge.knowledge import Knowledge
from stream.decision.knowledge.learning import Learning
from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome
from stream.model.reference import Reference
from stream.replay.driving import Drive, Stop
from stream.replay.reading import Place

H = 3_600_000

_FILES = {
    "events.yaml": """\
currency: USD
topics:
  clickstream:
    visited:
    product_viewed: {product_id: string}
  cart:
    product_added: {product_id: string, price: money}
    order_completed: {products: [{product_id: string}]}
  email:
    email_opened: {trigger_id: string}
  people:
    erasure_requested:
""",
    "actions.yaml": """\
mail: {channel: email, purpose: marketing, template: hello, payload: {near: similar_to(seen)}}
ad: {channel: ads, purpose: marketing, template: banner, payload: {more: "goes_with(seen, n=2)"}}
text: {channel: sms, purpose: marketing, template: text}
""",
    "traits.yaml": "seen: {last: product_viewed.product_id}\n",
    "policy.yaml": "learn_every: 30m\n",
    "journeys/j.yaml": """\
enter: {event: visited, again_after: 0d}
goal: {event: order_completed, within: 1d}
steps:
  - choose: [mail, ad, text]
    policy: thompson
    explore: 10%
  - {trigger: mail, at: best_time within 6h}
""",
}


@cache
def shop() -> Definitions:
    return msgspec.structs.replace(load(dict(_FILES)), assumed_consents=frozenset({"marketing"}))


class Several:
    """Stands for one decider: each user belongs to one of several."""

    def __init__(self, definitions: Definitions, count: int) -> None:
        self.deciders = [Decider(definitions, {}) for _ in range(count)]

    def decide(self, event: Event) -> None:
        self.deciders[crc32(event.user.encode()) % len(self.deciders)].decide(event)

    def advance(self, clock_ms: int) -> None:
        for decider in self.deciders:
            decider.advance(clock_ms)

    def adopt(self, snapshot: Snapshot) -> None:
        for decider in self.deciders:
            decider.adopt(snapshot)

    @property
    def next_due_ms(self) -> int:
        return min(decider.next_due_ms for decider in self.deciders)

    def take(self) -> Taken:
        parts = [decider.take() for decider in reversed(self.deciders)]
        outcomes = [outcome for part in parts for outcome in part.outcomes]
        return Taken(outcomes, set(), 0, [each for part in parts for each in part.contributions])


def learnt(
    definitions: Definitions, events: Sequence[Event], stop: Stop = "last", deciders: int = 1
) -> tuple[list[AnyOutcome], list[Reference]]:
    """Replay events; return the outcomes as they are written, and the snapshots as they are published."""
    outcomes: list[AnyOutcome] = []
    published: list[Reference] = []
    decider = cast(Decider, Several(definitions, deciders))
    learning = Learning(decider, Knowledge(definitions.policy.learn_every_ms), published.append)
    drive = Drive(decider, outcomes.extend, learning=learning)
    drive.run([(Place(event.time_ms, 1, row), event) for row, event in enumerate(events)], stop)
    return outcomes, published
