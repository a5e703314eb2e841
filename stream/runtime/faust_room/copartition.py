"""A task is one partition number across all input topics: checked at every assignment, before anything is read."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from stream.runtime.ports import TP


class NotCopartitioned(Exception):
    """The input topics do not share one set of partitions, so no task would see all of a user's events."""


class Assigned(Protocol):
    """What is asked of the input log."""

    def assigned(self) -> frozenset[TP]: ...

    def partitions(self, topic: str) -> frozenset[int]: ...


def copartitioned(topics: Iterable[str], log: Assigned) -> frozenset[int]:
    """Return the partition numbers assigned, the same for every topic; raises NotCopartitioned otherwise.

    Faust leaves out a topic that does not exist, and never assigns topics of different partition counts alike. Members
    with different subscriptions fall into separate groups of its assignor (a rolling upgrade that adds a topic).
    """
    numbers: dict[str, set[int]] = {topic: set() for topic in topics}
    _check_counts({topic: len(log.partitions(topic)) for topic in numbers})
    for tp in log.assigned():
        numbers.setdefault(tp.topic, set()).add(tp.partition)
    if len({frozenset(found) for found in numbers.values()}) > 1:
        listed = "; ".join(f"{topic}: {sorted(found)}" for topic, found in sorted(numbers.items()))
        raise NotCopartitioned(
            f"the partitions assigned differ by topic ({listed}); do all workers of this app read the same topics?"
        )
    return frozenset(next(iter(numbers.values()), ()))


def _check_counts(counts: Mapping[str, int]) -> None:
    if missing := sorted(topic for topic, count in counts.items() if not count):
        raise NotCopartitioned(f"no such topic on the broker: {', '.join(missing)} (`stream topics` creates them)")
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{topic} has {count}" for topic, count in sorted(counts.items()))
        raise NotCopartitioned(f"the input topics need equal partition counts: {listed}")
