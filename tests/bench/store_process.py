"""One measurement of the store in a process of its own, whose memory is bounded: it says its figures as lines of JSON.

python -m tests.bench.store_process fill|restart|store|memory FOLDER STORE PROFILES HOT

`store` and `memory` say one line when they are warm; then, for each number of events that they read, one line of what
deciding these took. None of them closes the store, as a worker that is killed does not.
"""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop

from stream.definitions import load
from stream.model import profile as profile_bytes
from stream.model.events import Event
from stream.model.outcomes import encode_outcome
from stream.model.packing import packed
from stream.replay.driving import BATCH
from stream.replay.memory import lasting, quiet_collector
from stream.runtime.checkpoint import Pace, Pending
from stream.runtime.kafka_ports import SystemClock
from stream.runtime.kept import TaskState
from stream.runtime.ports import TP
from stream.runtime.position import POSITION_KEY, Position, encode_position
from stream.runtime.recovery import Recovered
from stream.runtime.restoring import Programs, restored
from stream.runtime.settings import Settings
from stream.runtime.store.contents import Change, Contents, Identity
from stream.runtime.store.opening import Stores
from stream.runtime.store.rocks import RocksDisk
from stream.runtime.task_ports import TaskPorts
from stream.runtime.topics import changelog_topic
from stream.testkit.files import read_config
from tests.bench.histories import ROOT
from tests.bench.store_input import Input, user_of

BOUND_BYTES: Final = 4 << 30
"""Of memory of its own, taken or merely asked for: all but the system's cache of its files, and the programs in it."""

EVENTS_PER_MS: Final = 50
"""So little time passes that it is events that are measured, not the timers of millions of users."""

_SETTLED_LOOKS: Final = 3


class Still:
    """A changelog that nothing was written to since, and a writer whose transactions cost nothing."""

    async def bounds(self, _partition: int) -> tuple[int, int]:
        return 0, 1

    async def topic_ids(self, topics: Iterable[str]) -> dict[str, str]:
        return dict.fromkeys(topics, "id")

    async def begin(self) -> None:
        """Begin nothing."""

    async def write(self, _topic: str, _partition: int, _records: Any) -> None:
        """Write it nowhere."""

    async def commit(self) -> None:
        """Commit nothing."""

    def written_up_to(self, _tp: TP) -> int | None:
        return None


class Measured:
    """A task of one worker, with so many users."""

    def __init__(self, folder: Path, store: Path, profiles: int, hot: int) -> None:
        self._folder, self._count = store, profiles
        self._settings = Settings(app="bench", hot_profiles=hot)
        self._tp = TP(changelog_topic(self._settings), 0)
        self._input = Input.read(folder)
        self._clock = SystemClock()

    def fill(self) -> None:
        """Write a store as it is built anew from a changelog."""
        contents = Contents(self._disk().open(0), Identity("bench", self._tp.topic, 0, "id"))
        records, spent_s = self._records(), 0.0
        while chunk := list(islice(records, BATCH)):
            started_s = time.process_time()
            contents.add(chunk)
            spent_s += time.process_time() - started_s
        position = Position(uses={}, clock_ms=self._input.end_ms)
        contents.complete([(POSITION_KEY, encode_position(position))], 1, self._clock.now_ms())
        _settle(contents)
        _say({"profiles_per_cpu_s": self._count / spent_s, "disk_bytes_per_profile": _size(self._folder) / self._count})

    def restart(self) -> None:
        """Open the store as a worker does that was started anew, up to where it could decide."""
        programs = self._programs()
        _forget_cached(self._folder)
        started_s, started_cpu_s = time.perf_counter(), time.process_time()
        state = self._stored(programs)
        seconds, cpu_s = time.perf_counter() - started_s, time.process_time() - started_cpu_s
        if len(state.profiles) != self._count:
            raise AssertionError(f"{len(state.profiles):,} of {self._count:,} profiles")
        _say({"s": seconds, "cpu_s": cpu_s, "timers": state.decider.backlog, "memory_mib": _peak_mib()})

    def store(self) -> None:
        """Decide with a hot set in memory, and the rest in the store."""
        resource.setrlimit(resource.RLIMIT_DATA, (BOUND_BYTES, BOUND_BYTES))
        self._serve(self._stored(self._programs()))

    def memory(self) -> None:
        """Decide with everything in memory, of the users whom the traffic touches: others would only lie there."""
        found = Recovered(dict(self._touched()), Position(uses={}, clock_ms=self._input.end_ms))
        writer: Any = Still()
        self._serve(asyncio.run(restored(found, self._programs(), writer, self._count)))

    def _programs(self) -> Programs:
        return Programs(load(read_config(ROOT / "config")), b"key")

    def _disk(self) -> RocksDisk:
        return RocksDisk(self._folder, self._settings.state_cache_bytes)

    def _stored(self, programs: Programs) -> TaskState:
        still: Any = Still()
        stores = Stores(self._settings, TaskPorts(still, still, self._clock, still, still), self._disk())
        return asyncio.run(stores.restored(0, still, programs))

    def _records(self) -> Iterator[Change]:
        for number in range(self._count):
            yield user_of(number).encode(), self._encoded(number)

    def _touched(self) -> Iterator[tuple[str, bytes]]:
        for number in sorted({*self._input.warm_up, *self._input.measured}):
            yield user_of(number), self._encoded(number)

    def _encoded(self, number: int) -> bytes:
        """Return the bytes that a worker would keep of one of the history's profiles, had it been this user's."""
        encoded, user = self._input.profiles[number % len(self._input.profiles)], user_of(number).encode()
        message = profile_bytes._message(encoded).replace(user_of(0).encode(), user)
        return encoded[: profile_bytes._HEAD.size] + packed(message)

    def _serve(self, state: TaskState) -> None:
        """Decide what the warm-up's users do, then as many events as each line asks for."""
        with quiet_collector(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._decide(state, list(self._events("before", self._input.warm_up))))
            state.profiles.take_reads()
            _say({"memory_mib": _peak_mib()})
            measured = self._events("measured", self._input.measured)
            for line in sys.stdin:
                events = list(islice(measured, int(line)))
                with lasting():
                    started_s, started_cpu_s = time.perf_counter(), time.process_time()
                    runner.run(self._decide(state, events))
                    spent = {"s": time.perf_counter() - started_s, "cpu_s": time.process_time() - started_cpu_s}
                hits, misses = state.profiles.take_reads()
                _say({**spent, "events": len(events), "hits": hits, "misses": misses, "memory_mib": _peak_mib()})

    def _events(self, name: str, users: Iterable[int]) -> Iterator[Event]:
        """The history's events, by these users, a little later than it ended."""
        kinds, start_ms = self._input.events, self._input.end_ms
        if name == "measured":
            start_ms += len(self._input.warm_up) // EVENTS_PER_MS
        for number, user in enumerate(users):
            event, time_ms = kinds[number % len(kinds)], start_ms + number // EVENTS_PER_MS
            yield msgspec.structs.replace(event, user=user_of(user), time_ms=time_ms, id=f"{name}-{number}")

    async def _decide(self, state: TaskState, events: list[Event]) -> None:
        """Decide, and cut and commit a checkpoint after each batch, as a task does."""
        decider, writer, pending = state.decider, state.writer, Pending(Pace(0.0, 0.0))
        for start in range(0, len(events), BATCH):
            batch = events[start : start + BATCH]
            for event in batch:
                decider.decide(event)
            decider.timers.look_ahead(batch[-1].time_ms)
            decider.advance(batch[-1].time_ms - 1)
            taken = decider.take()
            pending.add(taken.outcomes, taken.changed, 0)
            cut = pending.cut(state.profiles, self._tp, self._clock)
            for outcome in cut.outcomes:
                encode_outcome(outcome)
            await writer.begin()
            for tp, records in cut.records.items():
                await writer.write(tp.topic, tp.partition, records)
            await writer.commit()


def _settle(contents: Contents) -> None:
    """Wait until the database has put in order what was written, so that this is not measured later."""
    database, looks = contents._values._database, 0  # type: ignore[attr-defined]  # the port has no need of it
    while looks < _SETTLED_LOOKS:
        running = [
            f"rocksdb.{name}" for name in ("compaction-pending", "num-running-compactions", "num-running-flushes")
        ]
        looks = 0 if any(database.property_int_value(name) for name in running) else looks + 1
        time.sleep(0.2)


def _forget_cached(folder: Path) -> None:
    """Have the system forget what it has of the files, as after a start of the whole machine."""
    for file in folder.rglob("*"):
        if file.is_file() and hasattr(os, "posix_fadvise"):
            descriptor = os.open(file, os.O_RDONLY)
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _peak_mib() -> float:
    """Return the most memory it had. What the system counts for `getrusage` begins with what its parent had."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].removesuffix("kB")) / 1_024


def _say(figures: dict[str, float]) -> None:
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    what, where, which, how_many, how_hot = sys.argv[1:]
    getattr(Measured(Path(where), Path(which), int(how_many), int(how_hot)), what)()
    # Nothing is closed: a worker that is killed has no time for that either.
    os._exit(0)
