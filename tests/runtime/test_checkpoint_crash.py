"""Crashes at every step of a checkpoint: the successor goes on from the last one, and each outcome is seen once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable
from operator import itemgetter

import pytest

from stream.decision.decider import Decider
from stream.model.codec import Codec
from stream.model.errors import StreamStop
from stream.model.events import TOPIC_RANK, Event
from stream.model.outcomes import TOPIC_OF, encode_outcome
from stream.model.profile import Profile, encode_profile
from stream.runtime.delivery import partition_of
from stream.runtime.position import POSITION_KEY, decode_position
from stream.runtime.task_ports import Failed
from tests.runtime.fakes import (
    CHANGELOG,
    MINUTE_MS,
    OUTPUTS,
    START_MS,
    FakeBroker,
    FakeTransactions,
    Worker,
    definitions,
    run,
)

USERS = 300
POISON = b"no json"


def played(broker: FakeBroker, *, shuffled: bool) -> None:
    """A history of carts, views and orders with a heartbeat every 20 minutes, out of order within each if so wished."""
    chance = random.Random(7)
    interval: list[tuple[int, str, str]] = []
    for minute in range(200):
        for _ in range(10):
            name = chance.choice(["product_viewed", "product_added", "product_added", "order_completed"])
            interval.append((START_MS + minute * MINUTE_MS, f"u{chance.randrange(USERS)}", name))
        if minute % 20 == 19:
            if shuffled:
                chance.shuffle(interval)
            for time_ms, user, name in interval:
                # Without message ids, or the profiles would recognise what is decided twice.
                broker.event(user, name, time_ms, product_id="p")
            interval.clear()
            broker.send("cart", POISON)
            broker.heartbeat(START_MS + minute * MINUTE_MS)
    broker.heartbeat(START_MS + 400 * MINUTE_MS)


def seen(broker: FakeBroker) -> list[tuple[str, bytes | None]]:
    """Everything a subscriber sees, repeats included."""
    return sorted((topic, record.value) for topic in OUTPUTS for record in broker.committed(topic))


def oracle(broker: FakeBroker) -> tuple[list[tuple[str, bytes | None]], dict[bytes | None, bytes]]:
    """What is to be seen, and each user's profile, by the pure core over the same events in total order."""
    codec, profiles = Codec(definitions().plan), dict[str, Profile]()
    expected: list[tuple[str, bytes | None]] = []
    events: list[tuple[int, int, int, Event]] = []
    for tp, log in broker.logs.items():
        for record in log:
            if record.value == POISON:
                expected.append(("dead-letters", POISON))
            elif record.value is not None:
                event = codec.decode(record.value, f"{tp.topic}/{tp.partition}/{record.offset}")
                assert event is not None
                events.append((event.time_ms, TOPIC_RANK[tp.topic], record.offset, event))
    decider = Decider(definitions(), profiles)
    for *_, event in sorted(events, key=itemgetter(0, 1, 2)):
        decider.decide(event)
    decider.advance(START_MS + 400 * MINUTE_MS)
    expected += [(TOPIC_OF[type(outcome)], encode_outcome(outcome)) for outcome in decider.take().outcomes]
    return sorted(expected), {user.encode(): encode_profile(profile) for user, profile in profiles.items()}


class Crash:
    """Ends the worker at the n-th step of its writers; the step itself never returns."""

    def __init__(self, broker: FakeBroker, at: int) -> None:
        self.left = at
        self.is_due = asyncio.Event()
        broker.trouble = self

    def __call__(self, step: str) -> Awaitable[None] | None:
        self.left -= 1
        if self.left < 0:
            self.is_due.set()
            return asyncio.sleep(10_000)
        return None


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("every", [1, 4, 9])
def test_crashes_at_any_step_change_nothing_that_is_seen(shuffled: bool, every: int) -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        played(broker, shuffled=shuffled)
        expected, profiles = oracle(broker)
        for number in range(12):
            crash = Crash(broker, every + number)
            worker = await Worker(broker, batch=37, clock="event", checkpoint_min_ms=1).start()
            await asyncio.wait({asyncio.create_task(crash.is_due.wait())}, timeout=20)
            await worker.crash()
        broker.trouble = lambda step: None
        async with Worker(broker, clock="event"):
            await asyncio.sleep(30)
        state = {key: value for key, value in broker.state().items() if key and not key.startswith(b"\xff")}
        assert seen(broker) == expected
        assert state == profiles
        assert {topic for topic, _ in expected} == set(OUTPUTS)

    run(scenario())


def test_a_failed_transaction_stops_the_worker_and_leaves_nothing_to_be_seen() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "order_completed", START_MS)
        broker.heartbeat(START_MS)

        def refuse(step: str) -> None:
            if step == "commit":
                raise Failed("the broker said no")

        broker.trouble = refuse
        async with Worker(broker, clock="event") as worker:
            with pytest.raises(Failed, match="said no"):
                await worker.tasks.failure
            assert seen(broker) == []
            assert broker.state() == {}
            assert worker.tasks.gauges() == []

    run(scenario())


def test_what_was_half_decided_when_the_worker_had_to_stop_is_not_committed_when_it_is_given_away() -> None:
    async def scenario() -> None:
        broker, gate = FakeBroker(partitions=4), asyncio.Event()
        right = [user for user in (f"u{n}" for n in range(40)) if partition_of(user.encode(), 4) == 0]
        wrong = next(user for user in (f"u{n}" for n in range(40)) if partition_of(user.encode(), 4) != 0)
        broker.trouble = lambda step: gate.wait() if step == "commit" else None

        def order(user: str) -> None:
            call = {"type": "track", "event": "order_completed", "userId": user, "timestamp": START_MS}
            broker.send("cart", call, partition=0)

        order(right[0])
        async with Worker(broker, misplaced_percent=0) as worker:
            await asyncio.sleep(3)
            for user in (right[1], wrong, right[2]):
                order(user)
            await asyncio.sleep(3)
            leaving = asyncio.create_task(worker.tasks.revoked(frozenset({0})))
            await asyncio.sleep(1)
            gate.set()
            await leaving
        assert [c["user_id"] for c in broker.outcomes("segment-changes")] == [right[0]]
        positions = [
            decode_position(record.value or b"")
            for record in broker.committed(CHANGELOG)
            if record.partition == 0 and record.key == POSITION_KEY
        ]
        assert [position.next_offsets["cart"] for position in positions] == [1]

    run(scenario())


def test_a_fenced_worker_changes_nothing_outside_and_stops() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "order_completed", START_MS)
        broker.heartbeat(START_MS)
        async with Worker(broker, clock="event") as first:
            await asyncio.sleep(5)
            before = seen(broker)
            await FakeTransactions(broker).open(0)
            broker.event("u2", "order_completed", START_MS + 1)
            broker.heartbeat(START_MS + 1)
            with pytest.raises(Exception, match="begin"):
                await first.tasks.failure
            assert seen(broker) == before

    run(scenario())


def test_deciding_goes_on_while_a_checkpoint_commits_and_two_are_never_open() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        steps: list[str] = []
        gate = asyncio.Event()

        def hold(step: str) -> Awaitable[object] | None:
            steps.append(step)
            return gate.wait() if step == "commit" else None

        broker.trouble = hold
        broker.event("u1", "order_completed", START_MS)
        broker.heartbeat(START_MS)
        async with Worker(broker, clock="event") as worker:
            await asyncio.sleep(5)
            broker.event("u2", "order_completed", START_MS + 1)
            broker.heartbeat(START_MS + 1)
            await asyncio.sleep(5)
            assert worker.tasks.gauges()[0].segment_members == {"buyer": 2}
            assert steps.count("begin") == 1
            assert broker.outcomes("segment-changes") == []
            gate.set()
            await asyncio.sleep(5)
            assert steps.count("begin") == 2
            assert [c["user_id"] for c in broker.outcomes("segment-changes")] == ["u1", "u2"]

    run(scenario())


def test_giving_away_commits_what_was_decided_and_the_next_owner_decides_nothing_again() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "order_completed", START_MS)
        broker.heartbeat(START_MS)
        async with Worker(broker, clock="event", checkpoint_min_ms=9_000, checkpoint_max_ms=10_000) as worker:
            await asyncio.sleep(1)
            broker.event("u2", "order_completed", START_MS + 1)
            broker.heartbeat(START_MS + 1)
            await asyncio.sleep(1)
            assert len(broker.outcomes("segment-changes")) == 1
            await worker.tasks.revoked(frozenset({0}))
            assert len(broker.outcomes("segment-changes")) == 2
            assert worker.tasks.gauges() == []
            assert {tp.topic: offset for tp, offset in worker.tasks.positions().items()}["cart"] == 4
        again = Worker(broker, clock="event")
        async with again:
            await asyncio.sleep(5)
            assert len(broker.outcomes("segment-changes")) == 2
            assert again.tasks.gauges()[0].segment_members == {"buyer": 2}

    run(scenario())


def test_an_outcome_larger_than_its_topic_takes_stops_the_worker_each_time_and_nothing_of_its_checkpoint_is_seen() -> (
    None
):
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_viewed", START_MS)

        def refuses(step: str) -> None:
            if step == "commit":
                raise StreamStop("triggers takes no record of 2,000,000 bytes")

        async with Worker(broker):
            await asyncio.sleep(3)
        kept = broker.state()
        broker.event("u1", "order_completed", START_MS)
        broker.trouble = refuses
        for _ in range(2):
            async with Worker(broker) as worker:
                with pytest.raises(StreamStop, match="triggers takes no record"):
                    await asyncio.shield(worker.tasks.failure)
        assert broker.open == {}, "the transaction is aborted: no subscriber waits for its time-out"
        assert (seen(broker), broker.state()) == ([], kept)

    run(scenario())
