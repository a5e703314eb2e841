"""A worker of a fleet that crashes over an erasure, at a chosen moment of the checkpoint that holds it.

`python -m tests.chaos.crashing FUSES LAST_METRICS worker --config ...`: a file in the folder FUSES names a moment, and
lets one worker kill itself once, at that moment of the next checkpoint with a tombstone in it. The spent file then says
whose profiles those were.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from stream.runtime.checkpoint import Checkpoints, Cut
from stream.runtime.kept_journeys import JOURNEY_KEY
from stream.runtime.metrics import Metrics
from stream.runtime.position import Position
from stream.runtime.task_ports import Outgoing, Writer
from tests.chaos.member import run

MOMENTS = ("cut", "written", "committed")
"""When the erasure is decided and nothing is sent; when all is sent but the commit; when the worker has yet to learn
that the commit went through."""

SENT_WITHIN_S = 0.3


def crash() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class CrashingWriter:
    """A writer up to the commit, at or after which it is the last thing this process does."""

    def __init__(self, writer: Writer, moment: str) -> None:
        self._writer, self._moment = writer, moment

    async def begin(self) -> None:
        if self._moment == "cut":
            crash()
        await self._writer.begin()

    async def write(self, topic: str, partition: int, records: Sequence[Outgoing]) -> None:
        await self._writer.write(topic, partition, records)

    async def commit(self) -> None:
        if self._moment == "written":
            await asyncio.sleep(SENT_WITHIN_S)
        else:
            await self._writer.commit()
        crash()


def lit(fuses: Path, users: list[str]) -> str:
    """Return the moment of a fuse, now spent; nothing where there is none, or another worker has it."""
    for moment in MOMENTS:
        spent = fuses / f"spent-{os.getpid()}"
        with contextlib.suppress(FileNotFoundError):
            (fuses / moment).rename(spent)
            spent.write_text("\n".join(users))
            return moment
    return ""


def crash_over_erasures(fuses: Path) -> None:
    """Let every commit of a tombstone look for a fuse."""
    commit: Any = Checkpoints.commit

    async def watched(self: Any, cut: Cut, metrics: Metrics, committed: Callable[[Position], None]) -> None:
        users = [
            record.key.decode()
            for record in cut.records[self._changelog]
            if record.key and record.value is None and not record.key.startswith(JOURNEY_KEY)
        ]
        if users and (moment := lit(fuses, users)):
            self._writer = CrashingWriter(self._writer, moment)
        await commit(self, cut, metrics, committed)

    Checkpoints.commit = watched  # type: ignore[method-assign]  # a crash between two lines cannot be had otherwise


if __name__ == "__main__":
    crash_over_erasures(Path(sys.argv[1]))
    run(Path(sys.argv[2]), sys.argv[3:])
