"""Lanes filled by hand, over sources that say what the test tells them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stream.model.events import Event
from stream.model.profile import NEVER
from stream.runtime.clock import TaskClock
from stream.runtime.lane import Item, Lane
from stream.runtime.merge import WallMerge
from stream.runtime.ports import TP


class Sources:
    """What the last fetch said of each topic."""

    def __init__(self) -> None:
        self.positions: dict[TP, int | None] = {}
        self.ends: dict[TP, int | None] = {}
        self.fetched: dict[TP, float | None] = {}
        self.calls: list[tuple[str, str]] = []

    def pause(self, tp: TP) -> None:
        self.calls.append(("pause", tp.topic))

    def resume(self, tp: TP) -> None:
        self.calls.append(("resume", tp.topic))

    def seek(self, tp: TP, offset: int) -> None:
        raise AssertionError("no task seeks")

    def position(self, tp: TP) -> int | None:
        return self.positions.get(tp, 0)

    def end_offset(self, tp: TP) -> int | None:
        return self.ends.get(tp, 0)

    def fetched_at(self, tp: TP) -> float | None:
        return self.fetched.get(tp, 0.0)

    async def bounds(self, tps: Iterable[TP]) -> dict[TP, tuple[int, int]]:
        return {}

    def partitions(self, topic: str) -> frozenset[int]:
        return frozenset({0})


class Clock:
    def __init__(self, now_ms: int = 0, monotonic_s: float = 0.0) -> None:
        self.time_ms, self.time_s = now_ms, monotonic_s

    def now_ms(self) -> int:
        return self.time_ms

    def monotonic_s(self) -> float:
        return self.time_s


def lanes(sources: Sources, *topics: str) -> list[Lane]:
    return [Lane(TP(topic, 0), rank, sources) for rank, topic in enumerate(topics)]


def fill(lane: Lane, *times_ms: int) -> None:
    for time_ms in times_ms:
        event = Event("u", "e", time_ms, "", {})
        lane.add(Item(time_ms, lane.read_offset, lane.rank, 0, event))
        lane.read_offset += 1


def beat(lane: Lane, time_ms: int) -> None:
    lane.add(Item(time_ms, lane.read_offset, lane.rank, 0))
    lane.heartbeat_ms = time_ms
    lane.read_offset += 1


def shown(items: Sequence[Item]) -> list[tuple[int, int]]:
    return [(item.order_ms, item.rank) for item in items]


class Timers(dict[str, int]):
    """When users' own timers are due."""

    def due_ms(self, user: str) -> int:
        return self.get(user, NEVER)

    def fire_own(self, user: str, until_ms: int) -> int:
        """One timer a user; the next is due `again_after_ms` later."""
        if self[user] <= until_ms:
            self[user] += self.again_after_ms
        return self[user]

    again_after_ms = NEVER


def live(*of: Lane, clock: Clock | None = None, timers: Timers | None = None) -> WallMerge:
    return WallMerge(of, TaskClock(clock or Clock(), 0, -NEVER), Timers() if timers is None else timers)
