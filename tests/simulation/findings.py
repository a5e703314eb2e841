"""What is to be read of a log at the end, and how it is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from stream.model.errors import Rejected
from stream.model.events import Event
from stream.model.outcomes import OUTPUT_TOPICS, TOPIC_OF, AnyOutcome, encode_outcome
from stream.model.profile import decode_profile
from stream.runtime.delivery import partition_of
from stream.runtime.intake import BACKFILL, HEARTBEAT
from stream.runtime.kept_journeys import taken_out
from stream.runtime.ports import TP
from stream.runtime.position import POSITION_KEY, Position, decode_position
from stream.runtime.strays import ROUTED_FROM
from tests.simulation.cluster import Cluster
from tests.simulation.config import codec_of
from tests.simulation.log import Log
from tests.simulation.ports import CHANGELOG

SHOWN: Final = 3

Seen = Counter[tuple[TP, bytes | None]]


class Input(msgspec.Struct):
    """What one task is to decide: its events with (rank, offset) and the time they were written, its dead letters.

    `strays` are the places of events on a wrong partition, `sent_on` those of the ones that came from another.
    """

    events: list[tuple[Event, int, int, int]]
    letters: list[tuple[str, bytes | None]]
    strays: list[str]
    sent_on: list[str]
    next_offsets: dict[str, int]


def input_of(cluster: Cluster, number: int) -> Input:
    """Read the input of a task as it is seen under read_committed."""
    read, log, codec = Input([], [], [], [], {}), cluster.log, codec_of(cluster.definitions.plan)
    for rank, topic in enumerate(cluster.inputs):
        read.next_offsets[topic] = 0
        for entry in log[TP(topic, number)].committed():
            read.next_offsets[topic] = entry.offset + 1
            headers = dict(entry.headers)
            if HEARTBEAT in headers:
                continue
            place = f"{topic}/{number}/{entry.offset}"
            if ROUTED_FROM in headers:
                place = headers[ROUTED_FROM].decode()
                read.sent_on.append(place)
            try:
                event = codec.decode(entry.value, place)
            except Rejected:
                read.letters.append((place, entry.value))
                continue
            if event is not None and partition_of(event.user.encode(), cluster.tasks) != number:
                read.strays.append(place)
            elif event is not None:
                if BACKFILL in headers:
                    event.history_until_ms = int(headers[BACKFILL])
                read.events.append((event, rank, entry.offset, entry.timestamp))
    return read


def seen_outcomes(log: Log) -> Seen:
    """Count every outcome that a read_committed subscriber is given."""
    return Counter(
        (partition.tp, entry.value)
        for topic in OUTPUT_TOPICS
        if topic != "dead-letters"
        for partition in log.of_topic(topic)
        for entry in partition.committed()
    )


def seen_letters(log: Log) -> Counter[tuple[str, bytes | None]]:
    """Count the dead letters seen, by where they came from."""
    return Counter(
        (dict(entry.headers)["stream-id"].decode(), entry.value)
        for partition in log.of_topic("dead-letters")
        for entry in partition.committed()
    )


def placed(outcomes: Iterable[AnyOutcome], log: Log) -> Seen:
    """Count outcomes as they are to be seen."""
    counts = {topic: len(log.of_topic(topic)) for topic in OUTPUT_TOPICS}
    found: Seen = Counter()
    for outcome in outcomes:
        topic = TOPIC_OF[type(outcome)]
        found[TP(topic, partition_of(outcome.user_id.encode(), counts[topic])), encode_outcome(outcome)] += 1
    return found


def state_of(log: Log, number: int) -> tuple[dict[str, bytes], Position | None]:
    """Return the profiles and the position that a task's changelog holds."""
    latest = {entry.key: entry.value for entry in log[TP(CHANGELOG, number)].committed()}
    position = latest.pop(POSITION_KEY, None)
    taken_out(latest)
    profiles = {(key or b"").decode(): value for key, value in latest.items() if value is not None}
    return profiles, None if position is None else decode_position(position)


def profile_differences(number: int, found: Mapping[str, bytes], right: Mapping[str, bytes]) -> list[str]:
    """Say whose profiles differ and in which fields."""
    said = []
    for user in sorted(found.keys() | right.keys()):
        one, other = found.get(user), right.get(user)
        if one == other:
            continue
        if one is None or other is None:
            said.append(f"task {number}: profile of {user} is {'missing' if one is None else 'there, though erased'}")
            continue
        mine, theirs = (msgspec.structs.asdict(decode_profile(encoded)) for encoded in (one, other))
        fields = {name: (mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]}
        said.append(f"task {number}: profile of {user} differs (found, right): {fields}")
    return said[:SHOWN]


def count_differences(what: str, found: Counter[Any], right: Counter[Any]) -> list[str]:
    """Say what is missing, and what there is too much of."""
    missing, surplus = right - found, found - right
    said = [f"{what} missing: {count} of {key}" for key, count in list(missing.items())[:SHOWN]]
    return said + [f"{what} too much: {count} of {key}" for key, count in list(surplus.items())[:SHOWN]]
