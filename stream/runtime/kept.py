"""Tasks kept in memory while the group rebalances, so that those which come back need no recovery.

At a rebalance every worker gives all its tasks away, also those it is about to get back: the group protocol of Faust's
assignor is the eager one. A task given away stays here, until the new assignment says where it belongs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Final

import msgspec

from stream.decision.decider import Decider
from stream.model.errors import StreamStop
from stream.runtime.checkpoint import Checkpoints, Pace, Pending
from stream.runtime.kept_journeys import KeptJourneys
from stream.runtime.metrics import Metrics
from stream.runtime.position import Position
from stream.runtime.profiles import ProfileMap
from stream.runtime.task_ports import Failed, Fenced, Writer

logger = logging.getLogger(__name__)


class TaskState(msgspec.Struct, frozen=True):
    """A task between two of its assignments: just what its last checkpoint committed, and the right to commit more."""

    decider: Decider
    profiles: ProfileMap
    writer: Writer
    position: Position
    journeys: KeptJourneys


async def is_still_ours(state: TaskState, checkpoints: Checkpoints, metrics: Metrics) -> bool:
    """Whether nobody took the task over since its last checkpoint, so that its state is still the changelog's.

    The proof is a checkpoint with nothing in it but the position: whoever took the task over has fenced its writer. An
    empty transaction would prove nothing, since aiokafka commits that without asking the broker.
    """
    pending = Pending(Pace(0.0, 0.0))
    try:
        cut = checkpoints.cut(pending, state.profiles, state.position)
        await checkpoints.commit(cut, metrics, lambda _: None)
    except (Fenced, Failed, StreamStop) as error:
        logger.warning("a task came back and is not proven to be ours still, so it is recovered: %s", error)
        return False
    return True


class KeptTasks:
    """The states that wait for an assignment, by task. What leaves here is either gone on with or closed."""

    def __init__(self) -> None:
        self._states: Final[dict[int, TaskState]] = {}
        self._closing: Final[set[asyncio.Task[None]]] = set()

    def add(self, number: int, state: TaskState) -> None:
        """Keep a task whose state is certain: its last transaction is known to have gone through.

        One that has committed nothing yet has nothing to keep, and no position to prove it by.
        """
        if state.position.next_offsets:
            self._states[number] = state
        else:
            self.close(state.writer)

    def take(self, number: int) -> TaskState | None:
        """Hand a task's state out, if it is here."""
        return self._states.pop(number, None)

    def keep_only(self, numbers: Collection[int]) -> None:
        """Drop all others: their memory is freed at once."""
        for number in self._states.keys() - set(numbers):
            self.close(self._states.pop(number).writer)

    def close(self, writer: Writer) -> None:
        """Let go of a writer in the background: nobody has to wait for its connections to end."""
        closing = asyncio.create_task(writer.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closed)

    async def end(self) -> None:
        """Drop all, and wait until their connections are closed."""
        self.keep_only(())
        if self._closing:
            await asyncio.wait(self._closing)

    def _closed(self, closing: asyncio.Task[None]) -> None:
        self._closing.discard(closing)
        if not closing.cancelled() and (error := closing.exception()) is not None:
            logger.warning("while closing a producer: %r", error)
