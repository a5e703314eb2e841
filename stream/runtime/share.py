"""One task's share in what is learnt by all: what it tells, the barriers it passes, the snapshots it goes by."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final, Protocol

from stream.decision.decider import Decider
from stream.decision.items.news import News
from stream.model.contributions import Contribution
from stream.model.products import CatalogueSnapshot
from stream.model.profile import NEVER
from stream.runtime.barriers import free_until_ms, passed_barrier
from stream.runtime.catalogue import CatalogueReader
from stream.runtime.checkpoint import Pending
from stream.runtime.position import Position
from stream.runtime.reference_log import ReferenceLog
from stream.runtime.telling import Passed

logger = logging.getLogger(__name__)

SPEAKS_FOR_ALL: Final = 0
"""The task that does what is to be done once in the whole group."""


class Source(Protocol):
    """Where a task has the snapshots from; `version` is another one when there is news."""

    @property
    def every_ms(self) -> int: ...

    @property
    def log(self) -> ReferenceLog: ...

    @property
    def version(self) -> int: ...

    @property
    def catalogue(self) -> CatalogueReader: ...


class Share:
    """Where the source learns nothing, nothing is told and nothing waited for."""

    def __init__(self, number: int, decider: Decider, source: Source, position: Position) -> None:
        self._number: Final = number
        self._decider: Final = decider
        self._source: Final = source if source.every_ms else None
        self._adopted = -1
        self._passed_ms = -NEVER
        self._free_until_ms = NEVER if self._source is None else -NEVER
        self._catalogue = CatalogueSnapshot()
        self._catalogue_letters: Final = dict(position.catalogue)
        self._clock_ms: Final = position.clock_ms

    @property
    def free_until_ms(self) -> int:
        """Until when (inclusive) may be decided by what was adopted, so that nobody's timing shows."""
        return self._free_until_ms

    @property
    def next_due_ms(self) -> int:
        """The earliest time at which a timer may be due."""
        return self._decider.next_due_ms

    def adopt(self, pending: Pending) -> None:
        """Let the decider go by what came in since: those of a later time than it decides at wait for their time."""
        source = self._source
        if source is None or source.version == self._adopted:
            return
        self._adopted = source.version
        # The decider keeps the last few; to be told again of one it knows changes nothing.
        for reference in source.log.snapshots:
            self._decider.adopt(reference)
        self._free_until_ms = free_until_ms(source.log.published_ms, source.every_ms)
        if source.catalogue.snapshot is not self._catalogue:
            self._catalogue = source.catalogue.snapshot
            self._decider.adopt(self._catalogue)
            if self._decider.news is not None:
                self._hear(self._decider.news, source.catalogue)
        if self._number == SPEAKS_FOR_ALL:
            for letter in source.catalogue.letters_from(self._catalogue_letters):
                self._catalogue_letters[letter.partition] = letter.offset + 1
                pending.reject(letter)

    def keep(self, position: Position) -> None:
        """Write down in the position what a successor must know."""
        position.catalogue = dict(self._catalogue_letters)
        if self._decider.news is not None:
            position.told = self._decider.news.places()

    def _hear(self, news: News, catalogue: CatalogueReader) -> None:
        """Let it be told what has changed; the first time, what had changed before the task's clock is past."""
        is_first = not news.read_offsets
        for partition, offset in news.read_offsets.items():
            if offset < (kept := catalogue.forgotten.get(partition, 0)):
                logger.warning("task %s tells no changes of products at %s to %s", self._number, offset, kept)
        changes = catalogue.changes_from(news.read_offsets)
        news.adopt([each for each in changes if not is_first or each.at_ms > self._clock_ms], catalogue.next_offsets)

    def tell(self, contributions: Sequence[Contribution], pending: Pending) -> None:
        """Let contributions go out with the next checkpoint."""
        if contributions and self._source is not None:
            pending.tell(contributions)

    def pass_barriers(self, clock_ms: int, pending: Pending) -> None:
        """Let it be known which barrier the clock has passed; a task just taken over says so once in any case."""
        if self._source is None or clock_ms == -NEVER:
            return
        passed_ms = passed_barrier(clock_ms, self._source.every_ms)
        if passed_ms > self._passed_ms:
            self._passed_ms = passed_ms
            pending.tell([Passed(self._number, passed_ms)])
