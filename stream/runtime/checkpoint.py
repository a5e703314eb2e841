"""The checkpoint: changed profiles, position, outcomes and dead letters of a task, in one transaction.

Everything is encoded at the cut, at once, so that deciding goes on while the transaction commits. Two are never open
for one task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from stream.model.contributions import Contribution
from stream.model.errors import DeadLetter, StreamStop
from stream.model.outcomes import AnyOutcome
from stream.runtime.delivery import Delivery, without_expired
from stream.runtime.metrics import Metrics
from stream.runtime.ports import TP
from stream.runtime.position import POSITION_KEY, Position, encode_position
from stream.runtime.profiles import ProfileMap
from stream.runtime.strays import Stray
from stream.runtime.task_ports import Failed, Fenced, Outgoing, WallClock, Writer
from stream.runtime.telling import Passed, kinds_of

PROFILES_PER_CUT: Final = 2_000
"""So many changed profiles make a checkpoint due at once: encoding them holds up deciding for some 10 ms."""


BUSY_TIMES: Final = 10
"""So many times as long may a checkpoint wait while more waits to be decided: what is sent then is late already, and
users who act again meanwhile are written once.
"""


class Pace(msgspec.Struct, frozen=True):
    """How soon a checkpoint follows the one before: with something to send, and with changed state alone."""

    min_s: float
    max_s: float

    @property
    def busy_s(self) -> float:
        """How soon with something to send, while more waits to be decided."""
        return min(self.min_s * BUSY_TIMES, self.max_s)


class Cut(msgspec.Struct):
    """One checkpoint as it will be written. `log_ms` has the timestamps of the records that led to outcomes."""

    records: dict[TP, list[Outgoing]]
    position: Position
    outcomes: list[AnyOutcome]
    letters: list[DeadLetter]
    strays: list[Stray]
    told: list[Contribution | Passed]
    profiles: int
    log_ms: list[int]
    cut_s: float


class Pending:
    """What was decided since the last cut."""

    def __init__(self, pace: Pace) -> None:
        self._pace: Final = pace
        self._outcomes: list[AnyOutcome] = []
        self._changed: set[str] = set()
        self._letters: list[DeadLetter] = []
        self._strays: list[Stray] = []
        self._told: list[Contribution | Passed] = []
        self._has_passed = False
        self._log_ms: list[int] = []
        self._journeys: list[Outgoing] = []
        self._has_moved = False
        self._last_cut_s = float("-inf")

    def add(self, outcomes: Sequence[AnyOutcome], changed: Iterable[str], log_ms: int) -> None:
        """Add what the decider handed over; `log_ms` is the timestamp of the record behind it, 0 where none is."""
        self._outcomes.extend(outcomes)
        self._changed.update(changed)
        if log_ms > 0:
            self._log_ms.extend([log_ms] * len(outcomes))

    def reject(self, letter: DeadLetter) -> None:
        """Add a dead letter."""
        self._letters.append(letter)

    def send_on(self, stray: Stray) -> None:
        """Add a record for another task."""
        self._strays.append(stray)

    def keep(self, journeys: Iterable[Outgoing]) -> None:
        """Add definitions of journeys to the state, and take some out; that alone is no reason to cut."""
        self._journeys.extend(journeys)

    def tell(self, told: Sequence[Contribution | Passed]) -> None:
        """Add what the learner is to hear. Contributions alone make no checkpoint due; all wait for `Passed`."""
        self._told.extend(told)
        self._has_passed = self._has_passed or any(isinstance(each, Passed) for each in told[-1:])

    def moved(self) -> None:
        """Note that the position has changed."""
        self._has_moved = True

    def due_s(self, *, is_busy: bool = False) -> float:
        """When to cut next, on the monotonic clock; infinite while nothing has changed.

        Later where whoever decides `is_busy`: more waits to be decided.
        """
        if len(self._changed) >= PROFILES_PER_CUT:
            return self._last_cut_s + self._pace.min_s
        if self._outcomes or self._letters or self._strays or self._has_passed:
            return self._last_cut_s + (self._pace.busy_s if is_busy else self._pace.min_s)
        return self._last_cut_s + self._pace.max_s if self._changed or self._has_moved else float("inf")

    def cut(self, profiles: ProfileMap, changelog: TP, wall: WallClock) -> Cut:
        """Encode it all, but for the position and the outcomes, and begin anew."""
        state = [Outgoing(user.encode(), profiles.encoded(user)) for user in self._changed]
        cut_s = wall.monotonic_s()
        cut = Cut(
            records={changelog: [*self._journeys, *state]},
            position=Position(),
            outcomes=self._outcomes,
            letters=self._letters,
            strays=self._strays,
            told=self._told,
            profiles=len(state),
            log_ms=self._log_ms,
            cut_s=cut_s,
        )
        self._outcomes, self._changed, self._letters, self._strays, self._log_ms = [], set(), [], [], []
        self._journeys, self._told = [], []
        self._has_passed, self._has_moved, self._last_cut_s = False, False, cut_s
        profiles.cool()
        return cut


class Checkpoints:
    """Cuts and commits the checkpoints of one task."""

    def __init__(self, changelog: TP, writer: Writer, delivery: Delivery, wall: WallClock, *, expires: bool) -> None:
        self._changelog: Final = changelog
        self._writer: Final = writer
        self._delivery: Final = delivery
        self._wall: Final = wall
        self._expires: Final = expires

    def cut(self, pending: Pending, profiles: ProfileMap, position: Position) -> Cut:
        """Take a checkpoint of this moment; nothing is awaited, so state, outcomes and position belong together."""
        cut = pending.cut(profiles, self._changelog, self._wall)
        cut.position = position
        cut.records[self._changelog].append(Outgoing(POSITION_KEY, encode_position(position)))
        if self._expires:
            cut.outcomes = without_expired(cut.outcomes, self._wall.now_ms())
        cut.records.update(self._delivery.records(cut.outcomes, cut.letters, cut.strays))
        cut.records.update(self._delivery.tellings(cut.told))
        return cut

    async def commit(self, cut: Cut, metrics: Metrics, committed: Callable[[Position], None]) -> None:
        """Make it durable; raises Fenced, Failed or StreamStop, and then nothing of it is seen outside."""
        writer = self._writer
        try:
            await writer.begin()
            for tp, records in cut.records.items():
                await writer.write(tp.topic, tp.partition, records)
            flush_s = self._wall.monotonic_s()
            await writer.commit()
        except (Failed, StreamStop):
            # Not needed for what is true, but an open transaction holds up subscribers until it times out.
            with suppress(Failed, Fenced):
                await writer.abort()
            raise
        committed(cut.position)
        self._report(cut, metrics, flush_s)

    def _report(self, cut: Cut, metrics: Metrics, flush_s: float) -> None:
        done_s, now_ms = self._wall.monotonic_s(), self._wall.now_ms()
        metrics.observe_checkpoint(done_s - cut.cut_s, done_s - flush_s, cut.profiles)
        metrics.count_outcomes(cut.outcomes)
        metrics.count_contributions(kinds_of(cut.told))
        metrics.count_dead_letters(Counter(letter.reason for letter in cut.letters))
        metrics.count_rerouted(Counter(self._delivery.label(stray.record.topic) for stray in cut.strays))
        metrics.observe_delays((now_ms - log_ms) / 1_000 for log_ms in cut.log_ms)
