"""Rows without Kafka, in this process."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stream.adapters.taobao import read_taobao
from stream.decision.decider import Decider
from stream.decision.program import Program
from stream.definitions.shapes import Definitions
from stream.model.codec import Codec
from stream.model.outcomes import encode_outcome
from stream.model.profile import Profile, encode_profile
from stream.replay.driving import BATCH, Drive
from stream.replay.memory import lasting, quiet_collector
from stream.replay.reading import Reading
from stream.replay.replaying import replay
from tests.bench.histories import ROOT, History
from tests.bench.machine import Machine
from tests.bench.many_segments import few_and_many
from tests.bench.stages import Stages


@contextmanager
def input_frozen() -> Iterator[None]:
    """Keep the collector off the input, which a worker would not hold all at once; else as worker and replay set it."""
    gc.collect()
    with quiet_collector(), lasting():
        yield


class DecodeRow:
    def __init__(self, definitions: Definitions, history: History, machine: Machine) -> None:
        self._plan, self._machine = definitions.plan, machine
        self._values = [record.value for record in history.records]

    def measure(self) -> dict[str, float]:
        codec = Codec(self._plan)
        with self._machine.measuring():
            started_s = time.perf_counter()
            for value in self._values:
                codec.decode(value, "")
            return {"decode_events_per_s": len(self._values) / (time.perf_counter() - started_s)}


class CoreRow:
    def __init__(self, definitions: Definitions, history: History, machine: Machine) -> None:
        self._definitions, self._history, self._machine = definitions, history, machine
        self._program = Program(definitions)

    def measure(self) -> dict[str, float]:
        drive = Drive(Decider(self._definitions, {}, program=self._program), lambda _: None)
        with self._machine.measuring(), input_frozen():
            started_s = time.process_time()
            drive.run(self._history.events)
            cpu_s = time.process_time() - started_s
        return {"core_events_per_s": drive.decided / drive.core_s, "core_events_per_cpu_s": drive.decided / cpu_s}


class StagesRow:
    """The core again, with samples taken of where it is; these cost it a few percent, so that shares are told."""

    def __init__(self, definitions: Definitions, history: History, machine: Machine) -> None:
        self._definitions, self._history, self._machine = definitions, history, machine
        self._program = Program(definitions)

    def measure(self) -> dict[str, float]:
        drive, stages = Drive(Decider(self._definitions, {}, program=self._program), lambda _: None), Stages()
        with self._machine.measuring(), input_frozen(), stages.sampling():
            started_s = time.process_time()
            drive.run(self._history.events)
            each_us = (time.process_time() - started_s) / drive.decided * 1e6
        return {f"core_{stage}_us_per_event": share * each_us for stage, share in stages.shares().items()}


class SegmentsRow:
    """Few segments and many, of which an event touches as many."""

    def __init__(self, history: History, machine: Machine) -> None:
        self._history, self._machine = history, machine
        self._few, self._many = few_and_many(ROOT / "config")

    def measure(self) -> dict[str, float]:
        return {"few_segments_events_per_cpu_s": self._run(self._few)} | {
            "many_segments_events_per_cpu_s": self._run(self._many)
        }

    def _run(self, definitions: Definitions) -> float:
        drive = Drive(Decider(definitions, {}), lambda _: None)
        with self._machine.measuring(), input_frozen():
            started_s = time.process_time()
            drive.run(self._history.events)
            return drive.decided / (time.process_time() - started_s)


class BytesRow:
    """The three stages take turns batch by batch, as they do in a worker."""

    def __init__(self, definitions: Definitions, history: History, machine: Machine) -> None:
        self._definitions, self._machine = definitions, machine
        self._values = [record.value for record in history.records]

    def measure(self) -> dict[str, float]:
        with self._machine.measuring(), input_frozen():
            stages = self._run()
        count = len(self._values)
        figures = {f"{stage}_us_per_event": seconds / count * 1e6 for stage, seconds in stages.items()}
        return {"bytes_events_per_s": count / sum(stages.values()), **figures}

    def _run(self) -> dict[str, float]:
        codec, profiles = Codec(self._definitions.plan), dict[str, Profile]()
        decider = Decider(self._definitions, profiles)
        stages = dict.fromkeys(("bytes_decode", "bytes_decide", "bytes_encode"), 0.0)
        for start in range(0, len(self._values), BATCH):
            marks = [time.perf_counter()]
            decoded = [codec.decode(value, "") for value in self._values[start : start + BATCH]]
            events = [event for event in decoded if event is not None]
            marks.append(time.perf_counter())
            for event in events:
                decider.decide(event)
            decider.advance(events[-1].time_ms - 1)
            taken = decider.take()
            marks.append(time.perf_counter())
            _ = [encode_profile(profiles[user]) for user in taken.changed]
            _ = [encode_outcome(outcome) for outcome in taken.outcomes]
            marks.append(time.perf_counter())
            for stage, began_s, ended_s in zip(stages, marks, marks[1:], strict=False):
                stages[stage] += ended_s - began_s
        return stages


class ReplayRow:
    def __init__(self, definitions: Definitions, history: History, machine: Machine, folder: Path) -> None:
        self._definitions, self._history, self._machine = definitions, history, machine
        self._folder = folder

    def measure(self) -> dict[str, float]:
        gc.collect()
        with self._machine.measuring():
            reading = Reading([self._folder / "history.csv"], read_taobao, self._definitions.plan)
            summary = replay(self._definitions, reading, self._folder / "replayed")
        return {"replay_events_per_s": summary.events / summary.elapsed_s}
