"""One small common job, done by our worker and by other engines: the rows, and the check of what each wrote."""

import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stream.runtime.settings import Settings
from tests.bench.histories import ROOT
from tests.bench.machine import Machine
from tests.bench.processes import MeasuredProcessError, RowUnavailable, Running, running
from tests.bench.small_job.expected import Expected
from tests.bench.small_job.topics import abandonments_in, create_topic
from tests.bench.worker_row import Job, WorkerRow

CONFIG = ROOT / "tests" / "bench" / "small_job" / "config"
OTHERS = ROOT / "build" / "bench-env" / "bin" / "python"
TIMEOUT_S = 600.0
CHECK_TIMEOUT_S = 120.0
CHECKS = 3
"""Starts of an engine of which one must write what it should: stock Faust may lose events before it knows of the topics
that it has just created.
"""


@dataclass(frozen=True)
class Input:
    """The job's input on Kafka: topics of a prefix, how many records they hold, and what must come of them."""

    settings: Settings
    events: int
    expected: Expected


@dataclass(frozen=True)
class Engine:
    """Another engine: its name in figures, the interpreter and the arguments that start the job, and its package.

    It is measured over the first `most_events` that it takes from the topics, since to take all would last too long.
    """

    name: str
    python: Path
    arguments: tuple[str, ...]
    package: str
    most_events: int


ENGINES = (
    # At `warn` Faust shows a spinner, for which all loggers run at debug level: slower than the documents' `info`.
    Engine(
        "stock_faust",
        Path(sys.executable),
        ("-m", "tests.bench.small_job.faust_app", "--loop", "uvloop", "worker", "-l", "info", "--without-web"),
        "faust",
        30_000,
    ),
    Engine("quix_streams", OTHERS, ("-m", "tests.bench.small_job.quix_app"), "quixstreams", 60_000),
    Engine("bytewax", OTHERS, ("-m", "bytewax.run", "tests.bench.small_job.bytewax_flow:flow"), "bytewax", 200_000),
)


class OursRow:
    """Our worker; what each run wrote is checked."""

    def __init__(self, given: Input, machine: Machine, folder: Path) -> None:
        self._given = given
        self._topic = f"{given.settings.topic_prefix}segment-changes"
        self._row = WorkerRow(given.settings, given.events, machine, folder, Job(CONFIG, "wall", "small_job"))
        self._before: Counter[str] = Counter()

    def measure(self) -> dict[str, float]:
        figures = self._row.measure()
        found = asyncio.run(abandonments_in(self._given.settings, self._topic))
        difference = self._given.expected.difference(found - self._before)
        if difference is not None:
            raise MeasuredProcessError(f"our worker: {difference}")
        self._before = found
        return figures


class OtherRow:
    """Another engine: what it writes is checked once, over a short input; then it is measured over the long one.

    Twice: with a window for the rolling count, as its documentation has it, and with one written by hand.
    """

    def __init__(self, engine: Engine, given: Input, machine: Machine, folder: Path) -> None:
        self._engine, self._given, self._machine, self._folder = engine, given, machine, folder
        self._numbers = itertools.count(1)
        _require(engine)

    def check(self, given: Input) -> "OtherRow":
        """Return itself when the engine writes what it must; raises `RowUnavailable` where it does not."""
        for by_hand in (False, True):
            self._check_often_enough(given, by_hand)
        return self

    def measure(self) -> dict[str, float]:
        return self._measure(by_hand=False) | self._measure(by_hand=True)

    def _check_often_enough(self, given: Input, by_hand: bool) -> None:
        for left in reversed(range(CHECKS)):
            try:
                self._check(given, by_hand)
            except MeasuredProcessError as error:
                if not left:
                    raise RowUnavailable(str(error)) from error
            else:
                return

    def _check(self, given: Input, by_hand: bool) -> None:
        with self._running(given, given.events, by_hand) as (process, result, output):
            deadline_s = time.monotonic() + CHECK_TIMEOUT_S
            while True:
                # Looked at in this order: what ended has written all it will.
                has_ended = process.has_ended()
                difference = given.expected.difference(asyncio.run(abandonments_in(given.settings, output)))
                if difference is None and result.exists():
                    return
                if has_ended or time.monotonic() > deadline_s:
                    raise process.failure(f"{self._engine.name}: {difference or 'not through'}")
                time.sleep(1)

    def _measure(self, by_hand: bool) -> dict[str, float]:
        with self._running(self._given, min(self._given.events, self._engine.most_events), by_hand) as (
            process,
            result,
            _,
        ):
            deadline_s = time.monotonic() + TIMEOUT_S
            while not result.exists():
                if process.has_ended() and not result.exists():
                    raise process.failure(f"{self._engine.name} ended")
                if time.monotonic() > deadline_s:
                    raise process.failure(f"{self._engine.name} did not get through in {TIMEOUT_S:.0f} s")
                time.sleep(0.1)
        events, wall_s, cpu_s = json.loads(result.read_text())
        name = f"small_job_{self._engine.name}{'_by_hand' if by_hand else ''}"
        return {f"{name}_events_per_s": events / wall_s, f"{name}_cpu_s_per_million": cpu_s / events * 1e6}

    @contextmanager
    def _running(self, given: Input, events: int, by_hand: bool) -> Iterator[tuple[Running, Path, str]]:
        """Start the engine from nothing; yields its process, the file of its result and its output topic."""
        app = f"{given.settings.app}-{self._engine.name}-{next(self._numbers)}"
        result, output = self._folder / f"{app}.json", f"{app}-abandoned"
        asyncio.run(create_topic(given.settings, output))
        prefix = given.settings.topic_prefix
        env = {
            "BENCH_APP": app,
            "BENCH_BROKERS": given.settings.brokers,
            "BENCH_CLICKSTREAM": f"{prefix}clickstream",
            "BENCH_CART": f"{prefix}cart",
            "BENCH_OUTPUT": output,
            "BENCH_PARTITIONS": str(given.settings.partitions),
            "BENCH_EVENTS": str(events),
            "BENCH_FOLDER": str(self._folder / app),
            "BENCH_RESULT": str(result),
        } | ({"BENCH_BY_HAND": "yes"} if by_hand else {})
        command = [str(self._engine.python), *self._engine.arguments]
        with running(command, env, self._folder / f"{app}.log", self._machine) as process:
            yield process, result, output


def _require(engine: Engine) -> None:
    """Raise `RowUnavailable` where the engine is not installed."""
    if not engine.python.exists():
        where = engine.python.relative_to(ROOT) if engine.python.is_relative_to(ROOT) else engine.python
        raise RowUnavailable(f"no {where}, which `make bench` makes for {engine.package}")
    command = [str(engine.python), "-c", f"import {engine.package}"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise RowUnavailable(f"{engine.package} cannot be imported: {tried.stderr.strip().splitlines()[-1]}")
