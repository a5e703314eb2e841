"""End to end: `stream worker`, in a process of its own, over everything that was played."""

import itertools
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from stream.runtime.settings import Settings
from tests.bench.histories import ROOT
from tests.bench.machine import Machine
from tests.bench.processes import MeasuredProcessError, Running, running, stream

LOOK_S = 0.5
NO_PROGRESS_S = 90.0


class Seen(NamedTuple):
    """What the worker's /metrics said at a time."""

    at_s: float
    events: float
    dead_letters: float
    cpu_s: float
    memory_bytes: float
    checkpoints: float
    profiles_written: float


class Job(NamedTuple):
    """What a worker is given to do: a config, its clock, and what the figures' names begin with."""

    config: Path
    clock: str
    name: str


WHOLE_CONFIG = Job(ROOT / "config", "event", "end_to_end")


class WorkerRow:
    """Each run has a new app: an empty changelog, from the first record on."""

    def __init__(
        self, settings: Settings, expected: int, machine: Machine, folder: Path, job: Job = WHOLE_CONFIG
    ) -> None:
        self._settings, self._expected, self._machine, self._folder = settings, expected, machine, folder
        self._job = job
        self._numbers = itertools.count(1)

    def measure(self) -> dict[str, float]:
        app, port = f"{self._settings.app}-{next(self._numbers)}", _free_port()
        env = settings_env(self._settings) | {"STREAM_APP": app, "STREAM_HTTP_PORT": str(port)}
        config, clock, _ = self._job
        stream(["topics", str(config)], env)
        command = [sys.executable, "-m", "stream", "worker", "--config", str(config), "--clock", clock]
        with running(command, env, self._folder / f"{app}.log", self._machine) as process:
            looks = list(self._looks(process, f"http://127.0.0.1:{port}/metrics"))
        return self._figures(looks)

    def _looks(self, process: Running, url: str) -> Iterator[Seen]:
        """Look at the worker until it has decided everything; the first look is at nothing, before its start."""
        events, moved_s = 0.0, time.monotonic()
        yield Seen(time.perf_counter(), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        while events < self._expected:
            time.sleep(LOOK_S)
            process.check()
            if time.monotonic() - moved_s > NO_PROGRESS_S:
                raise process.failure(f"the worker stands still at {events:,.0f} of {self._expected:,} events")
            seen = _look(url)
            if seen is not None:
                if seen.events > events:
                    events, moved_s = seen.events, time.monotonic()
                yield seen

    def _figures(self, looks: list[Seen]) -> dict[str, float]:
        last, total = looks[-1], self._expected
        if last.events != total or last.dead_letters:
            raise MeasuredProcessError(f"{last.events:,.0f} of {total:,} decided, {last.dead_letters:.0f} dead letters")
        began, ended = at_count(looks, total * 0.1), at_count(looks, total * 0.9)
        events, seconds, cpu_s = ended.events - began.events, ended.at_s - began.at_s, ended.cpu_s - began.cpu_s
        figures = {
            "events_per_s": events / seconds,
            "cpu_s_per_million": cpu_s / events * 1e6,
            "memory_mib": last.memory_bytes / (1 << 20),
            "checkpoints_per_s": (ended.checkpoints - began.checkpoints) / seconds,
            "profiles_written_per_event": (ended.profiles_written - began.profiles_written) / events,
        }
        return {f"{self._job.name}_{figure}": value for figure, value in figures.items()}


def at_count(looks: list[Seen], events: float) -> Seen:
    """Return what would have been seen at this count, on a straight line between the looks before and after it."""
    before = looks[0]
    for seen in looks:
        if seen.events >= events:
            share = (events - before.events) / (seen.events - before.events) if seen.events > before.events else 0.0
            return Seen(*(one + (other - one) * share for one, other in zip(before, seen, strict=True)))
        before = seen
    return before


def settings_env(settings: Settings) -> dict[str, str]:
    """Return what differs from the shipped settings, as a worker's environment."""
    return {
        "STREAM_APP": settings.app,
        "STREAM_BROKERS": settings.brokers,
        "STREAM_TOPIC_PREFIX": settings.topic_prefix,
        "STREAM_PARTITIONS": str(settings.partitions),
        "STREAM_LOG_LEVEL": "warning",
    }


def _look(url: str) -> Seen | None:
    """Read the metrics; None while the worker does not answer yet."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            text, at_s = answer.read().decode(), time.perf_counter()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return Seen(
        at_s,
        sums.get("stream_events_total", 0.0),
        sums.get("stream_dead_letters_total", 0.0),
        sums.get("process_cpu_seconds_total", 0.0),
        sums.get("process_resident_memory_bytes", 0.0),
        sums.get("stream_checkpoint_seconds_count", 0.0),
        sums.get("stream_checkpoint_profiles_sum", 0.0),
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
