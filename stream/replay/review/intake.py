"""One pass over the files: events into a spool, and what is to be known of the whole before anything is decided."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from stream.adapters.rows import Adapter, Row
from stream.model.codec import Codec
from stream.model.errors import Rejected
from stream.model.events import TOPIC_RANK, Event
from stream.model.plan import Plan
from stream.replay.files import Tick, lines_of, unique_sources
from stream.replay.reading import Place, event_of
from stream.replay.review.census import Census
from stream.replay.review.shapes import Rejection
from stream.replay.review.spool import Spool

DAY_MS: Final = 86_400_000
REASONS_MAX: Final = 200
"""Reasons of rejection, details included, that are kept apart."""


class Days(msgspec.Struct):
    """How the events lie in time: of each day their number, and the first and last time."""

    days: dict[int, tuple[int, int, int]] = {}

    def add(self, time_ms: int) -> None:
        """Count an event."""
        day = time_ms // DAY_MS
        count, first_ms, last_ms = self.days.get(day, (0, time_ms, time_ms))
        self.days[day] = (count + 1, min(first_ms, time_ms), max(last_ms, time_ms))

    def first_ms(self, stray: float = 0.0) -> int | None:
        """Return the first time; with `stray` that of the first day before which no larger share of all events lies."""
        allowed = stray * sum(count for count, _, _ in self.days.values())
        for day in sorted(self.days):
            allowed -= self.days[day][0]
            if allowed < 0:
                return self.days[day][1]
        return None

    def last_ms(self) -> int | None:
        """Return the last time."""
        return max((last_ms for _, _, last_ms in self.days.values()), default=None)

    def before(self, time_ms: int) -> int:
        """Return how many events lie before the first time of a day."""
        return sum(count for count, _, last_ms in self.days.values() if last_ms < time_ms)


class Intake:
    """Reads files once into a spool. Rows the plan does not name are counted in `unplanned`."""

    def __init__(self, plan: Plan, spool: Spool, census: Census | None = None) -> None:
        self._codec = Codec(plan)
        self._rank = {event.name: TOPIC_RANK[event.topic] for event in plan.events.values()}
        self._spool = spool
        self._census = census
        self._rejected: Counter[tuple[str, str]] = Counter()
        self.days: Final = Days({})
        self.rows = 0
        self.unplanned = 0
        self.accepted = 0

    def read(self, paths: Sequence[Path], adapter: Adapter, tick: Tick = lambda _: None) -> None:
        """Read all files. Raises `InputRefused` where one cannot be read, `OSError` where the disk is full."""
        for path, source in zip(paths, unique_sources(paths), strict=True):
            for row in adapter(lines_of(path, tick), source):
                self.rows += 1
                if self._census is not None:
                    self._census.add(row)
                event = self._accepted(row, f"{source}-{row.number}")
                if event is not None:
                    self.accepted += 1
                    self.days.add(event.time_ms)
                    self._spool.add(Place(event.time_ms, self._rank[event.name], self.rows), event)

    def rejections(self) -> list[Rejection]:
        """Return why rows were rejected, the most frequent reason first."""
        counted = sorted(self._rejected.items(), key=lambda item: (-item[1], item[0]))
        return [Rejection(reason, detail, rows) for (reason, detail), rows in counted]

    def _accepted(self, row: Row, record_id: str) -> Event | None:
        try:
            event = event_of(self._codec, row, record_id)
        except Rejected as rejection:
            key = (rejection.reason, rejection.detail)
            if key not in self._rejected and len(self._rejected) >= REASONS_MAX:
                key = (rejection.reason, "")
            self._rejected[key] += 1
            return None
        self.unplanned += event is None
        return event
