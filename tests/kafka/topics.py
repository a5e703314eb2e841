"""What a broker acknowledges before it is done with it: topics that are created, transactions that are ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from stream.runtime.ports import TP


async def create_topics(bootstrap: str, *topics: NewTopic) -> None:
    """Create them; a broker acknowledges a creation a moment before its metadata has the topic."""
    async with _admin(bootstrap) as admin:
        response = await admin.create_topics(list(topics))
        assert not [error for error in response.topic_errors if error[1]]
        await _known(admin, [topic.name for topic in topics])


async def recreate_topic(bootstrap: str, topic: NewTopic) -> None:
    """Delete it and create it anew."""
    async with _admin(bootstrap) as admin:
        await admin.delete_topics([topic.name])
        while not (await admin.describe_topics([topic.name]))[0]["error_code"]:
            await asyncio.sleep(0.05)
        while (error := (await admin.create_topics([topic])).topic_errors[0][1]) == TopicAlreadyExistsError.errno:
            await asyncio.sleep(0.05)
        assert not error
        await _known(admin, [topic.name])


async def settled_ends(bootstrap: str, tps: Sequence[TP]) -> dict[TP, int]:
    """Return where partitions end, once all transactions in them up to there have ended.

    A broker acknowledges a commit before its markers are in the partitions, and until then nobody is given what was
    committed.
    """
    about = {"bootstrap_servers": bootstrap, "group_id": None}
    async with (
        asyncio.timeout(60),
        AIOKafkaConsumer(**about) as reader,
        AIOKafkaConsumer(**about, isolation_level="read_committed") as stable,
    ):
        ends: dict[TP, int] = await reader.end_offsets(tps)
        while (settled := await stable.end_offsets(tps)) and any(settled[tp] < end for tp, end in ends.items()):
            await asyncio.sleep(0.05)
        return ends


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def _known(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    while any(topic["error_code"] for topic in await admin.describe_topics(names)):
        await asyncio.sleep(0.05)
