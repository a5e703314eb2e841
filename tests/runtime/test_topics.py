"""What the topics must be, and how one on a broker compares."""

import msgspec
import pytest

from stream.runtime.settings import Settings
from stream.runtime.topics import (
    FoundTopic,
    Sharing,
    WantedTopic,
    changelog_topic,
    compare_topic,
    failures,
    input_topics,
    output_topics,
    unequal_partitions,
    wanted_topics,
)

SETTINGS = Settings(app="shop", topic_prefix="eu.", partitions=6, replication=3)


def as_wanted(topic: WantedTopic, **configs: str) -> FoundTopic:
    """The topic just as it was asked for, but for `configs` (their dots written as underscores)."""
    other = {key.replace("_", "."): value for key, value in configs.items()}
    return FoundTopic(topic.name, topic.partitions, topic.replication, {c.key: c.value for c in topic.configs} | other)


def wanted(name: str, settings: Settings = SETTINGS) -> WantedTopic:
    return next(topic for topic in wanted_topics(settings) if topic.name == name)


def test_the_prefix_goes_before_inputs_and_outputs_and_the_app_before_the_changelog():
    assert input_topics(SETTINGS) == ("eu.people", "eu.clickstream", "eu.cart", "eu.email", "eu.rerouted")
    assert output_topics(SETTINGS) == ("eu.segment-changes", "eu.triggers", "eu.decisions", "eu.dead-letters")
    assert changelog_topic(SETTINGS) == "shop-profiles-changelog"


def test_with_event_time_nothing_is_sent_on_and_the_topic_for_it_not_read_but_made_all_the_same():
    settings = msgspec.structs.replace(SETTINGS, clock="event")
    assert input_topics(settings) == ("eu.people", "eu.clickstream", "eu.cart", "eu.email")
    assert "eu.rerouted" in {topic.name for topic in wanted_topics(settings)}


def test_every_topic_is_wanted_once_with_the_same_partitions():
    topics = wanted_topics(SETTINGS)
    names = [topic.name for topic in topics]
    assert sorted(names) == sorted({*input_topics(SETTINGS), *output_topics(SETTINGS), changelog_topic(SETTINGS)})
    assert {(topic.partitions, topic.replication) for topic in topics} == {(6, 3)}


@pytest.mark.parametrize(("replication", "least"), [(1, "1"), (2, "1"), (3, "2"), (5, "4")])
def test_a_write_needs_all_replicas_but_one(replication: int, least: str):
    topic = wanted("cart", Settings(replication=replication))
    assert {config.key: config.value for config in topic.configs}["min.insync.replicas"] == least


def test_the_changelog_is_compacted_and_its_tombstones_outlast_readers():
    configs = {config.key: config.value for config in wanted("shop-profiles-changelog").configs}
    assert configs["cleanup.policy"] == "compact"
    assert configs["min.compaction.lag.ms"] == str(SETTINGS.compaction_lag_ms)
    assert configs["delete.retention.ms"] == str(SETTINGS.delete_retention_ms)
    assert configs["unclean.leader.election.enable"] == "false"


def test_a_topic_as_wanted_is_right():
    for topic in wanted_topics(SETTINGS):
        assert compare_topic(topic, as_wanted(topic)).state == "right"


def test_a_topic_that_is_not_there_is_missing():
    assert compare_topic(wanted("eu.cart"), None).state == "missing"


def test_another_retention_is_noted_and_no_failure():
    finding = compare_topic(wanted("eu.cart"), as_wanted(wanted("eu.cart"), retention_ms="1000"))
    assert (finding.state, finding.differences) == ("noted", ("retention.ms=1000, wanted 604800000",))
    assert failures([finding]) == []


@pytest.mark.parametrize("policy", ["delete", "compact,delete"])
def test_a_changelog_that_forgets_by_age_is_wrong(policy: str):
    topic = wanted("shop-profiles-changelog")
    finding = compare_topic(topic, as_wanted(topic, cleanup_policy=policy))
    assert failures([finding]) == [finding]


def test_a_compacted_input_is_wrong_since_it_keeps_one_event_a_user():
    finding = compare_topic(wanted("eu.cart"), as_wanted(wanted("eu.cart"), cleanup_policy="compact"))
    assert finding.state == "wrong"


@pytest.mark.parametrize(
    ("delete_retention_ms", "state"),
    [("604799999", "wrong"), ("604800000", "right"), ("604800001", "right"), ("-1", "right")],
)
def test_tombstones_are_kept_at_least_as_long_as_asked(delete_retention_ms: str, state: str):
    topic = wanted("shop-profiles-changelog")
    assert compare_topic(topic, as_wanted(topic, delete_retention_ms=delete_retention_ms)).state == state


@pytest.mark.parametrize(("replication", "state"), [(2, "wrong"), (3, "right"), (4, "right")])
def test_more_replicas_than_asked_will_do_and_fewer_will_not(replication: int, state: str):
    topic = wanted("eu.triggers")
    found = FoundTopic(topic.name, 6, replication, {})
    assert compare_topic(topic, found).state == state


def found_with(**partitions: int) -> dict[str, FoundTopic]:
    return {name: FoundTopic(name, count, 1, {}) for name, count in partitions.items()}


def test_equal_partition_counts_are_no_refusal():
    assert unequal_partitions(Settings(), found_with(cart=4, email=4)) == ""
    assert unequal_partitions(Settings(), {}) == ""


def test_unequal_partition_counts_are_refused_naming_each_topic():
    message = unequal_partitions(Settings(), found_with(cart=4, email=8))
    assert "cart has 4, email has 8" in message
    assert "equal partition counts" in message


def test_equal_counts_other_than_the_settings_are_refused_saying_what_to_set():
    message = unequal_partitions(Settings(), found_with(cart=8, email=8))
    assert "the settings say partitions: 4" in message
    assert "Set it to what the topics have" in message


def test_output_topics_may_have_any_partition_count_while_the_changelog_may_not():
    assert unequal_partitions(Settings(), found_with(triggers=12)) == ""
    changelog = {"stream-profiles-changelog": FoundTopic("stream-profiles-changelog", 12, 1, {})}
    assert unequal_partitions(Settings(), changelog)


def test_topics_of_shared_knowledge_are_wanted_only_where_there_is_any():
    shared = {"shop-contributions", "shop-reference", "eu.catalogue"}
    learning = {topic.name: topic for topic in wanted_topics(SETTINGS, Sharing(learns=True))}
    assert learning.keys() & shared == {"shop-contributions", "shop-reference"}
    assert {learning[name].partitions for name in learning.keys() & shared} == {1}
    configs = {config.key: config.value for config in learning["shop-reference"].configs}
    assert configs["cleanup.policy"] == "compact"
    assert {topic.name for topic in wanted_topics(SETTINGS, Sharing(learns=True, products=True))} >= shared


@pytest.mark.parametrize("partitions", [1, 5])
def test_a_catalogue_may_have_any_number_of_partitions(partitions: int):
    topic = next(t for t in wanted_topics(SETTINGS, Sharing(products=True)) if t.name == "eu.catalogue")
    assert compare_topic(topic, msgspec.structs.replace(as_wanted(topic), partitions=partitions)).state == "right"
