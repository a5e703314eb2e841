"""What the learner makes of what it is told, and how it goes on after a restart."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from stream.model.contributions import Contribution
from stream.model.errors import StreamStop
from stream.model.profile import NEVER
from stream.model.reference import BetaPosterior, Reward
from stream.runtime.lessons import Lessons
from stream.runtime.reference_log import ReferenceLog
from stream.runtime.task_ports import Outgoing
from stream.runtime.telling import TOLD_IN_A_RECORD, Passed, decode_tellings, encode_tellings
from tests.runtime.fakes import FakeRecord

EVERY_MS = 1_000


def trial(at_ms: int, name: str = "") -> Reward:
    its_id = name or f"trial {at_ms}"
    return Reward("key", "arm", 0.0, 0.5, its_id, at_ms, user="u", id=its_id, told_ms=at_ms)


def records(told: Sequence[Contribution | Passed], offset: int = 0) -> list[FakeRecord]:
    return [FakeRecord("c", 0, offset + at, 0, None, encode_tellings([each])[0]) for at, each in enumerate(told)]


class Learning:
    """A learner and its log, which outlasts it."""

    def __init__(self, tasks: int = 2) -> None:
        self._tasks = tasks
        self.written: list[Outgoing] = []
        self.told: list[FakeRecord] = []
        self.restart()

    @property
    def log(self) -> ReferenceLog:
        log = ReferenceLog(keeps_learner=True)
        for key, value, _ in self.written:
            log.take(key, value)
        return log

    def restart(self, every_ms: int = EVERY_MS) -> None:
        self._lessons = Lessons(self._tasks, every_ms, self.log)
        self._take(self.told[self._lessons.next_offset :])

    def tell(self, *told: Contribution | Passed) -> None:
        new = records(told, len(self.told))
        self.told += new
        self._take(new)

    def _take(self, new: Sequence[FakeRecord]) -> None:
        self._lessons.take(new)
        self.written += self._lessons.publish()

    def trials(self) -> list[tuple[int, float]]:
        """By barrier, how many failures are known."""
        found = []
        for each in self.log.snapshots:
            posterior = each.arms["key"]["arm"]
            assert isinstance(posterior, BetaPosterior)
            found.append((each.as_of_ms, posterior.beta - 1))
        return found


@pytest.mark.parametrize(("many", "sizes"), [(0, []), (1, [1]), (40, [40]), (41, [40, 1])])
def test_what_is_told_at_once_goes_into_few_records_in_its_order(many: int, sizes: list[int]) -> None:
    told = [trial(at_ms) for at_ms in range(many)]
    read = [decode_tellings(value) for value in encode_tellings(told)]
    assert TOLD_IN_A_RECORD == 40
    assert list(map(len, read)) == sizes
    assert [each for record in read for each in record] == told


def test_a_record_of_an_earlier_version_holds_one() -> None:
    assert decode_tellings(b'{"type":"passed","task":3,"barrier_ms":5}') == [Passed(3, 5)]


def test_a_snapshot_waits_for_the_last_task_and_holds_what_was_told_before_its_barrier() -> None:
    learning = Learning()
    learning.tell(trial(10), trial(1_000), Passed(0, 1_000), trial(1_500))
    assert learning.trials() == []
    learning.tell(trial(999), Passed(1, 1_000))
    assert learning.trials() == [(1_000, 2)]
    assert learning.log.published_ms == 1_000


def test_every_barrier_with_something_told_has_a_snapshot_however_many_are_passed_at_once() -> None:
    learning = Learning(1)
    learning.tell(trial(10), trial(1_010), trial(5_010), Passed(0, 9_000))
    assert learning.trials() == [(1_000, 1), (2_000, 2), (6_000, 3)]
    assert learning.log.published_ms == 9_000


@pytest.mark.parametrize("restarts", [False, True])
def test_a_restart_anywhere_changes_nothing(restarts: bool) -> None:
    learning = Learning()
    story = [
        *(trial(10), Passed(0, 1_000), trial(1_200), Passed(1, 1_000), Passed(0, 2_000), Passed(1, 2_000)),
        *(Passed(0, 4_000), Passed(1, 3_000), trial(3_100), Passed(1, 4_000), trial(4_100), Passed(0, 5_000)),
        Passed(1, 6_000),
    ]
    for each in story:
        learning.tell(each)
        if restarts:
            learning.restart()
    assert learning.trials() == [(1_000, 1), (2_000, 2), (4_000, 3), (5_000, 4)]
    assert learning.log.published_ms == 5_000


def test_what_is_told_late_counts_at_the_next_barrier() -> None:
    learning = Learning(1)
    learning.tell(Passed(0, 3_000))
    learning.tell(trial(100), Passed(0, 4_000))
    assert learning.trials() == [(4_000, 1)]


@pytest.mark.parametrize("every_ms", [700, 2_500])
def test_another_period_goes_on_with_what_was_learnt(every_ms: int) -> None:
    learning = Learning(1)
    learning.tell(trial(10), Passed(0, 3_000), trial(3_100), trial(4_200), Passed(0, 4_000))
    learning.restart(every_ms)
    learning.tell(Passed(0, every_ms * 4))
    barriers, counts = zip(*learning.trials(), strict=True)
    assert counts[-1] == 3 if every_ms * 4 > 4_200 else 2
    assert all(barrier % every_ms == 0 for barrier in barriers[2:])


def test_a_record_that_cannot_be_read_stops_the_worker() -> None:
    with pytest.raises(StreamStop, match="cannot be read by this version"):
        Lessons(1, EVERY_MS, ReferenceLog()).take([FakeRecord("c", 0, 0, 0, None, b'{"type":"new"}')])


def test_before_anything_is_passed_nothing_is_published() -> None:
    learning = Learning(1)
    learning.tell(trial(10))
    assert (learning.written, learning.log.published_ms) == ([], -NEVER)
