"""What a task says of itself: how many of which events it decided, and how it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from stream.runtime.lane import Item
from stream.runtime.metrics import Metrics, TaskGauges
from stream.runtime.ports import TP
from stream.runtime.settings_fields import Settings
from stream.runtime.task_parts import TaskParts


class TaskReport:
    """Counts between two checkpoints, and tells the metrics at each."""

    def __init__(self, parts: TaskParts, settings: Settings, metrics: Metrics) -> None:
        self._parts: Final = parts
        self._prefix: Final = settings.topic_prefix
        self._metrics: Final = metrics
        self._topics: Final = {lane.rank: self._label(lane.tp) for lane in parts.lanes}
        self._decided: Final[Counter[tuple[int, str]]] = Counter()
        self._duplicates = 0

    def note_decided(self, items: Iterable[Item]) -> None:
        """Count the events that were decided."""
        self._decided.update(
            (item.rank, item.event.name) for item in items if item.event is not None and item.stray is None
        )

    def note_duplicates(self, count: int) -> None:
        """Count events that turned out to be repetitions."""
        self._duplicates += count

    def tell(self) -> None:
        """Tell what was counted, and begin anew."""
        topics, intake = self._topics, self._parts.intake
        self._metrics.count_events({(topics[rank], name): count for (rank, name), count in self._decided.items()})
        self._metrics.count_dropped({"unplanned": intake.unplanned, "duplicate": self._duplicates})
        self._metrics.count_profile_reads(*self._parts.profiles.take_reads())
        self._decided.clear()
        intake.unplanned = self._duplicates = 0

    def gauges(self, now_ms: int) -> TaskGauges:
        """Return how the task stands now."""
        decider, lanes, profiles = self._parts.decider, self._parts.lanes, self._parts.profiles
        behind = {
            self._label(lane.tp): 0.0 if lane.is_drained else max(0.0, (now_ms - max(0, lane.newest_ms)) / 1_000)
            for lane in lanes
        }
        return TaskGauges(
            recovered=True,
            profiles=len(profiles),
            timer_backlog=max(decider.backlog, profiles.timers_stored),
            hot_profiles=profiles.hot,
            store_bytes=profiles.store_bytes,
            segment_members=dict(decider.counts.segments),
            runs=dict(decider.counts.runs),
            older_runs=self._parts.journeys.older_runs(decider.counts.uses),
            lag_records={(self._label(lane.tp), lane.tp.partition): lane.lag for lane in lanes},
            behind_seconds=behind,
        )

    def _label(self, tp: TP) -> str:
        """Return the topic as the tracking plan and the metrics name it, without the prefix."""
        topic: str = tp.topic
        return topic.removeprefix(self._prefix)
