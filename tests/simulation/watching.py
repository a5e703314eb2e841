"""The product's decider and checkpoints, watched: what was decided for each transaction, in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stream.decision.decider import Decider
from stream.model.events import Event
from stream.model.profile import NEVER
from stream.runtime.checkpoint import Checkpoints, Cut, Pending
from stream.runtime.metrics import Metrics
from stream.runtime.position import Position
from stream.runtime.profiles import ProfileMap

Operation = tuple[Event, int] | int
"""An event decided with its limit, or the clock advanced to."""


class WatchedDecider(Decider):
    """Notes each call beside the profiles it is for."""

    def __init__(self, definitions: Any, profiles: Any, **options: Any) -> None:
        super().__init__(definitions, profiles, **options)
        self.operations: list[Operation] = []
        profiles.watched = self

    def decide(self, event: Event, limit_ms: int = NEVER) -> None:
        self.operations.append((event, limit_ms))
        super().decide(event, limit_ms)

    def advance(self, clock_ms: int) -> None:
        self.operations.append(clock_ms)
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
