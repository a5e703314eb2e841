"""Learning on a real broker, by workers that are killed: what one hand decides that has all users, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from stream.model.outcomes import OUTPUT_TOPICS, TOPIC_OF, encode_outcome
from stream.runtime.topics import Sharing
from stream.runtime.topics_on_broker import ensure_topics
from tests.kafka.workers import Outcomes, differences, new_app, play, recovered, until, workers
from tests.runtime.learning_shop import CONFIG, decided_by_one, history

if TYPE_CHECKING:
    from tests.kafka.conftest import Kafka

pytestmark = pytest.mark.kafka


async def test_workers_killed_while_they_learn_decide_as_one_hand_does_that_has_all_users(
    kafka: Kafka, tmp_path: Path
) -> None:
    config, file = tmp_path / "config", tmp_path / "calls.jsonl"
    for path, text in CONFIG.items():
        (config / path).parent.mkdir(parents=True, exist_ok=True)
        (config / path).write_text(text)
    calls = history(5, users=40, minutes=300)
    file.write_bytes(b"".join(msgspec.json.encode(call) + b"\n" for call in calls))
    last_ms: int = calls[-1]["timestamp"]
    expected: dict[str, list[bytes]] = {topic: [] for topic in OUTPUT_TOPICS}
    for outcome in decided_by_one(calls, last_ms):
        expected[TOPIC_OF[type(outcome)]].append(encode_outcome(outcome))
    settings = await new_app(kafka, "learning", "event", session_timeout_ms=6_000)
    await ensure_topics(settings, create=True, sharing=Sharing(learns=True))
    async with workers(2, config, settings, tmp_path) as ours, Outcomes(settings) as outcomes:
        await play(file, config, settings)
        for share, worker in ((0.2, ours[0]), (0.5, ours[1])):
            while await outcomes.read() < share * sum(map(len, expected.values())):
                await asyncio.sleep(0)
            worker.kill()
            worker.start()

        async def is_done() -> bool:
            _, positions = await recovered(settings)
            return {position.clock_ms for position in positions} == {last_ms}

        await until(is_done, 90, ours)
        assert differences(expected, await outcomes.read_to_end()) == []
    references = {msgspec.json.decode(line)["why"].get("reference") for line in expected["triggers"]}
    assert len(references) > 10
