"""The drive, over a decider that only writes down what it is told."""

from typing import cast

from stream.decision.decider import Decider, Taken
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome, Goal
from stream.model.profile import NEVER
from stream.replay.driving import BATCH, DRAIN_MS, Drive, Stop
from stream.replay.reading import Place


class WrittenDown:
    """Stands for the decider: an outcome for each event, and timers that fall due at fixed times."""

    def __init__(self, dues: list[int], again_ms: int = 0) -> None:
        self.dues = sorted(dues)
        self.again_ms = again_ms
        self.clocks: list[int] = []
        self.outcomes: list[AnyOutcome] = []

    def goal(self, user: str, at_ms: int) -> AnyOutcome:
        return Goal(id=f"{user}{at_ms}", user_id=user, at_ms=at_ms, journey="j", run_id="r", event="e")

    def decide(self, event: Event) -> None:
        self.outcomes.append(self.goal(event.user, event.time_ms))

    def advance(self, clock_ms: int) -> None:
        self.clocks.append(clock_ms)
        while self.dues and self.dues[0] <= clock_ms:
            due_ms = self.dues.pop(0)
            self.outcomes.append(self.goal("timer", due_ms))
            if self.again_ms:
                self.dues = sorted([*self.dues, due_ms + self.again_ms])

    @property
    def next_due_ms(self) -> int:
        return self.dues[0] if self.dues else NEVER

    def take(self) -> Taken:
        taken, self.outcomes = self.outcomes, []
        return Taken(taken, set(), 0)


def driven(
    times: list[int], dues: list[int], stop: Stop = "last", again_ms: int = 0
) -> tuple[Drive, list[tuple[int, str]]]:
    written: list[tuple[int, str]] = []
    decider = WrittenDown(dues, again_ms)
    drive = Drive(cast(Decider, decider), lambda batch: written.extend((one.at_ms, one.user_id) for one in batch))
    events = [(Place(time, 1, row), Event("user", "e", time, str(row), {})) for row, time in enumerate(times)]
    drive.run(events, stop)
    return drive, written


def test_the_clock_stops_at_the_last_event_timers_at_it_included() -> None:
    drive, written = driven([10, 20], [5, 20, 21])
    assert drive.clock_ms == 20
    assert written == [(5, "timer"), (10, "user"), (20, "user"), (20, "timer")]


def test_the_clock_stops_at_a_given_time_and_later_events_are_left() -> None:
    drive, written = driven([10, 20, 30], [15, 25, 26], 25)
    assert (drive.decided, drive.clock_ms) == (2, 25)
    assert written == [(10, "user"), (15, "timer"), (20, "user"), (25, "timer")]


def test_a_given_time_may_be_after_the_last_event_or_before_the_first() -> None:
    assert driven([10], [99, 100, 101], 100)[1] == [(10, "user"), (99, "timer"), (100, "timer")]
    assert driven([10], [5], 9)[1] == [(5, "timer")]


def test_draining_goes_on_until_no_timer_is_left() -> None:
    far_ms = 400 * 86_400_000
    assert driven([10], [20, far_ms], "drained")[1] == [(10, "user"), (20, "timer"), (far_ms, "timer")]


def test_draining_what_never_ends_stops_after_ten_years() -> None:
    drive, written = driven([10], [20], "drained", again_ms=30 * 86_400_000)
    assert drive.clock_ms <= 10 + DRAIN_MS
    assert len(written) == 1 + 122


def test_outcomes_are_in_order_of_time_over_many_batches() -> None:
    times = [number // 3 for number in range(3 * BATCH)]
    drive, written = driven(times, list(range(0, BATCH, 7)))
    assert drive.decided == 3 * BATCH
    assert [at_ms for at_ms, _ in written] == sorted(at_ms for at_ms, _ in written)


def test_without_events_nothing_happens_and_draining_ends() -> None:
    assert driven([], [], "drained")[1] == driven([], [])[1] == []
