"""Restoring: a task's state, made ready to decide by the present definitions and the older ones kept with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from stream.decision.decider import Decider
from stream.decision.items.news import News
from stream.decision.program import Program
from stream.decision.turn import Counts
from stream.definitions.kept import KeptJourney, present_journeys
from stream.definitions.loading import with_kept
from stream.definitions.shapes import Definitions
from stream.model.profile import decode_products, decode_profile
from stream.runtime.kept import TaskState
from stream.runtime.kept_journeys import KeptJourneys
from stream.runtime.profiles import HOT_MAX, ProfileMap
from stream.runtime.recovery import Recovered, schedule_timers
from stream.runtime.task_ports import Writer

_YIELD_EVERY: Final = 500


class Programs:
    """The programs of one worker: that of the present definitions, and one more for each set of older ones.

    `key` is that of the pseudonyms.
    """

    def __init__(self, definitions: Definitions, key: bytes) -> None:
        self.key: Final = key
        self.present: Final = present_journeys(definitions)
        self._definitions: Final = definitions
        # Compiling takes a tenth of a second: once a worker, not once a task.
        self._made: Final = {frozenset[str](): Program(definitions)}

    def with_kept(self, kept: Mapping[str, KeptJourney]) -> Program:
        """Return the program for a task that keeps these, by hash."""
        older = {name: one for name, one in kept.items() if name not in self.present}
        names = frozenset(older)
        if names not in self._made:
            self._made[names] = Program(with_kept(self._definitions, older))
        return self._made[names]


async def restored(found: Recovered, programs: Programs, writer: Writer, hot_max: int = HOT_MAX) -> TaskState:
    """Return the state of a task, ready to decide."""
    profiles, position = ProfileMap(found.profiles, hot_max), found.position
    decider = await decider_for(profiles, found, programs, found.profiles.values())
    await schedule_timers(decider, found.profiles)
    return TaskState(decider, profiles, writer, position, KeptJourneys(found.journeys, programs.present))


async def decider_for(profiles: ProfileMap, found: Recovered, programs: Programs, encoded: Iterable[bytes]) -> Decider:
    """Return a decider for profiles, with its counts, and who remembers which product, where changes are told.

    All of them encoded are looked at only where changes are told, or where the counts are missing. Timers are for the
    caller to index.
    """
    program, position = programs.with_kept(found.journeys), found.position
    decider = Decider(program.definitions, profiles, program=program, key=programs.key)
    counts = Counts(dict(position.segments), dict(position.runs), dict(position.uses or {}))
    if decider.news is not None:
        decider.news.restore(position.told)
    if decider.news is not None or position.uses is None:
        await _look_through(encoded, decider.news, counts if position.uses is None else None)
    decider.restore(counts)
    return decider


async def _look_through(profiles: Iterable[bytes], news: News | None, uncounted: Counts | None) -> None:
    """Find out who remembers which product, and count who goes by which definition.

    The latter an earlier version did not say: it takes long, but once only.
    """
    for number, encoded in enumerate(profiles):
        if uncounted is not None:
            uncounted.recount(decode_profile(encoded).runs)
        if news is not None:
            news.index.restore(*decode_products(encoded))
        if number % _YIELD_EVERY == 0:
            # The consumer's heartbeats to Kafka run on the same loop.
            await asyncio.sleep(0)
