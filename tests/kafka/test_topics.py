"""Topics on a real broker: created once, verified ever after, refused when they cannot work."""

from pathlib import Path

import pytest
from aiokafka.admin import NewTopic
from click.testing import CliRunner, Result

from stream.cli.topics import command
from stream.runtime.settings import Settings
from stream.runtime.topics import wanted_topics
from stream.runtime.topics_on_broker import TopicsRefused, ensure_topics
from tests.kafka.conftest import Kafka
from tests.kafka.topics import create_topics


@pytest.fixture
def settings(kafka: Kafka) -> Settings:
    prefix = kafka.unique("topics")
    return Settings(app=prefix, topic_prefix=f"{prefix}.", brokers=kafka.bootstrap, partitions=3)


async def test_all_topics_are_created_then_found_right(settings: Settings):
    created = await ensure_topics(settings, create=True)
    assert {finding.state for finding in created} == {"created"}
    assert len(created) == len(wanted_topics(settings))
    again = await ensure_topics(settings, create=True)
    assert [(finding.state, finding.differences) for finding in again] == [("right", ())] * len(created)


async def test_verifying_creates_nothing(settings: Settings):
    assert {finding.state for finding in await ensure_topics(settings, create=False)} == {"missing"}
    assert {finding.state for finding in await ensure_topics(settings, create=False)} == {"missing"}


async def test_unequal_partitions_are_refused_before_anything_is_created(settings: Settings):
    await create_topics(settings.brokers, NewTopic(f"{settings.topic_prefix}cart", 5, 1))
    await create_topics(settings.brokers, NewTopic(f"{settings.topic_prefix}email", 3, 1))
    with pytest.raises(TopicsRefused, match=r"cart has 5, .*email has 3"):
        await ensure_topics(settings, create=True)
    states = [finding.state for finding in await ensure_topics(with_prefix(settings, "other."), create=False)]
    assert set(states) == {"missing"}


def with_prefix(settings: Settings, prefix: str) -> Settings:
    return Settings(
        app=settings.app, topic_prefix=settings.topic_prefix + prefix, brokers=settings.brokers, partitions=3
    )


async def test_a_changelog_somebody_made_without_compaction_is_wrong_and_left_alone(settings: Settings):
    await create_topics(settings.brokers, NewTopic(f"{settings.app}-profiles-changelog", 3, 1))
    findings = {finding.topic.name: finding for finding in await ensure_topics(settings, create=True)}
    changelog = findings[f"{settings.app}-profiles-changelog"]
    assert changelog.state == "wrong"
    assert "cleanup.policy=delete, wanted compact" in changelog.differences


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [str(folder), *arguments])


def test_the_command_creates_verifies_and_refuses(settings: Settings, tmp_path: Path):
    file = tmp_path / "settings.yaml"
    text = f"app: {settings.app}\ntopic_prefix: {settings.topic_prefix}\nbrokers: {settings.brokers}\n"
    file.write_text(text + "partitions: 3\n")
    missing = run(tmp_path, "--verify")
    assert missing.exit_code == 2
    assert "10 of 10 topics cannot be used" in missing.stderr
    created = run(tmp_path)
    assert created.exit_code == 0
    assert created.stdout.count("created ") == 10
    assert run(tmp_path, "--verify").exit_code == 0
    file.write_text(text + "partitions: 4\n")
    refused = run(tmp_path)
    assert refused.exit_code != 0
    assert "the settings say partitions: 4" in refused.stderr


def test_a_broker_that_is_not_there_is_said_so(tmp_path: Path):
    refused = run(tmp_path, "--brokers", "127.0.0.1:1")
    assert refused.exit_code != 0
    assert "no Kafka broker answers at 127.0.0.1:1" in refused.stderr
