"""The lessons of the one learner: what the tasks told it, and what is published of that at each barrier. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from stream.decision.knowledge.knowledge import Knowledge, decode_knowledge, encode_knowledge
from stream.model.contributions import Contribution
from stream.model.errors import StreamStop
from stream.model.profile import NEVER
from stream.model.reference import Reference
from stream.runtime.ports import Record
from stream.runtime.reference_log import LearnerState, ReferenceLog
from stream.runtime.task_ports import Outgoing
from stream.runtime.telling import Passed, decode_tellings


class Lessons:
    """What the learner knows and has published, going on from what the topic of shared knowledge says.

    A snapshot is published when all `tasks` have passed its barrier. So it is the same, whoever tells what first.
    """

    def __init__(self, tasks: int, every_ms: int, log: ReferenceLog) -> None:
        self._tasks: Final = tasks
        self._log: Final = log
        self._passed: Final = dict(log.learner.passed)
        self.next_offset = log.learner.next_offset
        self._knowledge = _restored(log.learner, every_ms)
        self.published = 0
        published_ms = log.published_ms // every_ms * every_ms
        if self._knowledge.published_ms < published_ms:
            # Nothing was told since then, up to there: else the state would have been written again.
            self._knowledge.publish(published_ms)

    def take(self, records: Iterable[Record]) -> None:
        """Read what was told, in the order of the log; raises StreamStop where this version cannot."""
        told: list[Contribution] = []
        for record in records:
            for telling in decode_tellings(record.value):
                if isinstance(telling, Passed):
                    passed_ms = self._passed.get(telling.task, -NEVER)
                    self._passed[telling.task] = max(passed_ms, telling.barrier_ms)
                else:
                    told.append(telling)
            self.next_offset = record.offset + 1
        self._knowledge.take_in(told)

    def publish(self) -> list[Outgoing]:
        """Return what to write, nothing where no further barrier is passed by all."""
        if len(self._passed) < self._tasks:
            return []
        knowledge = self._knowledge
        # Under another period before, a task may have passed what is no barrier now.
        passed_ms = min(self._passed.values()) // knowledge.every_ms * knowledge.every_ms
        if passed_ms <= self._log.published_ms:
            return []
        references: list[Reference] = []
        while knowledge.published_ms < passed_ms:
            # Not at the last only: who decides at an earlier one must find what replaying the same history finds.
            reference = knowledge.publish(min(knowledge.due_ms, passed_ms))
            references += [] if reference is None else [reference]
        self.published += len(references)
        state = LearnerState(self.next_offset, self._passed, b"")
        if references:
            state.knowledge = encode_knowledge(knowledge)
        records = self._log.records(passed_ms, references, state)
        for key, value, _ in records:
            self._log.take(key, value)
        return records


def _restored(state: LearnerState, every_ms: int) -> Knowledge:
    if not state.knowledge:
        return Knowledge(every_ms)
    try:
        return decode_knowledge(state.knowledge, every_ms)
    except msgspec.DecodeError as error:
        raise StreamStop(f"the learner's state cannot be read by this version: {error}") from error
