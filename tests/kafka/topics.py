"""Topics created by a test itself, known to the broker before the test goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError


async def create_topics(bootstrap: str, *topics: NewTopic) -> None:
    """Create them; a broker acknowledges a creation a moment before its metadata has the topic."""
    async with _admin(bootstrap) as admin:
        response = await admin.create_topics(list(topics))
        assert not [error for error in response.topic_errors if error[1]]
        await _known(admin, [topic.name for topic in topics])


async def recreate_topic(bootstrap: str, topic: NewTopic) -> None:
    """Delete it and create it anew; its name is free a moment after the broker has acknowledged the deletion."""
    async with _admin(bootstrap) as admin:
        await admin.delete_topics([topic.name])
        while (error := (await admin.create_topics([topic])).topic_errors[0][1]) == TopicAlreadyExistsError.errno:
            await asyncio.sleep(0.05)
        assert not error
        await _known(admin, [topic.name])


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
