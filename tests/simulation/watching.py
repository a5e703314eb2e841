"""The product's decider and checkpoints, watched: what was decided for each transaction, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from stream.decision.decider import Decider
from stream.model.events import Event
from stream.model.profile import NEVER
from stream.runtime.checkpoint import Checkpoints, Cut, Pending
from stream.runtime.lane import Item
from stream.runtime.merge import WallMerge
from stream.runtime.metrics import Metrics
from stream.runtime.position import Position
from stream.runtime.profiles import ProfileMap


class Decided(NamedTuple):
    """An event that was decided. `order_ms` is its place among the sources, `ends` is how far each was known to go."""

    event: Event
    limit_ms: int
    timers_until_ms: int
    order_ms: int = NEVER
    ends: tuple[int, ...] = ()


class FiredOwn(NamedTuple):
    """One user's timers that were fired up to a time, for an event of theirs that comes after."""

    user: str
    until_ms: int


class Advanced(NamedTuple):
    """Everybody's timers that were fired up to a time."""

    clock_ms: int


class GoesBy(NamedTuple):
    """A decider begins, by these definitions."""

    version: str


Operation = Decided | FiredOwn | Advanced | GoesBy

_taken: Final[dict[int, tuple[int, tuple[int, ...]]]] = {}
"""By the identity of an event handed over in wall mode, which its operation keeps alive."""


class WatchedWallMerge(WallMerge):
    """Notes what was known of the sources when an item was handed over."""

    def take(self, limit: int) -> Sequence[Item]:
        items = self.next_items(limit)
        if items:
            ends = tuple(lane.sources.end_offset(lane.tp) or 0 for lane in self._lanes)
            _taken.update((id(item.event), (item.order_ms, ends)) for item in items)
        return items

    def next_items(self, limit: int) -> Sequence[Item]:
        """As the product does it."""
        return super().take(limit)


class WatchedDecider(Decider):
    """Notes each call beside the profiles it is for."""

    def __init__(self, definitions: Any, profiles: Any, **options: Any) -> None:
        super().__init__(definitions, profiles, **options)
        self.operations: list[Operation] = [GoesBy(definitions.version)]
        profiles.watched = self

    def decide(self, event: Event, limit_ms: int = NEVER, timers_until_ms: int = NEVER) -> None:
        self.operations.append(Decided(event, limit_ms, timers_until_ms, *_taken.pop(id(event), ())))
        super().decide(event, limit_ms, timers_until_ms)

    def fire_own(self, user: str, until_ms: int) -> int:
        self.operations.append(FiredOwn(user, until_ms))
        return super().fire_own(user, until_ms)

    def advance(self, clock_ms: int) -> None:
        self.operations.append(Advanced(clock_ms))
        super().advance(clock_ms)


class WatchedCut(Cut, kw_only=True):
    """A cut with what was decided since the one before."""

    operations: list[Operation]


class WatchedCheckpoints(Checkpoints):
    """Tells the writer what its transaction is about."""

    def cut(self, pending: Pending, profiles: ProfileMap, position: Position) -> Cut:
        cut = super().cut(pending, profiles, position)
        decider: WatchedDecider = profiles.watched  # type: ignore[attr-defined]  # set by the watched decider
        operations, decider.operations = decider.operations, []
        fields = {name: getattr(cut, name) for name in Cut.__struct_fields__}
        return WatchedCut(**fields, operations=operations)

    async def commit(self, cut: Cut, metrics: Metrics, committed: Callable[[Position], None]) -> None:
        assert isinstance(cut, WatchedCut)
        self._writer.operations = cut.operations  # type: ignore[attr-defined]  # the simulation's writer
        await super().commit(cut, metrics, committed)
