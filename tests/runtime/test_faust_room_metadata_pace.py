"""Searches for a broker that is not there are paced."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.client import AIOKafkaClient

from stream.runtime.faust_room.metadata_pace import PAUSE_S, pace_metadata_updates
from tests.runtime.virtual_time import run


@pytest.mark.parametrize(("found", "seconds"), [(True, 0.0), (False, PAUSE_S)])
def test_a_search_in_vain_takes_a_moment_and_one_that_finds_a_broker_none(
    monkeypatch: pytest.MonkeyPatch, found: bool, seconds: float
) -> None:
    async def search(_client: object, *_: object) -> bool:
        return found

    async def scenario() -> None:
        begun_s = asyncio.get_running_loop().time()
        assert await AIOKafkaClient._metadata_update(None, None, None) is found
        assert asyncio.get_running_loop().time() - begun_s == pytest.approx(seconds)

    monkeypatch.setattr(AIOKafkaClient, "_metadata_update", search)
    pace_metadata_updates()
    pace_metadata_updates()
    run(scenario())


def test_another_aiokafka_is_refused_rather_than_left_to_spin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AIOKafkaClient, "_metadata_update", None)
    with pytest.raises(RuntimeError, match="in another way"):
        pace_metadata_updates()
