"""What a task is made of."""

from __future__ import annotations

import asyncio

import msgspec

from stream.decision.decider import Decider
from stream.runtime.checkpoint import Checkpoints
from stream.runtime.intake import Intake
from stream.runtime.kept_journeys import KeptJourneys
from stream.runtime.lane import Lane
from stream.runtime.limits import Limits
from stream.runtime.merge import Merge
from stream.runtime.position import Position
from stream.runtime.profiles import ProfileMap
from stream.runtime.share import Share
from stream.runtime.task_ports import Writer


class TaskParts(msgspec.Struct, frozen=True):
    """All of them together; `position` is the one the task recovered. `slot` is shared by all tasks of the worker: who
    holds it decides, in this turn of the event loop.
    """

    lanes: list[Lane]
    intake: Intake
    merge: Merge
    limits: Limits
    decider: Decider
    profiles: ProfileMap
    writer: Writer
    checkpoints: Checkpoints
    share: Share
    position: Position
    journeys: KeptJourneys
    slot: asyncio.Lock
