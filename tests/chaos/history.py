"""Load on the event clock, with its oracle: what undisturbed deciding makes of the same file, byte for byte."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from stream.adapters.formats import adapter_for
from stream.decision.decider import Decider
from stream.definitions import load
from stream.model.calls import encode_call
from stream.model.outcomes import OUTPUT_TOPICS
from stream.model.profile import Profile, decode_profile
from stream.replay.memory import quiet_collector
from stream.replay.reading import OutRecord, Reading, ordered_records
from stream.replay.replaying import replay
from stream.runtime.settings import Settings
from stream.testkit.files import read_config
from tests.chaos.fleet import Fleet
from tests.chaos.row import NotInTime, eventually
from tests.chaos.shop_days import days
from tests.kafka.workers import KEY, ROOT, Outcomes, differences, recovered

CONFIG = ROOT / "config"
DEFINITIONS = load(read_config(CONFIG))
PURPOSES = sorted({action.purpose for action in DEFINITIONS.actions.values()})
DONE_TIMEOUT_S = 300.0
"""On a quiet machine it is seconds; one that is busy with other things must not fail a row."""


@dataclass(frozen=True)
class History:
    """Records in order of time, as `stream play` sends them, and what must come of them.

    `outcomes` are the lines by topic that `stream replay` writes; `profiles` is how every user ends.
    """

    records: list[OutRecord]
    duplicates: int
    outcomes: dict[str, list[bytes]]
    profiles: dict[str, Profile]
    segments: Counter[str]
    runs: Counter[str]

    @property
    def begin_ms(self) -> int:
        return self.records[0].time_ms

    @property
    def end_ms(self) -> int:
        return self.records[-1].time_ms

    @property
    def events(self) -> int:
        """How many of the records are decided: all but those that repeat another."""
        return len(self.records) - self.duplicates

    @property
    def outcome_count(self) -> int:
        return sum(map(len, self.outcomes.values()))


@cache
def history(events: int) -> History:
    """Return a history of about so many events, the same for every row; takes a second per 10,000."""
    with tempfile.TemporaryDirectory(prefix="stream-chaos-history-") as folder:
        file = Path(folder) / "history.jsonl"
        with quiet_collector(), file.open("wb") as lines:
            lines.writelines(encode_call(call) + b"\n" for call in days(events, PURPOSES))
        return of_file(file, Path(folder) / "replayed")


def of_file(file: Path, out: Path) -> History:
    """Return the history that a file of calls holds; `out` is a folder for what replay writes."""
    summary = replay(DEFINITIONS, _reading(file), out)
    profiles: dict[str, Profile] = {}
    oracle = Decider(DEFINITIONS, profiles, key=KEY)
    with quiet_collector():
        records = list(ordered_records([file], "segment", [], DEFINITIONS.plan))
        for _, event in _reading(file).events():
            oracle.decide(event)
        oracle.advance(records[-1].time_ms)
    lines = {topic: (out / f"{topic}.jsonl").read_bytes().splitlines() for topic in OUTPUT_TOPICS}
    segments, runs = Counter(oracle.counts.segments), Counter(oracle.counts.runs)
    return History(records, summary.duplicates, lines, profiles, segments, runs)


def _reading(file: Path) -> Reading:
    return Reading([file], adapter_for("segment", [], DEFINITIONS.plan), DEFINITIONS.plan)


async def decided(played: History, settings: Settings, fleet: Fleet, timeout_s: float = DONE_TIMEOUT_S) -> float:
    """Wait until every task has committed that its clock stands at the history's end; return the seconds that took."""

    async def is_at_end() -> bool:
        if any(look.sum("stream_lag_records") for look in await fleet.looks()):
            return False
        _, positions = await recovered(settings)
        if {position.clock_ms for position in positions} == {played.end_ms}:
            return True
        await asyncio.sleep(1.0)
        return False

    try:
        return await eventually(is_at_end, timeout_s, "all is decided")
    except NotInTime as late:
        raise NotInTime(f"{late}; {fleet.said()}") from late


async def against_oracle(played: History, settings: Settings, outcomes: Outcomes) -> list[str]:
    """Return how what subscribers see and what a successor would recover differ from undisturbed deciding."""
    found = await outcomes.read_to_end()
    return [
        *differences(played.outcomes, found),
        *repeated_ids(played.outcomes, found),
        *await state_differences(played, settings),
    ]


def repeated_ids(expected: dict[str, list[bytes]], found: dict[str, list[bytes]]) -> list[str]:
    """Return the ids that a topic has more often than expected, whatever their outcomes say; a few each."""
    said: list[str] = []
    for topic, values in found.items():
        if repeated := _ids(values) - _ids(expected[topic]):
            said.append(f"{topic}: {len(repeated)} ids too often: {list(repeated)[:3]}")
    return said


def _ids(values: list[bytes]) -> Counter[str]:
    return Counter(msgspec.json.decode(value, type=_Identified).id for value in values)


class _Identified(msgspec.Struct):
    id: str = ""


async def state_differences(played: History, settings: Settings) -> list[str]:
    """Return how profiles, counts and clock in the changelog differ from the oracle's."""
    profiles, positions = await recovered(settings)
    said: list[str] = []
    for what, users in (
        ("profiles missing", played.profiles.keys() - profiles.keys()),
        ("profiles too many", profiles.keys() - played.profiles.keys()),
        ("profiles different", _different(played.profiles, profiles)),
    ):
        if users:
            said.append(f"{len(users)} {what}: {sorted(users)[:3]}")
    segments = sum((Counter(position.segments) for position in positions), Counter[str]())
    runs = sum((Counter(position.runs) for position in positions), Counter[str]())
    if +segments != +played.segments:
        said.append(f"members of segments: {dict(segments)} instead of {dict(played.segments)}")
    if +runs != +played.runs:
        said.append(f"runs: {dict(runs)} instead of {dict(played.runs)}")
    if (clocks := {position.clock_ms for position in positions}) != {played.end_ms}:
        said.append(f"the tasks' clocks stand at {sorted(clocks)} instead of {played.end_ms}")
    return said


def _different(expected: dict[str, Profile], found: dict[str, bytes]) -> set[str]:
    return {user for user, value in found.items() if user in expected and decode_profile(value) != expected[user]}
