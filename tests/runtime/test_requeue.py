"""Requeue: what goes back, where to, and that it goes back once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import pytest

from stream.runtime.delivery import partition_of
from stream.runtime.ports import TP, Record
from stream.runtime.requeue import LETTERS_A_TRANSACTION, Requeue, Requeued, Wish
from stream.runtime.settings_fields import Settings
from stream.runtime.task_ports import Fenced
from tests.runtime.fakes import INPUTS, START_MS, FakeBroker, FakeRecord, FakeTransactions, Worker, counted, run

TOOL = 99


class FakeLetters:
    def __init__(self, broker: FakeBroker, topic: str) -> None:
        self._records = broker.committed(topic)

    async def read(self) -> AsyncIterator[Sequence[Record]]:
        for at in range(0, len(self._records), 100):
            await asyncio.sleep(0)
            yield self._records[at : at + 100]


async def requeue(broker: FakeBroker, *, is_dry: bool = False, prefix: str = "", **wish: Any) -> Requeued:
    transactions = FakeTransactions(broker)
    writer = None if is_dry else await transactions.open(TOOL)
    letters = FakeLetters(broker, f"{prefix}dead-letters")
    return await Requeue(Settings(topic_prefix=prefix), letters, transactions).run(Wish(**wish), writer)


def letter(broker: FakeBroker, value: bytes | None = b"{", *, of: str = "cart/0/1", **extra: Any) -> None:
    """Put a dead letter into its topic, as a worker does."""
    ours = [
        ("stream-id", of.encode()),
        ("stream-reason", extra.get("reason", "not_json").encode()),
        ("stream-detail", b""),
        ("stream-time", b"5"),
        *extra.get("more", ()),
    ]
    headers = [*extra.get("headers", ()), *ours]
    partition = int(of.split("/")[1]) % broker.partitions
    broker.append(
        TP("dead-letters", partition),
        FakeRecord("dead-letters", partition, 0, extra.get("at_ms", START_MS), extra.get("key", b"k"), value, headers),
    )


def returned(broker: FakeBroker) -> list[FakeRecord]:
    return [record for topic in INPUTS for record in broker.committed(topic)]


def test_a_letter_goes_back_with_its_bytes_key_and_headers_and_says_which_it_was() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        letter(broker, b"\xff{", key=b"key", headers=[("trace", b"7"), ("stream-backfill", b"9")])
        done = await requeue(broker)
        assert (done.chosen, done.left) == (Counter({("cart", "not_json"): 1}), Counter())
        (record,) = returned(broker)
        assert (record.topic, record.key, record.value) == ("cart", b"key", b"\xff{")
        assert record.headers == [("trace", b"7"), ("stream-backfill", b"9"), ("stream-requeued", b"cart/0/1")]

    run(scenario())


def test_what_went_back_does_not_go_again_and_what_came_since_does() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        letter(broker, of="cart/0/1")
        await requeue(broker)
        letter(broker, of="cart/0/2")
        done = await requeue(broker)
        assert (done.chosen.total(), done.left) == (1, Counter({"requeued before": 1}))
        assert (await requeue(broker)).chosen.total() == 0
        assert [record.header("stream-requeued") for record in returned(broker)] == ["cart/0/1", "cart/0/2"]

    run(scenario())


def test_a_record_that_was_wrong_again_is_a_letter_of_its_own() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.send("cart", b"{")
        for _ in range(3):
            async with Worker(broker):
                await asyncio.sleep(3)
            assert (await requeue(broker)).chosen.total() == 1
        assert [record.headers for record in returned(broker)[1:]] == [
            [("stream-requeued", f"cart/0/{offset}".encode())] for offset in range(3)
        ]

    run(scenario())


def test_a_repaired_tracking_plan_takes_what_it_refused() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "order_completed", START_MS + 2 * 3_600_000, total=1)
        async with Worker(broker):
            await asyncio.sleep(3)
        assert broker.outcomes("segment-changes") == []
        await requeue(broker)
        async with Worker(broker, future_limit_ms=86_400_000) as worker:
            await asyncio.sleep(3)
            assert counted(worker.metrics, "events", topic="cart", type="order_completed") == 1
        assert [change["user_id"] for change in broker.outcomes("segment-changes")] == ["u1"]

    run(scenario())


@pytest.mark.parametrize(
    ("value", "user"),
    [
        ({"userId": "u1", "anonymousId": "a"}, "u1"),
        ({"user_id": "u2"}, "u2"),
        ({"userId": None, "anonymousId": "a1"}, "a1"),
        ({"anonymous_id": "a2"}, "a2"),
        ({"userId": 7}, None),
        ({"event": "x"}, None),
        ([1], None),
    ],
)
def test_it_goes_to_its_users_partition_or_where_no_user_can_be_read_to_where_it_was(value: Any, user: str) -> None:
    async def scenario() -> None:
        for partition in range(4):
            broker = FakeBroker(partitions=4)
            letter(broker, msgspec.json.encode(value), of=f"cart/{partition}/1")
            await requeue(broker)
            (record,) = returned(broker)
            assert record.partition == (partition if user is None else partition_of(user.encode(), 4))

    run(scenario())


def test_a_record_that_had_been_sent_on_goes_back_to_its_first_topic() -> None:
    async def scenario() -> None:
        broker = FakeBroker(partitions=4)
        came = [("a", b"1"), ("stream-rerouted-from", b"email/2/7"), ("stream-rerouted-time", b"5")]
        letter(broker, of="rerouted/3/1", headers=came)
        done = await requeue(broker)
        assert done.chosen == Counter({("email", "not_json"): 1})
        (record,) = returned(broker)
        assert (record.topic, record.partition) == ("email", 2)
        assert record.headers == [("a", b"1"), ("stream-requeued", b"rerouted/3/1")]

    run(scenario())


def test_headers_of_ours_that_a_producer_forged_are_taken_for_the_records_own() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        forged = [("stream-id", b"people/0/9"), ("stream-reason", b"x"), ("stream-cut-from-bytes", b"1")]
        letter(broker, of="cart/0/1", headers=forged)
        done = await requeue(broker)
        assert done.chosen == Counter({("cart", "not_json"): 1})
        assert returned(broker)[0].headers == [*forged, ("stream-requeued", b"cart/0/1")]

    run(scenario())


@pytest.mark.parametrize(
    ("wish", "chosen"),
    [
        ({}, {1, 2, 3}),
        ({"topics": frozenset({"email"})}, {3}),
        ({"reasons": frozenset({"not_json"})}, {1, 3}),
        ({"topics": frozenset({"cart"}), "reasons": frozenset({"not_json"})}, {1}),
        ({"from_ms": START_MS + 10}, {2, 3}),
        ({"from_ms": START_MS + 11}, {3}),
        ({"until_ms": START_MS + 10}, {1}),
        ({"until_ms": START_MS + 11}, {1, 2}),
    ],
)
def test_only_what_is_wished_for_goes_back_and_the_rest_may_later(wish: dict[str, Any], chosen: set[int]) -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        letter(broker, of="cart/0/1", at_ms=START_MS)
        letter(broker, of="cart/0/2", at_ms=START_MS + 10, reason="no_time")
        letter(broker, of="email/0/3", at_ms=START_MS + 20)
        assert (await requeue(broker, is_dry=True, **wish)).chosen.total() == len(chosen)
        assert returned(broker) == []
        await requeue(broker, **wish)
        assert {int(record.header("stream-requeued")[-1]) for record in returned(broker)} == chosen
        assert (await requeue(broker)).left["requeued before"] == len(chosen)
        assert len(returned(broker)) == 3

    run(scenario())


def test_what_was_cut_short_or_is_of_no_input_topic_stays() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        letter(broker, of="cart/0/1", more=[("stream-cut-from-bytes", b"2000000")])
        letter(broker, of="other/0/1")
        broker.append(TP("dead-letters", 0), FakeRecord("dead-letters", 0, 0, START_MS, None, b"not ours"))
        done = await requeue(broker)
        assert done.left == Counter({"cut short when they were dead-lettered": 1, "of topics that are no input": 1})
        assert returned(broker) == []

    run(scenario())


def test_more_than_a_transaction_holds_goes_back_in_order() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        count = 2 * LETTERS_A_TRANSACTION + 7
        for number in range(count):
            letter(broker, of=f"cart/0/{number}")
        await requeue(broker)
        assert [r.header("stream-requeued") for r in returned(broker)] == [f"cart/0/{n}" for n in range(count)]

    run(scenario())


def test_one_that_crashes_under_way_has_returned_each_letter_with_its_mark_or_not_at_all() -> None:
    async def scenario() -> None:
        broker, steps = FakeBroker(), iter(range(100))
        for number in range(LETTERS_A_TRANSACTION + 5):
            letter(broker, of=f"cart/0/{number}")

        def dies(step: str) -> None:
            if step == "commit" and next(steps) == 1:
                raise ConnectionError

        broker.trouble = dies
        with pytest.raises(ConnectionError):
            await requeue(broker)
        assert len(returned(broker)) == LETTERS_A_TRANSACTION
        assert (await requeue(broker)).chosen.total() == 5
        assert len({r.header("stream-requeued") for r in returned(broker)}) == len(returned(broker))

    run(scenario())


def test_a_second_run_takes_the_right_to_commit_from_the_first() -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        letter(broker)
        transactions, letters = FakeTransactions(broker), FakeLetters(broker, "dead-letters")
        first = await transactions.open(TOOL)
        await requeue(broker)
        with pytest.raises(Fenced):
            await Requeue(Settings(), letters, transactions).run(Wish(), first)
        assert len(returned(broker)) == 1

    run(scenario())
