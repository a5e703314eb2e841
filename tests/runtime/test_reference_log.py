"""The topic of shared knowledge: what is read back of what was published, compaction or not."""

from __future__ import annotations

from collections.abc import Sequence

from stream.model.items import Neighbourhoods
from stream.model.profile import NEVER
from stream.model.reference import Reference
from stream.runtime.reference_log import PLACES, LearnerState, ReferenceLog
from stream.runtime.task_ports import Outgoing


def reference(number: int, neighbours: str = "") -> Reference:
    items = Neighbourhoods(neighbours, {"p1": (("p2", 0.5),)}) if neighbours else Neighbourhoods()
    return Reference(f"v{number}", number * 10 + 10, items=items, as_of_ms=number * 10)


def published(references: Sequence[Reference]) -> list[Outgoing]:
    """One publication after the other, as their records stand in the log."""
    log, records = ReferenceLog(keeps_learner=True), list[Outgoing]()
    for each in references:
        new = log.records(each.as_of_ms, [each], LearnerState(each.as_of_ms, {0: each.as_of_ms}, b"known"))
        for key, value, _ in new:
            log.take(key, value)
        records += new
    return records


def read(records: Sequence[Outgoing], *, keeps_learner: bool = False) -> ReferenceLog:
    log = ReferenceLog(keeps_learner=keeps_learner)
    for key, value, _ in records:
        log.take(key, value)
    return log


def compacted(records: Sequence[Outgoing]) -> list[Outgoing]:
    latest = {record.key: at for at, record in enumerate(records)}
    return [record for at, record in enumerate(records) if latest[record.key] == at]


def test_the_latest_snapshots_are_there_in_order_and_how_far_all_are() -> None:
    log = read(published([reference(number) for number in range(20)]))
    assert [each.version for each in log.snapshots] == [f"v{number}" for number in range(20 - PLACES, 20)]
    assert log.published_ms == 190
    assert log.learner == LearnerState()


def test_compaction_takes_nothing_of_that() -> None:
    history = published([reference(number, f"n{number // 3}") for number in range(30)])
    whole, rest = read(history, keeps_learner=True), read(compacted(history), keeps_learner=True)
    assert len(compacted(history)) < len(history) / 3
    assert rest.snapshots == whole.snapshots
    assert rest.snapshots[-1].items.similar == {"p1": (("p2", 0.5),)}
    assert (rest.published_ms, rest.learner) == (whole.published_ms, LearnerState(290, {0: 290}, b"known"))


def test_neighbours_that_are_the_same_are_not_written_again() -> None:
    records = published([reference(1, "n"), reference(2, "n")])
    assert sum((record.key or b"").startswith(b"neighbours") for record in records) == 1


def test_where_nothing_was_told_only_the_barrier_is_written() -> None:
    log = ReferenceLog()
    records = log.records(50, [], LearnerState())
    assert [record.key for record in records] == [b"published/0"]
    assert read(records).published_ms == 50
    assert log.published_ms == -NEVER
