"""A replay from files to files."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from stream.decision.decider import Decider
from stream.decision.knowledge.knowledge import Knowledge
from stream.decision.knowledge.learning import Learning
from stream.definitions.shapes import Definitions
from stream.model.items import NOTHING_NEAR
from stream.model.outcomes import OUTPUT_TOPICS, TOPIC_OF, AnyOutcome, encode_outcome
from stream.model.profile import Profile
from stream.model.reference import Reference
from stream.model.snapshots import snapshot_lines
from stream.replay.driving import Drive, Stop
from stream.replay.files import Tick
from stream.replay.memory import lasting, quiet_collector
from stream.replay.reading import DeadRow, Reading
from stream.replay.summary import Summary, Tally

REFERENCES: Final = "references"


class Ticks(msgspec.Struct):
    """Whom to tell how far the replay is: bytes read, then the number of events to come, then events decided."""

    read: Tick = lambda _: None
    total: Callable[[int], None] = lambda _: None
    decided: Callable[[int], None] = lambda _: None


class Outputs:
    """The output files of a replay, one a topic and one of the snapshots it went by; written as new."""

    def __init__(self, folder: Path, tally: Tally) -> None:
        self._folder = folder
        self._tally = tally
        self._files: dict[str, BinaryIO] = {}
        self._stack = ExitStack()
        self._near = NOTHING_NEAR

    def __enter__(self) -> "Outputs":
        self._folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opening:
            for topic in (*OUTPUT_TOPICS, REFERENCES):
                self._files[topic] = opening.enter_context((self._folder / f"{topic}.jsonl").open("wb"))
            self._stack = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, outcomes: Iterable[AnyOutcome]) -> None:
        """Write and count outcomes, in the order given."""
        for outcome in outcomes:
            self._tally.add(outcome)
            self._files[TOPIC_OF[type(outcome)]].write(encode_outcome(outcome) + b"\n")

    def write_reference(self, reference: Reference) -> None:
        """Write a snapshot of shared knowledge: what changed since the one before."""
        self._files[REFERENCES].writelines(line + b"\n" for line in snapshot_lines(reference, self._near))
        self._near = reference.items

    def write_dead(self, dead: Iterable[DeadRow]) -> None:
        """Write rejected rows."""
        for row in dead:
            self._files["dead-letters"].write(msgspec.json.encode(row) + b"\n")


def replay(
    definitions: Definitions, reading: Reading, folder: Path, stop: Stop = "last", ticks: Ticks | None = None
) -> Summary:
    """Read the files, decide over them and write the outcomes; the summary alone tells of the wall clock.

    Raises `InputRefused` where a file cannot be read, `OSError` where the folder cannot be written.
    """
    ticks = ticks or Ticks()
    started_s = time.perf_counter()
    with quiet_collector():
        events = reading.events()
    ticks.total(len(events))
    tally = Tally()
    profiles: dict[str, Profile] = {}
    with Outputs(folder, tally) as outputs:
        outputs.write_dead(reading.dead)
        decider = Decider(definitions, profiles)
        learning = Learning(decider, Knowledge(definitions.policy.learn_every_ms), outputs.write_reference)
        drive = Drive(decider, outputs.write, ticks.decided, learning, reading.products)
        with quiet_collector(), lasting():
            drive.run(events, stop)
    return Summary(
        tally=tally,
        rows=reading.rows,
        events=drive.decided,
        users=len({event.user for _, event in events[: drive.decided]}),
        first_ms=events[0][0].time_ms if drive.decided else None,
        last_ms=events[drive.decided - 1][0].time_ms if drive.decided else None,
        stopped_ms=drive.clock_ms if drive.decided else None,
        unplanned=reading.unplanned,
        duplicates=drive.duplicates,
        left_out=len(events) - drive.decided,
        dead=Counter(row.reason for row in reading.dead),
        assumed=sorted(definitions.assumed_consents),
        core_s=drive.core_s,
        elapsed_s=time.perf_counter() - started_s,
    )
