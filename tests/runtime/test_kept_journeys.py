"""Definitions kept with the state: when they are written and taken out, and how people stay on the steps they know."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgspec
import pytest

from stream.decision.turn import Use
from stream.definitions import load
from stream.definitions.kept import KeptJourney
from stream.definitions.shapes import Definitions
from stream.model.errors import StreamStop
from stream.model.profile import decode_profile
from stream.runtime.kept_journeys import JOURNEY_KEY, KEPT_FOR_LATE_MS, KeptJourneys, taken_out
from stream.runtime.position import POSITION_KEY, decode_position, encode_position
from stream.runtime.restoring import Programs
from stream.runtime.task_ports import Failed
from tests.runtime import fakes
from tests.runtime.fakes import MINUTE_MS, START_MS, FakeBroker, FakeRecord, Worker, run
from tests.runtime.small_shop import CONFIG

HOUR_MS, DAY_MS = 60 * MINUTE_MS, 24 * 60 * MINUTE_MS
PATH = "journeys/recovery.yaml"
ENTER = "enter: {segment: waiting, key: cart.id, again_after: 7d}\n"
OLD = ENTER + "steps:\n  - {wait: 1d, name: pause}\n  - trigger: nudge\n"
NEW = ENTER + "steps:\n  - {wait: 2h, name: rest}\n  - trigger: shout\n"
ACTIONS = CONFIG["actions.yaml"] + "shout: {channel: email, purpose: marketing, template: loud, valid_for: 12h}\n"
ENTERED_MS = START_MS + HOUR_MS


def shop(journey: str, actions: str = ACTIONS) -> Definitions:
    files = {**CONFIG, PATH: journey, "actions.yaml": actions}
    if not journey:
        del files[PATH]
    return msgspec.structs.replace(load(files), assumed_consents=frozenset({"marketing"}))


def deploy(broker: FakeBroker, monkeypatch: pytest.MonkeyPatch, definitions: Definitions, **settings: Any) -> Worker:
    monkeypatch.setattr(fakes, "definitions", lambda: definitions)
    return Worker(broker, clock="event", **settings)


def of_journey(definitions: Definitions) -> bytes:
    return JOURNEY_KEY + definitions.journeys["recovery"].hash.encode()


def journeys_in(broker: FakeBroker) -> set[bytes]:
    return {key for key in broker.state() if key is not None and key.startswith(JOURNEY_KEY)}


def sent(broker: FakeBroker) -> list[tuple[int, str]]:
    return [(trigger["at_ms"] - ENTERED_MS, trigger["action"]) for trigger in broker.outcomes("triggers")]


async def one_inside(broker: FakeBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a cart be abandoned, and its user wait at the first step."""
    broker.event("u1", "product_added", START_MS, product_id="p")
    broker.heartbeat(ENTERED_MS)
    async with deploy(broker, monkeypatch, shop(OLD)):
        await asyncio.sleep(3)


async def until(broker: FakeBroker, monkeypatch: pytest.MonkeyPatch, present: Definitions, at_ms: int) -> None:
    broker.heartbeat(at_ms)
    async with deploy(broker, monkeypatch, present):
        await asyncio.sleep(3)


def test_a_definition_is_kept_in_the_transaction_in_which_somebody_goes_by_it_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        async with deploy(broker, monkeypatch, shop(OLD)):
            await asyncio.sleep(3)
            broker.event("u1", "product_added", START_MS, product_id="p")
            broker.heartbeat(START_MS + 1)
            await asyncio.sleep(3)
            assert journeys_in(broker) == set()
            broker.heartbeat(ENTERED_MS)
            await asyncio.sleep(3)
        (written,) = [one for one in broker.committed(fakes.CHANGELOG) if one.key == of_journey(shop(OLD))]
        with_it = [one.key for one in broker.committed(fakes.CHANGELOG) if one.transaction is written.transaction]
        assert with_it == [written.key, b"u1", POSITION_KEY]

    run(scenario())


def test_people_stay_on_the_steps_they_know_over_an_edit_and_the_definition_goes_when_nobody_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario() -> None:
        broker, old = FakeBroker(), of_journey(shop(OLD))
        await one_inside(broker, monkeypatch)
        await until(broker, monkeypatch, shop(NEW), ENTERED_MS + 3 * HOUR_MS)
        assert sent(broker) == []
        await until(broker, monkeypatch, shop(NEW), ENTERED_MS + DAY_MS)
        assert sent(broker) == [(DAY_MS, "nudge")]
        needed_until_ms = ENTERED_MS + DAY_MS + 12 * HOUR_MS + KEPT_FOR_LATE_MS
        await until(broker, monkeypatch, shop(NEW), needed_until_ms)
        assert journeys_in(broker) == {old}
        await until(broker, monkeypatch, shop(NEW), needed_until_ms + 2)
        broker.heartbeat(needed_until_ms + 3)
        await until(broker, monkeypatch, shop(NEW), needed_until_ms + 4)
        assert journeys_in(broker) == set()
        assert decode_position(broker.state()[POSITION_KEY]).uses == {}

    run(scenario())


def test_a_mapping_moves_people_and_exit_ends_their_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(migrate: str) -> tuple[list[tuple[int, str]], list[str]]:
        broker = FakeBroker()
        await one_inside(broker, monkeypatch)
        broker.event("u1", "product_viewed", ENTERED_MS + MINUTE_MS)
        await until(broker, monkeypatch, shop(NEW + migrate), ENTERED_MS + 2 * DAY_MS)
        reasons = [one["reason"] for one in broker.outcomes("decisions") if one.get("change") == "ended"]
        return sent(broker), reasons

    assert run(scenario("migrate: {pause: rest}\n")) == ([(2 * HOUR_MS, "shout")], ["completed"])
    assert run(scenario("migrate: {pause: exit}\n")) == ([], ["migrated"])


FATES = {
    "stay": (shop(NEW), logging.INFO, "they stay on its steps"),
    "moved": (shop(NEW + "migrate: {pause: rest}\n"), logging.INFO, "but for those at pause: `migrate` moves them"),
    "gone": (shop(""), logging.WARNING, "the journey is gone, so they leave it"),
    "unreadable": (
        shop(NEW, ACTIONS.replace("nudge:", "poke:")),
        logging.WARNING,
        "they end where they would go on (journeys/recovery.yaml:4:14: there is no action 'nudge')",
    ),
}


@pytest.mark.parametrize("fate", FATES)
def test_a_start_says_how_many_go_by_an_older_definition_and_what_becomes_of_them(
    fate: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    present, level, says = FATES[fate]

    async def scenario() -> None:
        broker = FakeBroker()
        await one_inside(broker, monkeypatch)
        caplog.clear()
        async with deploy(broker, monkeypatch, present) as worker:
            worker.metrics.show_tasks(worker.tasks.gauges())
            (said,) = [one for one in caplog.records if "older definition" in one.message]
            hash_ = shop(OLD).journeys["recovery"].hash
            assert (said.levelno, f"journey recovery: 1 runs go by an older definition, {hash_}: " in said.message) == (
                level,
                True,
            )
            assert says in said.message
            labels = {"journey": "recovery", "definition": hash_}
            assert worker.metrics.registry.get_sample_value("stream_older_runs", labels) == 1

    with caplog.at_level(logging.INFO, "stream"):
        run(scenario())


def test_nothing_is_said_where_all_go_by_the_present_definitions(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        await one_inside(broker, monkeypatch)
        await until(broker, monkeypatch, shop(OLD), ENTERED_MS + 1)

    with caplog.at_level(logging.INFO, "stream"):
        run(scenario())
    assert "older definition" not in caplog.text


@pytest.mark.parametrize("step", ["begin", "write", "commit", "committed"])
def test_a_checkpoint_that_fails_after_an_edit_loses_no_definition(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_added", START_MS, product_id="p")
        broker.heartbeat(ENTERED_MS)

        def trouble(at: str) -> None:
            if at == step:
                broker.trouble = lambda _: None
                raise Failed(at)

        broker.trouble = trouble
        worker = await deploy(broker, monkeypatch, shop(OLD)).start()
        await asyncio.sleep(3)
        await worker.crash()
        await until(broker, monkeypatch, shop(OLD), ENTERED_MS)
        broker.trouble = trouble
        broker.heartbeat(ENTERED_MS + HOUR_MS)
        worker = await deploy(broker, monkeypatch, shop(NEW)).start()
        await asyncio.sleep(3)
        await worker.crash()
        await until(broker, monkeypatch, shop(NEW), ENTERED_MS + 2 * DAY_MS)
        assert sent(broker) == [(DAY_MS, "nudge")]

    run(scenario())


def test_a_task_that_comes_back_without_recovery_writes_no_definition_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        broker.event("u1", "product_added", START_MS, product_id="p")
        broker.heartbeat(ENTERED_MS)
        async with deploy(broker, monkeypatch, shop(OLD)) as worker:
            await asyncio.sleep(3)
            await worker.tasks.revoked(frozenset({0}))
            await worker.tasks.assigned(frozenset({0}), worker.sources)
            broker.event("u2", "product_added", ENTERED_MS + 1, product_id="p")
            broker.heartbeat(ENTERED_MS + 2 * HOUR_MS)
            await asyncio.sleep(3)
        assert len(broker.writers) == 1
        assert [one.key for one in broker.committed(fakes.CHANGELOG)].count(of_journey(shop(OLD))) == 1

    run(scenario())


def test_a_state_kept_by_a_version_that_counted_no_uses_is_counted_at_the_take_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        await one_inside(broker, monkeypatch)
        position = decode_position(broker.state()[POSITION_KEY])
        before = position.uses
        position.uses = None
        changes = [(POSITION_KEY, encode_position(position)), (of_journey(shop(OLD)), None)]
        for key, value in changes:
            broker.append(fakes.TP(fakes.CHANGELOG, 0), FakeRecord(fakes.CHANGELOG, 0, 0, 0, key, value))
        assert "uses" not in msgspec.msgpack.decode(broker.state()[POSITION_KEY])
        await until(broker, monkeypatch, shop(OLD), ENTERED_MS + 1)
        assert decode_position(broker.state()[POSITION_KEY]).uses == before
        assert journeys_in(broker) == {of_journey(shop(OLD))}

    run(scenario())


def test_without_its_text_a_run_ends_where_it_would_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario() -> None:
        broker = FakeBroker()
        await one_inside(broker, monkeypatch)
        record = FakeRecord(fakes.CHANGELOG, 0, 0, 0, of_journey(shop(OLD)), None)
        broker.append(fakes.TP(fakes.CHANGELOG, 0), record)
        await until(broker, monkeypatch, shop(NEW), ENTERED_MS + 2 * DAY_MS)
        assert sent(broker) == []
        assert decode_profile(broker.state()[b"u1"]).runs[0].pc == -1

    run(scenario())


def test_a_record_of_a_later_version_stops_the_worker() -> None:
    with pytest.raises(StreamStop, match="a later version"):
        taken_out({b"\xffnovelty": b""})
    with pytest.raises(StreamStop, match="cannot be read"):
        taken_out({JOURNEY_KEY + b"a": b"\xc1"})
    latest: dict[bytes, bytes | None] = {b"u": b"1", JOURNEY_KEY + b"a": None}
    assert taken_out(latest) == {}
    assert latest == {b"u": b"1"}


def test_a_definition_in_use_is_neither_forgotten_nor_written_twice() -> None:
    text = KeptJourney("j", "enter:\n")
    kept = KeptJourneys({"old": text}, {"new": text})
    uses = {"old": Use("j", 1), "new": Use("j", 1), "unknown": Use("j", 1)}
    assert [one.key for one in kept.changes(uses, 10**15)] == [JOURNEY_KEY + b"new"]
    assert kept.changes(uses, 10**15) == []
    assert kept.older_runs(uses) == {("j", "old"): 1, ("j", "unknown"): 1}
    uses.update(old=Use("j", 0, 1_000), new=Use("j", 0, 1_000))
    assert kept.changes(uses, 1_000 + KEPT_FOR_LATE_MS) == []
    assert [(one.key, one.value) for one in kept.changes(uses, 1_001 + KEPT_FOR_LATE_MS)] == [
        (JOURNEY_KEY + b"old", None)
    ]
    assert uses == {"unknown": Use("j", 1)}


def test_tasks_that_keep_the_same_definitions_share_a_program() -> None:
    programs = Programs(shop(NEW), b"")
    one = {"a": KeptJourney("recovery", OLD)}
    assert programs.with_kept(one) is programs.with_kept(dict(one))
    assert programs.with_kept(programs.present) is programs.with_kept({})
    assert programs.with_kept(one) is not programs.with_kept({})
