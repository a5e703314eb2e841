"""Recovery: the state of a task, read in bulk from its changelog."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from stream.definitions.kept import KeptJourney
from stream.model.errors import StreamStop
from stream.model.profile import due_ms_of
from stream.runtime.kept_journeys import taken_out
from stream.runtime.ports import TP
from stream.runtime.position import POSITION_KEY, Position, decode_position

if TYPE_CHECKING:
    from stream.decision.decider import Decider

_YIELD_EVERY: Final = 5_000


class Recovered(msgspec.Struct):
    """What a changelog says: profiles by user, still encoded, and the position, an empty one where there is none.

    `journeys` are the definitions of journeys that are kept with them, by hash.
    """

    profiles: dict[str, bytes]
    position: Position
    journeys: dict[str, KeptJourney] = {}


async def recover(batches: AsyncIterator[Sequence[tuple[bytes, bytes | None]]]) -> Recovered:
    """Read it all; the latest record of a key holds, and a tombstone removes it."""
    latest: dict[bytes, bytes | None] = {}
    async for batch in batches:
        latest.update(batch)
    position = latest.pop(POSITION_KEY, None)
    journeys = taken_out(latest)
    if position is None and any(value is not None for value in latest.values()):
        raise StreamStop("the changelog has profiles but no position record: it is not ours, or part of it was deleted")
    profiles = {key.decode(): value for key, value in latest.items() if value is not None}
    return Recovered(profiles, Position() if position is None else decode_position(position), journeys)


async def schedule_timers(decider: Decider, profiles: Mapping[str, bytes]) -> None:
    """Index the timers of all profiles without decoding more than their heads."""
    due: list[tuple[int, str]] = []
    left = iter(profiles.items())
    while some := [(due_ms_of(encoded), user) for user, encoded in islice(left, _YIELD_EVERY)]:
        due += some
        # The consumer's heartbeats to Kafka run on the same loop.
        await asyncio.sleep(0)
    decider.timers.fill(due)


def starting_offsets(position: Position, bounds: Mapping[TP, tuple[int, int]]) -> dict[TP, int]:
    """Return where to read each source from; raises StreamStop where the log does not reach back, or up, to there."""
    offsets: dict[TP, int] = {}
    for tp, (start, end) in bounds.items():
        offset = position.next_offsets.get(tp.topic)
        if offset is None:
            offset = start
        elif offset > end:
            raise StreamStop(
                f"{tp.topic}/{tp.partition} ends at offset {end}, but its task has decided up to {offset}: "
                "the topic was recreated or truncated"
            )
        elif offset < start:
            raise StreamStop(
                f"{tp.topic}/{tp.partition} begins at offset {start}, but its task has decided up to {offset} only: "
                f"{start - offset} offsets were deleted undecided (retention too short for the outage)"
            )
        offsets[tp] = offset
    return offsets


def check_topic_ids(position: Position, found: Mapping[str, str]) -> None:
    """Raise StreamStop where an input topic is not the one that the position speaks of."""
    for topic, topic_id in position.topic_ids.items():
        if found.get(topic, topic_id) != topic_id:
            raise StreamStop(
                f"{topic} was deleted and created anew since its tasks last committed; "
                "their position says nothing of what is in it now"
            )


def check_co_partitioned(partitions: Mapping[str, Iterable[int]]) -> int:
    """Return the partition count that all input topics share; raises StreamStop where they differ."""
    sets = {topic: frozenset(found) for topic, found in partitions.items()}
    counts = {len(found) for found in sets.values()}
    if len(set(sets.values())) != 1 or 0 in counts:
        listed = ", ".join(f"{topic} {len(found)}" for topic, found in sets.items())
        raise StreamStop(f"all input topics need the same partitions, or users' events part company; found: {listed}")
    return counts.pop()
