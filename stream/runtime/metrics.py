"""Every metric of a worker is declared here, with what it says and when to look at it.

Counters and histograms grow once a batch or a checkpoint, never once an event. Gauges are sums over this worker's
tasks, set when Prometheus asks (`show_tasks`); across workers they add up.
"""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from typing import Final, Literal, get_args

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import generate_latest

from stream.definitions.shapes import Definitions
from stream.model.errors import Reason
from stream.model.events import TOPICS
from stream.model.outcomes import AnyOutcome, Decision, SegmentChange, Trigger, Verdict, Withdrawal
from stream.runtime.sums import one_label, queried, show, summed

DropReason = Literal["unplanned", "duplicate", "too_late"]
DROP_REASONS: Final[tuple[DropReason, ...]] = ("unplanned", "duplicate", "too_late")

_QUICK_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_DELAY_SECONDS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 600.0, 3_600.0)
_PROFILES: Final = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000)


class TaskGauges(msgspec.Struct, kw_only=True):
    """How one task stands at this moment.

    `older_runs` is by journey and the hash of its definition, of those that go by another one than the present.
    `lag_records` is by (topic, partition); `behind_seconds` by topic: how far the last event read is behind the wall
    clock, 0 where nothing waits to be read.
    """

    recovered: bool
    profiles: int = 0
    timer_backlog: int = 0
    hot_profiles: int = 0
    store_bytes: int = 0
    segment_members: Mapping[str, int] = {}
    runs: Mapping[str, int] = {}
    older_runs: Mapping[tuple[str, str], int] = {}
    lag_records: Mapping[tuple[str, int], int] = {}
    behind_seconds: Mapping[str, float] = {}


class Metrics:
    """All metrics of one worker, on a registry of their own, so that tests and the demo can have several."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._declare_flow()
        self._declare_outcomes()
        self._declare_state()
        self._declare_checkpoints()
        self._declare_learning()
        self._begin_at_zero()

    def _declare_flow(self) -> None:
        """What comes in, and what becomes of it."""
        self.events = self._counter(
            "events", "Input records that were accepted and decided, by topic and event type.", "topic", "type"
        )
        self.dropped = self._counter(
            "dropped",
            "Input records dropped as expected: unplanned (the tracking plan), duplicate, too_late.",
            "reason",
        )
        self.dead_letters = self._counter(
            "dead_letters",
            "Input records that were wrong, sent to the dead letters. Any rise is a producer's fault.",
            "reason",
        )
        self.rerouted = self._counter(
            "rerouted",
            "Input records sent on to their user's partition. Any rise: a producer's partitioner is not murmur2.",
            "topic",
        )
        self.lag_records = self._gauge(
            "lag_records",
            "Records in the log and not yet decided. Rising for minutes: add workers.",
            "topic",
            "partition",
        )
        self.lag_seconds = self._gauge(
            "lag_seconds", "Event time: how far the slowest task is behind the wall clock, 0 when caught up.", "topic"
        )

    def _declare_outcomes(self) -> None:
        """What goes out."""
        self.segment_changes = self._counter(
            "segment_changes",
            "Profiles that entered or left a segment, or a tier of one (`stage.retention`).",
            "segment",
            "change",
        )
        self.triggers = self._counter("triggers", "Triggers sent, by action.", "action")
        self.withdrawals = self._counter("withdrawals", "Triggers taken back since a later event overtook them.")
        self.decisions = self._counter(
            "decisions",
            "Proposed triggers by verdict: sent, or why not. Triggers cease and capped rises: see caps.",
            "verdict",
        )
        self.event_to_outcome = self._histogram(
            "event_to_outcome_seconds", "From a record's Kafka timestamp to the commit of its outcomes.", _DELAY_SECONDS
        )

    def _declare_state(self) -> None:
        """What is remembered."""
        self.segment_members = self._gauge(
            "segment_members", "Profiles in a segment, or a tier of one (`stage.retention`), now.", "segment"
        )
        self.runs = self._gauge("runs", "Journey runs under way.", "journey")
        self.older_runs = self._gauge(
            "older_runs",
            "Of them, those that go by an older definition, by its hash: an edit keeps people on the steps they know.",
            "journey",
            "definition",
        )
        self.profiles = self._gauge("profiles", "Profiles kept.")
        self.timer_backlog = self._gauge("timer_backlog", "Profiles with a timer pending.")
        self.hot_profiles = self._gauge("hot_profiles", "Of the profiles, those kept decoded: see `hot_profiles`.")
        self.store_bytes = self._gauge("store_bytes", "Room that the stores in `state_dir` take on the disk.")
        self.profile_reads = self._counter(
            "profile_reads",
            "With `state_dir`: profiles asked for, by where: memory, or the disk. Much disk: raise hot_profiles.",
            "found",
        )
        self.tasks = self._gauge("tasks", "Tasks assigned to this worker; over all workers, the partition count.")
        self.recovered = self._gauge("recovered", "Tasks whose state is read back. Below tasks for long: trouble.")

    def _declare_checkpoints(self) -> None:
        """How state, outcomes and position are made durable."""
        self.checkpoint_seconds = self._histogram(
            "checkpoint_seconds", "A whole checkpoint: cut, encode, send, commit.", _QUICK_SECONDS
        )
        self.flush_seconds = self._histogram(
            "flush_seconds",
            "Of a checkpoint, the wait for the broker: last acknowledgements and commit.",
            _QUICK_SECONDS,
        )
        self.checkpoint_profiles = self._histogram(
            "checkpoint_profiles",
            "Profiles written by a checkpoint. Always near one: checkpoint_min is too short.",
            _PROFILES,
        )

    def _declare_learning(self) -> None:
        """What is learnt of all users together."""
        says = "What tasks told the learner, by kind: hour, channel, together, reward."
        self.contributions = self._counter("contributions", says, "kind")
        for kind in ("hour", "channel", "together", "reward"):  # a series that is there from the start has a rate
            self.contributions.labels(kind)
        self.snapshots = self._counter("snapshots", "Snapshots of shared knowledge published by this worker.")
        says = "How far the latest barrier published is behind the wall clock, 0 before any."
        self.snapshot_behind_seconds = self._gauge("snapshot_behind_seconds", says)
        says = "Products in the catalogue as this worker has read it. 0 where it is asked for: there is no such topic."
        self.catalogue_products = self._gauge("catalogue_products", says)
        says = "Records of the catalogue that were no product, since this worker started; they are dead-lettered once."
        self.catalogue_wrong = self._gauge("catalogue_wrong", says)

    def _begin_at_zero(self) -> None:
        """Show every label that is known beforehand: a rate cannot see the rise of a counter from nothing to one."""
        for reason in DROP_REASONS:
            self.dropped.labels(reason)
        for topic in TOPICS:
            self.rerouted.labels(topic)
        for reason in get_args(Reason):
            self.dead_letters.labels(reason)
        for verdict in get_args(Verdict):
            self.decisions.labels(verdict)

    def begin_definitions_at_zero(self, definitions: Definitions) -> None:
        """Show the labels that the definitions bring, before the first of each is counted."""
        for event in definitions.plan.events.values():
            self.events.labels(event.topic, event.name)
        for segment in definitions.segments.values():
            for place in [f"{segment.name}.{tier.name}" for tier in segment.tiers] or [segment.name]:
                self.segment_changes.labels(place, "entered")
                self.segment_changes.labels(place, "exited")
        for action in definitions.actions:
            self.triggers.labels(action)

    # ------------------------------------------------------------------------------------ once a batch or checkpoint

    def count_events(self, by_topic_and_type: Mapping[tuple[str, str], int]) -> None:
        """Add accepted events, counted by (topic, event type)."""
        for labels, count in by_topic_and_type.items():
            self.events.labels(*labels).inc(count)

    def count_dropped(self, by_reason: Mapping[DropReason, int]) -> None:
        """Add records dropped as expected."""
        for reason, count in by_reason.items():
            self.dropped.labels(reason).inc(count)

    def count_dead_letters(self, by_reason: Mapping[str, int]) -> None:
        """Add rejected records, counted by `model.errors.Reason`."""
        for reason, count in by_reason.items():
            self.dead_letters.labels(reason).inc(count)

    def count_rerouted(self, by_topic: Mapping[str, int]) -> None:
        """Add records sent on to another partition, counted by the topic they came from."""
        for topic, count in by_topic.items():
            self.rerouted.labels(topic).inc(count)

    def count_outcomes(self, outcomes: Iterable[AnyOutcome]) -> None:
        """Add the outcomes of one committed checkpoint, each to the counter of its kind."""
        changes: Tally[tuple[str, str]] = Tally()
        actions: Tally[str] = Tally()
        verdicts: Tally[str] = Tally()
        for outcome in outcomes:
            match outcome:
                case SegmentChange():
                    changes.update(outcome.crossed())
                case Trigger(action=action):
                    actions[action] += 1
                case Decision(verdict=verdict):
                    verdicts[verdict] += 1
                case Withdrawal():
                    self.withdrawals.inc()
                case _:
                    continue  # run.v1 and goal.v1 are for the analysts; `runs` shows them as a gauge.
        for labels, count in changes.items():
            self.segment_changes.labels(*labels).inc(count)
        for name, count in actions.items():
            self.triggers.labels(name).inc(count)
        for name, count in verdicts.items():
            self.decisions.labels(name).inc(count)

    def count_contributions(self, by_kind: Mapping[str, int]) -> None:
        """Add what a committed checkpoint told the learner, by its kind."""
        for kind, count in by_kind.items():
            self.contributions.labels(kind).inc(count)

    def count_profile_reads(self, hits: int, misses: int) -> None:
        """Add how often a profile was asked for, found in memory or not."""
        self.profile_reads.labels("memory").inc(hits)
        self.profile_reads.labels("disk").inc(misses)

    def observe_checkpoint(self, seconds: float, flush_seconds: float, profiles: int) -> None:
        """Record one committed checkpoint."""
        self.checkpoint_seconds.observe(seconds)
        self.flush_seconds.observe(flush_seconds)
        self.checkpoint_profiles.observe(profiles)

    def observe_delays(self, seconds: Iterable[float]) -> None:
        """Record, once an outcome, the time from its event's Kafka timestamp to the commit."""
        for delay in seconds:
            self.event_to_outcome.observe(max(0.0, delay))

    # ---------------------------------------------------------------------------------------- when Prometheus asks

    def show_tasks(self, tasks: Iterable[TaskGauges]) -> None:
        """Set all gauges from this worker's tasks; what a task given away had counted is forgotten."""
        shown = list(tasks)
        self.tasks.set(len(shown))
        self.recovered.set(sum(task.recovered for task in shown))
        self.profiles.set(sum(task.profiles for task in shown))
        self.timer_backlog.set(sum(task.timer_backlog for task in shown))
        self.hot_profiles.set(sum(task.hot_profiles for task in shown))
        self.store_bytes.set(sum(task.store_bytes for task in shown))
        show(self.segment_members, one_label(summed(task.segment_members for task in shown)))
        show(self.runs, one_label(summed(task.runs for task in shown)))
        show(self.older_runs, {(name, key): n for (name, key), n in summed(t.older_runs for t in shown).items()})
        lags = summed(task.lag_records for task in shown)
        show(self.lag_records, {(topic, str(partition)): lag for (topic, partition), lag in lags.items()})
        behind: dict[str, float] = {}
        for task in shown:
            for topic, seconds in task.behind_seconds.items():
                behind[topic] = max(seconds, behind.get(topic, 0.0))
        show(self.lag_seconds, one_label(behind))

    def page(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def names(self) -> frozenset[str]:
        """Return our metrics' names as queries use them, `_total`, `_bucket`, `_sum` and `_count` included."""
        found: set[str] = set()
        for family in self.registry.collect():
            if family.name.startswith("stream_"):
                found.update(queried(family.name, family.type))
        return frozenset(found)

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"stream_{name}", says, labels, registry=self.registry)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(f"stream_{name}", says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"stream_{name}", says, registry=self.registry, buckets=buckets)
