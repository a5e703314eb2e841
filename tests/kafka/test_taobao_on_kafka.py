"""A real history through real Kafka and real workers: what `stream replay` says of the file, and nothing else."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner

from stream.adapters.formats import adapter_for
from stream.cli.replay import command as replay_command
from stream.decision.decider import Decider
from stream.definitions import load
from stream.model.calls import Call, encode_call
from stream.model.events import Event
from stream.model.outcomes import OUTPUT_TOPICS
from stream.model.profile import Profile, decode_profile
from stream.replay.reading import Reading, ordered_records
from stream.testkit.files import read_config
from tests.data_sets import TAOBAO, data_file
from tests.kafka.workers import Outcomes, differences, has_no_lag, new_app, play, recovered, share, until, workers

if TYPE_CHECKING:
    from stream.runtime.settings import Settings
    from tests.kafka.conftest import Kafka

OF_CARTS = {"similar_item_email", "free_shipping_ad", "reminder_ad", "customer_success_email"}
CONFIG = Path(__file__).parents[2] / "config"
DEFINITIONS = load(read_config(CONFIG))
PURPOSES = sorted({action.purpose for action in DEFINITIONS.actions.values()})
HOUR_MS = 3_600_000
BEGIN_MS = 1_511_539_200_000
SILENT = "silent-"
DONE_TIMEOUT_S = 180.0

pytestmark = [pytest.mark.kafka, pytest.mark.data]


@dataclass(frozen=True)
class History:
    """The file, its events in order, and what `stream replay` wrote over it, by topic."""

    file: Path
    events: list[Event]
    replayed: dict[str, list[bytes]]

    @property
    def outcomes(self) -> int:
        return sum(map(len, self.replayed.values()))


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Taobao's users, all of them active to the end, and some who fall silent; their consents come before it all."""
    folder = tmp_path_factory.mktemp("taobao")
    file, out = folder / "taobao.jsonl", folder / "replayed"
    records = list(ordered_records([data_file(TAOBAO)], "taobao", [], DEFINITIONS.plan))
    silent = list(silent_carts())
    users = sorted({record.user for record in records} | {str(call.user_id) for call in silent})
    with file.open("wb") as lines:
        for call in (*consents(users, records[0].time_ms - HOUR_MS), *silent):
            lines.write(encode_call(call) + b"\n")
        lines.writelines(record.value + b"\n" for record in records)
    arguments = [str(file), "--format", "segment", "--config", str(CONFIG), "--out", str(out)]
    replayed = CliRunner().invoke(replay_command, arguments)
    assert replayed.exit_code == 0, replayed.output
    reading = Reading([file], adapter_for("segment", [], DEFINITIONS.plan), DEFINITIONS.plan)
    events = [event for _, event in reading.events()]
    lines_of = {topic: (out / f"{topic}.jsonl").read_bytes().splitlines() for topic in OUTPUT_TOPICS}
    return History(file, events, lines_of)


def consents(users: list[str], time_ms: int) -> Iterator[Call]:
    for user in users:
        for purpose in PURPOSES:
            properties: dict[str, object] = {"purpose": purpose, "granted": True}
            yield Call("track", user, "Consent Changed", time_ms, properties, message_id=f"consent-{user}-{purpose}")


def silent_carts() -> Iterator[Call]:
    """Forty users who fill a cart, one every three hours, and are never seen again: from then on only timers move them.

    Without them a worker could forget all timers at a restart, and each would still fire at its user's next event.
    """
    for number in range(40):
        user, time_ms = f"{SILENT}{number}", BEGIN_MS + number * 3 * HOUR_MS
        properties: dict[str, object] = {"product_id": "p1", "price": 60 + number}
        yield Call("track", user, "Product Added", time_ms, properties, message_id=f"cart-{user}")


async def test_two_workers_decide_what_replay_decides_each_outcome_once_and_byte_for_byte(
    kafka: Kafka, history: History, tmp_path: Path
):
    settings = await new_app(kafka, "taobao", "event")
    async with workers(2, CONFIG, settings, tmp_path) as both, Outcomes(settings) as outcomes:
        said = await play(history.file, CONFIG, settings)
        assert said.startswith(f"played {len(history.events):,} events of ")
        await until(lambda: has_no_lag(both, len(history.events)), DONE_TIMEOUT_S, both)
        assert all([(await worker.metrics()).sum("stream_events_total") > 0 for worker in both])
        assert await asyncio.gather(*(worker.stop() for worker in both)) == [0, 0]
        found = await outcomes.read_to_end()
    assert differences(history.replayed, found) == []
    for topic, values in found.items():
        ids = [msgspec.json.decode(value)["id"] for value in values]
        assert len(set(ids)) == len(ids), topic
    changes = [change for change in decoded(found["segment-changes"]) if change["segment"] == "cart_abandoner"]
    of_taobao = Counter(change["change"] for change in changes if not change["user_id"].startswith(SILENT))
    assert of_taobao == {"entered": 2_964, "exited": 2_466}
    check_triggers(decoded(found["triggers"]), history.events)


def decoded(values: list[bytes]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(value) for value in values]


def check_triggers(triggers: list[dict[str, Any]], events: list[Event]) -> None:
    """There are some of carts, and when each was decided the last its user did to a cart was to add, not to buy."""
    sent = [one for one in triggers if one["type"] == "trigger.v1" and one["action"] in OF_CARTS]
    assert sent
    carts: dict[str, list[Event]] = {}
    for event in events:
        if event.name in ("product_added", "order_completed"):
            carts.setdefault(event.user, []).append(event)
    for trigger in sent:
        before = [event.name for event in carts[trigger["user_id"]] if event.time_ms <= trigger["at_ms"]]
        assert before[-1] == "product_added", trigger


async def test_a_worker_killed_in_the_middle_and_started_anew_changes_no_outcome_and_no_profile(
    kafka: Kafka, history: History, tmp_path: Path
):
    settings = await new_app(kafka, "killed", "event")
    async with workers(2, CONFIG, settings, tmp_path) as both, Outcomes(settings) as outcomes:
        playing = asyncio.ensure_future(play(history.file, CONFIG, settings))

        async def are_a_third_visible() -> bool:
            return await outcomes.read() >= history.outcomes / 3

        await until(are_a_third_visible, DONE_TIMEOUT_S, both)
        assert (await both[0].metrics()).sum("stream_events_total") > 0
        both[0].kill()
        await outcomes.read_to_end()
        assert outcomes.count < history.outcomes, "the worker was killed too late"
        await playing
        both[0].start()
        await until(lambda: share(both, settings.partitions), DONE_TIMEOUT_S, both)

        async def is_all_decided() -> bool:
            return await has_no_lag(both) and await are_positions_at(history.events[-1].time_ms, settings)

        await until(is_all_decided, DONE_TIMEOUT_S, both)
        assert await asyncio.gather(*(worker.stop() for worker in both)) == [0, 0]
        found = await outcomes.read_to_end()
    assert differences(history.replayed, found) == []
    await check_state(settings, history.events)


async def are_positions_at(clock_ms: int, settings: Settings) -> bool:
    """Whether each task has committed that its clock has come so far."""
    _, positions = await recovered(settings)
    return {position.clock_ms for position in positions} == {clock_ms}


async def check_state(settings: Settings, events: list[Event]) -> None:
    """A successor would recover the profiles and counts of an undisturbed run in memory."""
    expected: dict[str, Profile] = {}
    oracle = Decider(DEFINITIONS, expected)
    for event in events:
        oracle.decide(event)
    oracle.advance(events[-1].time_ms)
    profiles, positions = await recovered(settings)
    assert profiles.keys() == expected.keys()
    assert [user for user, encoded in profiles.items() if decode_profile(encoded) != expected[user]] == []
    assert sum((Counter(position.segments) for position in positions), Counter()) == Counter(oracle.counts.segments)
    assert sum((Counter(position.runs) for position in positions), Counter()) == Counter(oracle.counts.runs)
    assert {position.clock_ms for position in positions} == {events[-1].time_ms}
