"""Which snapshots of shared knowledge are in force at a user's time."""

from typing import Final, Protocol, TypeVar

from stream.decision.turn import Turn
from stream.model.products import CatalogueSnapshot
from stream.model.profile import NEVER
from stream.model.reference import Reference

SNAPSHOTS_KEPT: Final = 8
"""Snapshots of each kind that are kept at a time, for users whose time is behind."""

Snapshot = Reference | CatalogueSnapshot


class _Timed(Protocol):
    @property
    def effective_ms(self) -> int: ...


Kind = TypeVar("Kind", bound=_Timed)


class InForce:
    """The latest snapshots, of which each turn goes by those in force at its time."""

    def __init__(self) -> None:
        self.is_empty = True
        self._references: list[Reference] = []
        self._catalogues: list[CatalogueSnapshot] = []
        self._from_ms = self._until_ms = NEVER

    def adopt(self, snapshot: Snapshot) -> None:
        """Take in a snapshot; those of a kind come in the order of their times."""
        if isinstance(snapshot, Reference):
            self._references = [*self._references, snapshot][-SNAPSHOTS_KEPT:]
        else:
            self._catalogues = [*self._catalogues, snapshot][-SNAPSHOTS_KEPT:]
        self.is_empty = False
        self._from_ms = self._until_ms = NEVER

    def give(self, turn: Turn) -> None:
        """Let a turn go by what is in force at its time."""
        now_ms = turn.now_ms
        if self._from_ms <= now_ms < self._until_ms:
            return
        turn.reference = _in_force(self._references, now_ms)
        turn.catalogue = _in_force(self._catalogues, now_ms) or CatalogueSnapshot()
        snapshots: list[Snapshot] = [*self._references, *self._catalogues]
        times = [each.effective_ms for each in snapshots]
        self._from_ms = max((time_ms for time_ms in times if time_ms <= now_ms), default=-NEVER)
        self._until_ms = min((time_ms for time_ms in times if time_ms > now_ms), default=NEVER)


def _in_force(snapshots: list[Kind], now_ms: int) -> Kind | None:
    return next((each for each in reversed(snapshots) if each.effective_ms <= now_ms), None)
