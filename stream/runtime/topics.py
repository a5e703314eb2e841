"""The topics a worker needs: their names, what they must be, and how one on a broker compares. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

import msgspec

from stream.model.events import TOPICS
from stream.model.outcomes import OUTPUT_TOPICS
from stream.runtime.settings_fields import Settings

CATALOGUE: Final = "catalogue"
"""Topic of the products, which the shop writes: compacted, of as many partitions as the shop likes."""

REROUTED: Final = "rerouted"
"""Input topic that the tasks themselves write to: records met on a partition where their user does not belong."""

Compared = Literal["exactly", "at_least", "noted"]
State = Literal["created", "right", "noted", "missing", "wrong"]

# A hot profile is written every second: small segments let the cleaner at them soon, and keep a recovery short.
_CHANGELOG_SEGMENT_BYTES: Final = 128 << 20


class Sharing(msgspec.Struct, frozen=True):
    """What the definitions share among all users: whether they learn, and whether they ask for products."""

    learns: bool = False
    products: bool = False


NOTHING_SHARED: Final = Sharing()


class TopicConfig(msgspec.Struct, frozen=True):
    """One of Kafka's topic settings. `exactly` and `at_least` must hold; `noted` is how we create it."""

    key: str
    value: str
    compared: Compared

    def holds(self, found: str) -> bool:
        """Return whether the broker's value will do; -1 is Kafka's word for without end."""
        if self.compared == "at_least":
            return found == "-1" or int(found) >= int(self.value)
        return found == self.value


class WantedTopic(msgspec.Struct, frozen=True):
    """A topic as the settings ask for it."""

    name: str
    partitions: int
    replication: int
    configs: tuple[TopicConfig, ...]
    is_any_count_right: bool = False


class FoundTopic(msgspec.Struct, frozen=True):
    """A topic as a broker has it. `replication` is the least over its partitions."""

    name: str
    partitions: int
    replication: int
    configs: Mapping[str, str]


class Finding(msgspec.Struct, frozen=True):
    """What became of one topic, and each difference in words."""

    topic: WantedTopic
    state: State
    differences: tuple[str, ...] = ()


def input_topics(settings: Settings) -> tuple[str, ...]:
    """Return the names of the input topics that a worker reads, in order of rank.

    With event time nothing is sent on, and nobody writes heartbeats to `rerouted`: waiting for them would never end.
    """
    topics = TOPICS if settings.clock == "event" else (*TOPICS, REROUTED)
    return tuple(settings.topic_prefix + topic for topic in topics)


def all_input_topics(settings: Settings) -> tuple[str, ...]:
    """Return the names of those and of `rerouted`, whether it is read or not."""
    return tuple(settings.topic_prefix + topic for topic in (*TOPICS, REROUTED))


def output_topics(settings: Settings) -> tuple[str, ...]:
    """Return the names of the output topics."""
    return tuple(settings.topic_prefix + topic for topic in OUTPUT_TOPICS)


def changelog_topic(settings: Settings) -> str:
    """Return the name of the profiles' changelog; it belongs to the app, so it has no prefix but that."""
    return f"{settings.app}-profiles-changelog"


def contributions_of(app: str) -> str:
    """Return the name of the topic in which an app's tasks tell its learner what they have to tell."""
    return f"{app}-contributions"


def contributions_topic(settings: Settings) -> str:
    """Return its name; like the changelog it belongs to the app."""
    return contributions_of(settings.app)


def reference_topic(settings: Settings) -> str:
    """Return the name of the topic in which the learner publishes, and keeps its state."""
    return f"{settings.app}-reference"


def catalogue_topic(settings: Settings) -> str:
    """Return the name of the topic of the products."""
    return settings.topic_prefix + CATALOGUE


def wanted_topics(settings: Settings, sharing: Sharing = NOTHING_SHARED) -> list[WantedTopic]:
    """Return every topic a worker with these settings needs; some only where the definitions share something."""
    inputs, outputs = (
        _log_configs(settings, settings.input_retention_ms),
        _log_configs(settings, settings.output_retention_ms),
    )
    named = [
        *((name, inputs) for name in all_input_topics(settings)),
        *((name, outputs) for name in output_topics(settings)),
        (changelog_topic(settings), _changelog_configs(settings)),
    ]
    wanted = [WantedTopic(name, settings.partitions, settings.replication, configs) for name, configs in named]
    wanted += _learning_topics(settings) if sharing.learns else ()
    if sharing.products:
        configs = _changelog_configs(settings)
        wanted.append(WantedTopic(catalogue_topic(settings), 1, settings.replication, configs, is_any_count_right=True))
    return wanted


def _learning_topics(settings: Settings) -> Iterator[WantedTopic]:
    """There is one learner, so each has one partition."""
    for name, configs in (
        (contributions_topic(settings), _log_configs(settings, settings.input_retention_ms)),
        (reference_topic(settings), _changelog_configs(settings)),
    ):
        yield WantedTopic(name, 1, settings.replication, configs)


def _durability(settings: Settings) -> tuple[TopicConfig, ...]:
    """A write needs all replicas but one, and a replica that missed writes never leads.

    Age counts from arrival: by a producer's times, history would be deleted at once, and a clock ahead be refused.
    """
    return (
        TopicConfig("message.timestamp.type", "LogAppendTime", "noted"),
        TopicConfig("min.insync.replicas", str(max(1, settings.replication - 1)), "at_least"),
        TopicConfig("unclean.leader.election.enable", "false", "exactly"),
    )


def _log_configs(settings: Settings, retention_ms: int) -> tuple[TopicConfig, ...]:
    """Compaction would keep only the last event of each user."""
    return (
        TopicConfig("cleanup.policy", "delete", "exactly"),
        TopicConfig("retention.ms", str(retention_ms), "noted"),
        *_durability(settings),
    )


def _changelog_configs(settings: Settings) -> tuple[TopicConfig, ...]:
    """Deleting by age would forget profiles; tombstones must outlast every reader."""
    return (
        TopicConfig("cleanup.policy", "compact", "exactly"),
        TopicConfig("min.compaction.lag.ms", str(settings.compaction_lag_ms), "at_least"),
        TopicConfig("delete.retention.ms", str(settings.delete_retention_ms), "at_least"),
        TopicConfig("segment.bytes", str(_CHANGELOG_SEGMENT_BYTES), "noted"),
        *_durability(settings),
    )


def unequal_partitions(settings: Settings, found: Mapping[str, FoundTopic]) -> str:
    """Return why the partition counts cannot work together, or nothing if they can.

    A task is one partition number across all input topics and the changelog: with unequal counts a user's clicks and
    orders would end up in two profiles.
    """
    counts = {
        name: found[name].partitions
        for name in (*all_input_topics(settings), changelog_topic(settings))
        if name in found
    }
    if not counts or set(counts.values()) == {settings.partitions}:
        return ""
    listed = ", ".join(f"{name} has {count}" for name, count in counts.items())
    if len(set(counts.values())) > 1:
        return (
            f"input topics and changelog must have equal partition counts, since a user has one profile: {listed}. "
            "Counts cannot be lowered, and raising them moves users: create the topics anew, or with a topic_prefix."
        )
    return f"the settings say partitions: {settings.partitions}, but {listed}. Set it to what the topics have."


def compare_topic(wanted: WantedTopic, found: FoundTopic | None) -> Finding:
    """Return how the broker's topic differs from what is wanted."""
    if found is None:
        return Finding(wanted, "missing")
    wrong = list(_sizes(wanted, found))
    noted: list[str] = []
    for config in wanted.configs:
        value = found.configs.get(config.key)
        if value is not None and not config.holds(value):
            (noted if config.compared == "noted" else wrong).append(f"{config.key}={value}, wanted {_wanted(config)}")
    state: State = "wrong" if wrong else "noted" if noted else "right"
    return Finding(wanted, state, (*wrong, *noted))


def _sizes(wanted: WantedTopic, found: FoundTopic) -> Iterator[str]:
    if found.partitions != wanted.partitions and not wanted.is_any_count_right:
        yield f"{found.partitions} partitions, wanted {wanted.partitions}"
    if found.replication < wanted.replication:
        yield f"replication {found.replication}, wanted {wanted.replication}"


def _wanted(config: TopicConfig) -> str:
    return f"at least {config.value}" if config.compared == "at_least" else config.value


def failures(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that a worker must not start with."""
    return [finding for finding in findings if finding.state in ("missing", "wrong")]
