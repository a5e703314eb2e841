"""Faults put into the product on purpose, one at a time: the simulation must find each."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from stream.model.events import Event
from stream.model.profile import NEVER
from stream.runtime import kept, kept_journeys, learner, lessons, recovery, restoring, share, task, tasks
from stream.runtime.checkpoint import Cut
from stream.runtime.faust_room import input_log, room
from stream.runtime.lane import Item
from stream.runtime.merge import EventMerge
from stream.runtime.metrics import Metrics
from stream.runtime.ports import TP
from stream.runtime.position import POSITION_KEY, Position
from tests.simulation import ports
from tests.simulation.log import Partition
from tests.simulation.store_mutations import STORE_MUTATIONS
from tests.simulation.watching import WatchedCheckpoints, WatchedCut, WatchedDecider, WatchedWallMerge

Replaced = tuple[object, str, object]


class LazyWriter:
    """Takes the transactional id only when it first writes."""

    def __init__(self, cluster: ports.SimulatedTransactions, number: int) -> None:
        self._cluster, self._number = cluster, number
        self._writer: ports.SimulatedWriter | None = None
        self.operations: list[Any] | None = None

    async def begin(self) -> None:
        if self._writer is None:
            self._writer = await _OPEN(self._cluster, self._number)
        self._writer.operations = self.operations
        await self._writer.begin()

    async def close(self) -> None:
        """Hold nothing."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)


_OPEN: Final = ports.SimulatedTransactions.open


async def _open_lazily(self: ports.SimulatedTransactions, partition: int) -> LazyWriter:
    return LazyWriter(self, partition)


def _fence_late() -> list[Replaced]:
    return [(ports.SimulatedTransactions, "open", _open_lazily)]


def _read_uncommitted() -> list[Replaced]:
    fetch = Partition.fetch

    def fetch_all(self: Partition, start: int, limit: int, **_: bool) -> Any:
        return fetch(self, start, limit, read_committed=self.tp.topic != ports.CHANGELOG)

    return [(Partition, "fetch", fetch_all)]


class PositionApart(WatchedCheckpoints):
    """Commits the position after the state, in a transaction of its own."""

    async def commit(self, cut: Cut, metrics: Metrics, committed: Callable[[Position], None]) -> None:
        assert isinstance(cut, WatchedCut)
        state = cut.records[self._changelog]
        positions = [record for record in state if record.key == POSITION_KEY]
        cut.records[self._changelog] = [record for record in state if record.key != POSITION_KEY]
        await super().commit(cut, metrics, lambda _: None)
        await self._writer.begin()
        await self._writer.write(self._changelog.topic, self._changelog.partition, positions)
        await self._writer.commit()
        committed(cut.position)


def _position_apart() -> list[Replaced]:
    # With the first transaction committed and not the second, there are profiles and no position: the product stops.
    return [(tasks, "Checkpoints", PositionApart)]


class HastyEventMerge(EventMerge):
    """Goes as far as the source that is farthest ahead allows; what comes of the others later is decided then."""

    def _begin(self) -> None:
        until_ms = self._until_ms = max(self._clock_ms, *(lane.heartbeat_ms for lane in self._lanes))
        for lane in self._lanes:
            lane.pass_heartbeats(self._clock_ms)
            self._round.extend((item.order_ms, lane.rank, item.offset, item) for item in lane.up_to(until_ms))
        self._round.sort(reverse=True, key=lambda entry: entry[:3])


class HastyWallMerge(WatchedWallMerge):
    """Takes what is there, in order of time, whoever has records still to read."""

    def next_items(self, limit: int) -> Sequence[Item]:
        taken: list[Item] = []
        while len(taken) < limit and (waiting := [lane for lane in self._lanes if lane.items]):
            first = min(waiting, key=lambda lane: (lane.items[0].order_ms, lane.rank))
            taken.append(first.items.popleft())
        return taken


def _hold_nothing_back() -> list[Replaced]:
    return [(tasks, "EventMerge", HastyEventMerge), (tasks, "WallMerge", HastyWallMerge)]


class CarelessWallMerge(WatchedWallMerge):
    """Takes an empty source for one that was read whole until now, however long ago it answered."""

    def next_items(self, limit: int) -> Sequence[Item]:
        items = super().next_items(limit)
        self.known_ms = NEVER
        return items

    def _waits(self, item: Item, *, is_first: bool) -> bool:
        return False


def _trust_old_answers() -> list[Replaced]:
    return [(tasks, "WallMerge", CarelessWallMerge)]


class EventsFirst(WatchedDecider):
    """Decides an event without firing the user's own timers before it."""

    def decide(self, event: Event, limit_ms: int = NEVER, timers_until_ms: int = NEVER) -> None:
        profile = self._profiles.get(event.user)
        if profile is None:
            super().decide(event, limit_ms, timers_until_ms)
            return
        due_ms, profile.due_ms = profile.due_ms, NEVER
        super().decide(event, limit_ms, timers_until_ms)
        if profile.due_ms == NEVER:
            profile.due_ms = due_ms


def _events_first() -> list[Replaced]:
    return [(restoring, "Decider", EventsFirst)]


def _give_away_without_commit() -> list[Replaced]:
    """Hand over the position that was decided, not the committed one, as a group's offsets would."""
    handed_over: dict[TP, int] = {}
    give_away, starting_offsets = task.Task.give_away, recovery.starting_offsets

    async def give_away_at_once(self: task.Task) -> None:
        handed_over.update({tp: lane.next_offset for tp, lane in self._lanes.items()})
        self._pending.cut = None  # type: ignore[method-assign, assignment]  # nothing is cut any more
        with contextlib.suppress(TypeError):
            await give_away(self)

    def handed_over_offsets(position: Position, bounds: Mapping[TP, tuple[int, int]]) -> dict[TP, int]:
        found = starting_offsets(position, bounds)
        return {tp: max(offset, handed_over.get(tp, 0)) for tp, offset in found.items()}

    return [(task.Task, "give_away", give_away_at_once), (tasks, "starting_offsets", handed_over_offsets)]


def _offer_stale_batches() -> list[Replaced]:
    def accept(self: input_log.InputLog, batch: input_log.Batch) -> bool:
        self._under_way[batch.tp] = max(0, self._under_way.get(batch.tp, 0) - 1)
        return True

    return [(input_log.InputLog, "is_current", lambda *_: True), (input_log.InputLog, "accept", accept)]


async def _take_the_writer_anew(state: kept.TaskState, *_: object) -> bool:
    """Go on with what was kept, on a new writer: that one can write, whoever held the task meanwhile."""
    writer = state.writer
    assert isinstance(writer, ports.SimulatedWriter)
    writer._place = (await _OPEN(writer._cluster, writer._place[0]))._place
    return True


def _keep_unproven() -> list[Replaced]:
    return [(tasks, "is_still_ours", _take_the_writer_anew)]


def _take_over_what_is_revoked() -> list[Replaced]:
    take_over = room.Room.take_over

    async def take_over_whatever(self: room.Room) -> bool:
        self.is_assigned = True
        return await take_over(self)

    return [(room.Room, "take_over", take_over_whatever)]


def _forget_older_definitions() -> list[Replaced]:
    return [(kept_journeys.KeptJourneys, "changes", lambda *_: [])]


def _wait_for_no_snapshot() -> list[Replaced]:
    return [(share.Share, "free_until_ms", NEVER)]


class HastyLessons(lessons.Lessons):
    """Publishes when the first task has passed a barrier."""

    def __init__(self, tasks: int, *rest: Any) -> None:
        super().__init__(min(1, tasks), *rest)


def _publish_before_all_have_told() -> list[Replaced]:
    return [(learner, "Lessons", HastyLessons)]


LEARNING_MUTATIONS: Final[Mapping[str, Callable[[], list[Replaced]]]] = {
    "publish_before_all_have_told": _publish_before_all_have_told,
    "wait_for_no_snapshot": _wait_for_no_snapshot,
}
"""Those that show only where something is learnt."""

MUTATIONS: Final[Mapping[str, Callable[[], list[Replaced]]]] = {
    "fence_late": _fence_late,
    "read_uncommitted": _read_uncommitted,
    "position_apart": _position_apart,
    "hold_nothing_back": _hold_nothing_back,
    "trust_old_answers": _trust_old_answers,
    "events_first": _events_first,
    "give_away_without_commit": _give_away_without_commit,
    "keep_unproven": _keep_unproven,
    "offer_stale_batches": _offer_stale_batches,
    "forget_older_definitions": _forget_older_definitions,
    "take_over_what_is_revoked": _take_over_what_is_revoked,
}


@contextmanager
def replacing(replaced: Sequence[Replaced]) -> Iterator[None]:
    """Put other things in the places of some, for a while."""
    before = [(place, name, getattr(place, name)) for place, name, _ in replaced]
    try:
        for place, name, value in replaced:
            setattr(place, name, value)
        yield
    finally:
        for place, name, value in before:
            setattr(place, name, value)


def mutated(mutation: str | None) -> contextlib.AbstractContextManager[None]:
    """Put a fault in; none without a name."""
    return replacing([] if mutation is None else {**MUTATIONS, **LEARNING_MUTATIONS, **STORE_MUTATIONS}[mutation]())
