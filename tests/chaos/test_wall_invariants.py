"""The invariants of wall mode accept what an undisturbed worker leaves, and each kind of damage is found."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from stream.decision.decider import Decider
from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.model.events import TOPICS, Event
from stream.model.outcomes import TOPIC_OF, encode_outcome
from stream.model.profile import Profile, encode_profile
from stream.runtime.position import Position
from stream.testkit.files import read_config
from tests.chaos.wall_again import Again
from tests.chaos.wall_invariants import Lineage
from tests.chaos.wall_load import quick_config
from tests.chaos.wall_log import DECIDED_TOPICS, Checkpoint, Seen, TaskLog, Told

BEGIN_MS = 1_800_000_000_000
CART, PEOPLE = TOPICS.index("cart"), TOPICS.index("people")
LATENESS_MS = 2_000
IDLE_MS = 3_000
END_MS = BEGIN_MS + 60_000


@cache
def definitions() -> Definitions:
    with TemporaryDirectory() as folder:
        return load(read_config(quick_config(Path(folder))))


def consent(at_ms: int, user: str = "u") -> Event:
    return Event(user, "consent_changed", at_ms, f"consent-{user}", {"purpose": "marketing", "granted": True})


def added(at_ms: int, user: str = "u") -> Event:
    return Event(user, "product_added", at_ms, f"cart/0/{at_ms}", {"product_id": "p1", "quantity": 1}, repeatable=False)


def ordered(at_ms: int, user: str = "u") -> Event:
    return Event(user, "order_completed", at_ms, f"order-{user}", {})


def erased(at_ms: int, user: str = "u") -> Event:
    return Event(user, "erasure_requested", at_ms, f"erasure-{at_ms}", {})


class Shop:
    """Decides as a worker does, with a checkpoint after each step, and writes down what it leaves."""

    def __init__(self) -> None:
        self.log = TaskLog(0, list(TOPICS), told=[[] for _ in TOPICS], seen={topic: [] for topic in DECIDED_TOPICS})
        self._profiles: dict[str, Profile] = {}
        self._decider = Decider(definitions(), self._profiles)
        self._next = dict.fromkeys(TOPICS, 0)
        self._clock_ms = BEGIN_MS - LATENESS_MS

    def tell(self, event: Event, rank: int, written_ms: int | None = None) -> None:
        """Put an event into the log, without deciding it."""
        at_ms = event.time_ms if written_ms is None else written_ms
        self.log.told[rank].append(Told(event, rank, len(self.log.told[rank]), at_ms))
        self.log.ends = {topic: len(lane) for topic, lane in zip(TOPICS, self.log.told, strict=True)}

    def decide(self, event: Event, rank: int, written_ms: int | None = None) -> None:
        self.tell(event, rank, written_ms)
        self.take_in(event, rank)

    def take_in(self, event: Event, rank: int) -> None:
        """Decide an event that is in the log already."""
        self._decider.decide(event)
        self._next[TOPICS[rank]] += 1
        self._commit()

    def fire(self, until_ms: int) -> None:
        self._decider.advance(until_ms)
        self._clock_ms = until_ms
        self._commit()

    def fire_own(self, user: str, until_ms: int) -> None:
        """Fire one user's timers ahead of the clock, for an event of theirs that waits for its turn."""
        self._decider.fire_own(user, until_ms)
        self._commit()

    def _commit(self) -> None:
        taken, counts = self._decider.take(), self._decider.counts
        state = {user: encode_profile(p) if (p := self._profiles.get(user)) else None for user in taken.changed}
        position = Position(
            next_offsets=dict(self._next),
            clock_ms=self._clock_ms,
            segments=dict(counts.segments),
            runs=dict(counts.runs),
        )
        self.log.checkpoints.append(Checkpoint(dict(state), position, END_MS))
        for outcome in taken.outcomes:
            seen = Seen(outcome.id, outcome.user_id, encode_outcome(outcome), END_MS)
            self.log.seen[TOPIC_OF[type(outcome)]].append(seen)


@pytest.fixture
def shop() -> Shop:
    """One who leaves a cart, and hears of it."""
    shop = Shop()
    shop.decide(consent(BEGIN_MS), PEOPLE)
    shop.decide(added(BEGIN_MS + 1_000), CART)
    shop.fire(BEGIN_MS + 1_000 + IDLE_MS)
    assert len(shop.log.seen["triggers"]) == 1
    shop.fire(END_MS)
    return shop


def said_of(shop: Shop) -> str:
    lineage = Lineage(shop.log, Again(definitions()), LATENESS_MS)
    lineage.follow()
    lineage.check_the_end()
    return "\n".join(lineage.said)


def test_an_undisturbed_run_is_right(shop: Shop):
    assert said_of(shop) == ""


@pytest.mark.parametrize(("written_ms", "is_right"), [(END_MS, True), (END_MS + 1, False)])
def test_own_timers_fire_ahead_of_the_clock_for_an_event_that_was_read_alone(written_ms: int, is_right: bool):
    shop, later = Shop(), added(BEGIN_MS + 9_000)
    shop.decide(consent(BEGIN_MS), PEOPLE)
    shop.decide(added(BEGIN_MS + 1_000), CART)
    shop.tell(later, CART, written_ms)
    shop.fire_own("u", BEGIN_MS + 1_000 + IDLE_MS)
    shop.take_in(later, CART)
    shop.fire(END_MS + LATENESS_MS)
    assert ("no right way" not in said_of(shop)) == is_right


def test_an_outcome_that_is_lost_or_comes_twice_is_found(shop: Shop):
    shop.log.seen["triggers"].append(shop.log.seen["triggers"][-1])
    assert "seen, and not decided" in said_of(shop)
    del shop.log.seen["triggers"][-2:]
    assert "no right way" in said_of(shop)


def test_who_comes_back_after_an_erasure_is_right_and_what_remains_of_them_must_be(shop: Shop):
    shop.decide(erased(END_MS + 1), PEOPLE)
    shop.decide(added(END_MS + 2), CART)
    shop.decide(erased(END_MS + 3), PEOPLE)
    assert said_of(shop) == ""
    first, second = (shop.log.checkpoints[place].state for place in (-3, -1))
    (place,) = first.keys() - {"u"}
    first[place] = second[place]
    assert "no right way" in said_of(shop)


def test_a_state_that_was_not_written_is_found(shop: Shop):
    shop.log.checkpoints[1].state.clear()
    assert "no right way" in said_of(shop)


def test_an_event_decided_twice_is_found(shop: Shop):
    again = added(END_MS + 1)
    shop.decide(again, CART)
    assert said_of(shop) == ""
    shop.take_in(again, CART)
    shop.log.checkpoints[-1].position.next_offsets["cart"] -= 1
    assert "no right way" in said_of(shop)


def test_a_position_that_goes_back_or_stops_before_the_end_is_found(shop: Shop):
    shop.tell(added(END_MS), CART)
    assert "decided up to 1, and ends at 2" in said_of(shop)
    shop.log.checkpoints[-1].position.next_offsets["cart"] = 0
    assert "goes back" in said_of(shop)


def test_a_due_timer_that_never_fires_is_found(shop: Shop):
    shop.decide(added(END_MS + 1_000), CART)
    shop.log.checkpoints[-1].position.clock_ms = END_MS + 20_000
    shop.log.checkpoints[-1].written_ms = END_MS + 20_000
    assert "not fired" in said_of(shop)


@pytest.mark.parametrize(("written_after_ms", "is_found"), [(LATENESS_MS - 600, True), (LATENESS_MS - 400, False)])
def test_a_timer_may_fire_over_a_purchase_only_if_that_was_written_too_late(written_after_ms: int, is_found: bool):
    shop = Shop()
    shop.decide(consent(BEGIN_MS), PEOPLE)
    shop.decide(added(BEGIN_MS + 1_000), CART)
    due_ms = BEGIN_MS + 1_000 + IDLE_MS
    shop.tell(ordered(due_ms), CART, due_ms + written_after_ms)
    shop.fire(due_ms)
    shop.take_in(ordered(due_ms), CART)
    shop.fire(END_MS)
    assert ("fired over order_completed" in said_of(shop)) == is_found


def test_counts_that_drift_are_found(shop: Shop):
    shop.log.checkpoints[-1].position.runs["cart_recovery"] = 7
    assert "runs: " in said_of(shop)
