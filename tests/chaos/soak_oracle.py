"""What is right after a soak: the pure core over the same story, compared with what the workers left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from stream.decision.decider import Decider
from stream.definitions.shapes import Definitions
from stream.model.codec import Codec
from stream.model.outcomes import OUTPUT_TOPICS, TOPIC_OF, encode_outcome
from stream.model.profile import Profile, decode_profile
from stream.replay.reading import OutRecord
from stream.runtime.position import Position
from stream.runtime.settings import Settings
from tests.kafka.workers import KEY, differences, recovered

_TAKE_EVERY = 1_000


class Right(msgspec.Struct):
    """The outcomes by topic in bytes, each user's in order, and the state at the end."""

    outcomes: dict[str, list[bytes]]
    profiles: dict[str, Profile]
    segments: dict[str, int]
    runs: dict[str, int]
    clock_ms: int
    events: int


def decide_all(records: Iterable[OutRecord], definitions: Definitions) -> Right:
    """Decide over records in total order, up to the time of the last."""
    codec, profiles = Codec(definitions.plan), dict[str, Profile]()
    decider = Decider(definitions, profiles, key=KEY)
    outcomes: dict[str, list[bytes]] = {topic: [] for topic in OUTPUT_TOPICS}
    count = last_ms = 0
    for record in records:
        event = codec.decode(record.value, "")
        assert event is not None
        decider.decide(event)
        count, last_ms = count + 1, record.time_ms
        if count % _TAKE_EVERY == 0:
            _take(decider, outcomes)
    decider.advance(last_ms)
    _take(decider, outcomes)
    return Right(outcomes, profiles, decider.counts.segments, decider.counts.runs, last_ms, count)


def _take(decider: Decider, outcomes: dict[str, list[bytes]]) -> None:
    for outcome in decider.take().outcomes:
        outcomes[TOPIC_OF[type(outcome)]].append(encode_outcome(outcome))


async def unequal(right: Right, found: dict[str, list[bytes]], settings: Settings) -> list[str]:
    """Say how what subscribers saw, and what a successor would recover, differ from what is right."""
    said = differences(right.outcomes, found)
    profiles, positions = await recovered(settings)
    for what, users in (
        ("missing", right.profiles.keys() - profiles.keys()),
        ("too many", profiles.keys() - right.profiles.keys()),
        ("different", {user for user in right.profiles.keys() & profiles.keys() if _differs(user, profiles, right)}),
    ):
        if users:
            said.append(f"profiles {what}: {len(users)} of {len(right.profiles)}, {sorted(users)[:5]}")
    return said + _wrong_positions(right, positions)


def _differs(user: str, profiles: dict[str, bytes], right: Right) -> bool:
    return decode_profile(profiles[user]) != right.profiles[user]


def _wrong_positions(right: Right, positions: list[Position]) -> list[str]:
    counted = {
        "members": (_summed(position.segments for position in positions), Counter(right.segments)),
        "runs": (_summed(position.runs for position in positions), Counter(right.runs)),
    }
    said = [f"{what}: {dict(one)}, right: {dict(two)}" for what, (one, two) in counted.items() if +one != +two]
    clocks = sorted({position.clock_ms for position in positions})
    return said if clocks == [right.clock_ms] else [*said, f"clocks {clocks}, right: {right.clock_ms}"]


def _summed(counts: Iterable[dict[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return total
