"""How metrics of several tasks become those of a worker."""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from typing import TypeVar

from prometheus_client import Gauge

K = TypeVar("K")


def queried(name: str, kind: str) -> Iterable[str]:
    """Return the names under which a metric is asked for."""
    match kind:
        case "counter":
            return (f"{name}_total",)
        case "histogram":
            return (f"{name}_bucket", f"{name}_sum", f"{name}_count")
        case _:
            return (name,)


def summed(counts: Iterable[Mapping[K, int]]) -> dict[K, int]:
    """Add up by key."""
    total: Tally[K] = Tally()
    for count in counts:
        total.update(count)
    return dict(total)


def one_label(values: Mapping[str, float]) -> dict[tuple[str, ...], float]:
    """Return values by their only label."""
    return {(label,): value for label, value in values.items()}


def show(gauge: Gauge, values: Mapping[tuple[str, ...], float]) -> None:
    """Set a gauge by its labels; what it had under others is forgotten."""
    gauge.clear()
    for labels, value in values.items():
        gauge.labels(*labels).set(value)
