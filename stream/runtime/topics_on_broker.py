"""Topics on a broker: read what is there, create what is missing."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NoError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from stream.runtime.security import kafka_security
from stream.runtime.settings_fields import Settings
from stream.runtime.topics import (
    NOTHING_SHARED,
    Finding,
    FoundTopic,
    Sharing,
    WantedTopic,
    compare_topic,
    unequal_partitions,
    wanted_topics,
)

_SETTLES_SECONDS: Final = 10.0


class TopicsRefused(Exception):
    """The topics on the broker cannot be used or made; the message says why and what to do."""


async def ensure_topics(settings: Settings, *, create: bool, sharing: Sharing = NOTHING_SHARED) -> list[Finding]:
    """Verify all topics, creating the missing ones first if asked; raises TopicsRefused before anything is created.

    Existing topics are never altered: their owner may have had reasons, and partitions cannot be taken back.
    """
    wanted = wanted_topics(settings, sharing)
    async with _admin(settings) as admin:
        found = await _read_topics(admin, [topic.name for topic in wanted])
        _refuse_unequal(settings, found)
        missing = [topic for topic in wanted if topic.name not in found]
        if not (create and missing):
            return [compare_topic(topic, found.get(topic.name)) for topic in wanted]
        await _create(admin, missing)
        found = await _settled(admin, wanted)
    # Again, since somebody else may have created some at the same time.
    _refuse_unequal(settings, found)
    created = {topic.name for topic in missing}
    return [_finding(topic, found.get(topic.name), topic.name in created) for topic in wanted]


def _refuse_unequal(settings: Settings, found: Mapping[str, FoundTopic]) -> None:
    refusal = unequal_partitions(settings, found)
    if refusal:
        raise TopicsRefused(refusal)


def _finding(topic: WantedTopic, found: FoundTopic | None, is_new: bool) -> Finding:
    finding = compare_topic(topic, found)
    return msgspec.structs.replace(finding, state="created") if is_new and finding.state == "right" else finding


@asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(
        bootstrap_servers=settings.brokers, client_id=f"{settings.app}-topics", **kafka_security(settings)
    )
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def _read_topics(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, FoundTopic]:
    """Return those of the topics that exist, with their configuration."""
    described = {topic["topic"]: topic for topic in await admin.describe_topics(names)}
    for name, topic in described.items():
        # Also one that we may not see: among all topics of the cluster it would just be left out.
        if for_code(topic["error_code"]) is not UnknownTopicOrPartitionError:
            _raise_for(topic["error_code"], name)
    existing = [topic for topic in described.values() if not topic["error_code"]]
    configs = await _read_configs(admin, [topic["topic"] for topic in existing])
    found: dict[str, FoundTopic] = {}
    for topic in existing:
        partitions = topic["partitions"]
        replication = min((len(partition["replicas"]) for partition in partitions), default=0)
        found[topic["topic"]] = FoundTopic(topic["topic"], len(partitions), replication, configs[topic["topic"]])
    return found


async def _read_configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, Mapping[str, str]]:
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    configs: dict[str, Mapping[str, str]] = {}
    for response in await admin.describe_configs(resources):
        for error_code, message, _, name, entries, *_ in response.resources:
            _raise_for(error_code, f"{name}: {message}")
            configs[name] = {entry[0]: entry[1] for entry in entries}
    return configs


async def _create(admin: AIOKafkaAdminClient, topics: list[WantedTopic]) -> None:
    new = [
        NewTopic(
            topic.name,
            topic.partitions,
            topic.replication,
            topic_configs={config.key: config.value for config in topic.configs},
        )
        for topic in topics
    ]
    response = await admin.create_topics(new)
    for name, error_code, *message in response.topic_errors:
        if for_code(error_code) is TopicAlreadyExistsError:
            continue  # Somebody was quicker; what they made is verified like any other.
        _raise_for(error_code, f"{name}: {message[0] if message else ''}")


async def _settled(admin: AIOKafkaAdminClient, wanted: list[WantedTopic]) -> dict[str, FoundTopic]:
    """Read the topics until all are there: a broker acknowledges a creation before all brokers know of it."""
    deadline = asyncio.get_running_loop().time() + _SETTLES_SECONDS
    while True:
        try:
            found = await _read_topics(admin, [topic.name for topic in wanted])
        except UnknownTopicOrPartitionError:
            found = {}
        complete = all(topic.name in found and found[topic.name].partitions for topic in wanted)
        if complete or asyncio.get_running_loop().time() > deadline:
            return found
        await asyncio.sleep(0.1)


def _raise_for(error_code: int, about: str) -> None:
    error = for_code(error_code)
    if error is not NoError:
        raise error(about)
