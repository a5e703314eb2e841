"""Real workers, each `python -m stream worker` in a process of its own, and what they leave on the broker."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from stream.model.outcomes import OUTPUT_TOPICS
from stream.runtime.kafka_ports import kafka_ports
from stream.runtime.position import Position
from stream.runtime.recovery import recover
from stream.runtime.settings import Clock, Settings, written_name
from stream.runtime.topics_on_broker import ensure_topics
from tests.kafka.broker import free_ports
from tests.kafka.topics import settled_ends

if TYPE_CHECKING:
    from tests.kafka.conftest import Kafka

ROOT = Path(__file__).parents[2]
READY_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 60.0
_DEFAULTS = Settings()

KEY = b"of all tests"
"""The pseudonym key of every worker that is started here."""


async def new_app(kafka: Kafka, name: str, clock: Clock, **more: int) -> Settings:
    """Return the settings of an app of its own, its topics created; `more` are fields of `Settings`."""
    own = kafka.unique(name)
    settings = Settings(app=own, brokers=kafka.bootstrap, topic_prefix=f"{own}.", partitions=4, clock=clock)
    settings = msgspec.structs.replace(settings, **more)
    await ensure_topics(settings, create=True)
    return settings


def variables(settings: Settings) -> dict[str, str]:
    """Return this process's environment, without settings of whoever runs the tests, and with these."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("STREAM_")}
    for name, value in msgspec.structs.asdict(settings).items():
        if value != getattr(_DEFAULTS, name):
            written = written_name(name)
            unit = "" if name == written else name.removeprefix(f"{written}_")
            env[f"STREAM_{written.upper()}"] = f"{value}{unit}"
    return env | {"STREAM_PSEUDONYM_KEY": KEY.decode()}


async def play(file: Path, config: Path, settings: Settings) -> str:
    """Run `stream play` over a file of calls, as fast as it goes, and return what it says."""
    command = [sys.executable, "-m", "stream", "play", str(file), "--format", "segment", "--config", str(config)]
    playing = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env=variables(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await playing.communicate()
    assert playing.returncode == 0, said.decode()
    return said.decode()


@dataclass
class WorkerProcess:
    """One `stream worker`, which may be ended orderly, killed, and started anew."""

    config: Path
    settings: Settings
    log: Path
    _port: int = field(init=False, default=0)
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)

    def start(self) -> None:
        """Begin, without waiting for it to be ready."""
        (self._port,) = free_ports(1)
        command = [sys.executable, "-m", "stream", "worker", "--config", str(self.config)]
        env = variables(msgspec.structs.replace(self.settings, http_port=self._port))
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)

    def kill(self) -> None:
        """End it as a power cut would; harmless where it does not run."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    async def stop(self) -> int:
        """Ask it to end, with SIGTERM, and return its exit code."""
        assert self._process is not None
        self._process.terminate()
        return await asyncio.to_thread(self._process.wait, STOP_TIMEOUT_S)

    def said(self) -> str:
        """Return the end of its log, for failures."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"{self.log.name} ends with:\n{text[-4_000:]}"

    def check(self) -> None:
        """Fail where it has ended by itself."""
        if self._process is not None and (code := self._process.poll()) is not None:
            pytest.fail(f"the worker ended with {code}; {self.said()}")

    async def page(self, path: str) -> tuple[int, str]:
        """Return status and text of one of its pages; status 0 while it does not answer."""
        return await asyncio.to_thread(_get, f"http://127.0.0.1:{self._port}{path}")

    async def metrics(self) -> Metrics:
        """Return what /metrics shows now; nothing while it does not answer."""
        status, text = await self.page("/metrics")
        return Metrics(text if status == 200 else "")


class Metrics:
    """One look at /metrics."""

    def __init__(self, text: str) -> None:
        families = text_string_to_metric_families(text)
        self._samples = [sample for family in families for sample in family.samples]

    def sum(self, name: str, **labels: str) -> float:
        """Return the sum of the samples of this name that have these labels."""
        return sum(s.value for s in self._samples if s.name == name and labels.items() <= s.labels.items())


def _get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return 0, ""


@asynccontextmanager
async def workers(count: int, config: Path, settings: Settings, folder: Path) -> AsyncIterator[list[WorkerProcess]]:
    """Yield workers that share the tasks, all ready; whatever happens, none is left running."""
    ours = [WorkerProcess(config, settings, folder / f"worker-{number}.log") for number in range(1, count + 1)]
    try:
        for worker in ours:
            worker.start()
        await until(lambda: share(ours, settings.partitions), READY_TIMEOUT_S, ours)
        yield ours
    finally:
        for worker in ours:
            worker.kill()


async def share(ours: list[WorkerProcess], tasks: int) -> bool:
    """Whether all of them are ready and each has its equal part of the tasks."""
    for worker in ours:
        status, _ = await worker.page("/ready")
        if status != 200 or (await worker.metrics()).sum("stream_recovered") != tasks / len(ours):
            return False
    return True


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float, watched: list[WorkerProcess]) -> None:
    """Wait for something; fails with the workers' logs where it does not come about, or where one of them ends."""
    deadline = time.monotonic() + timeout_s
    while not await condition():
        for worker in watched:
            worker.check()
        if time.monotonic() > deadline:
            logs = "\n".join(worker.said() for worker in watched)
            pytest.fail(f"it did not come about within {timeout_s:.0f} s\n{logs}")
        await asyncio.sleep(0.05)


async def has_no_lag(ours: list[WorkerProcess], events: int = 0) -> bool:
    """Whether they have decided at least so many events, and as of their last fetch nothing more is in the log."""
    looks = [await worker.metrics() for worker in ours]
    decided = sum(look.sum("stream_events_total") for look in looks)
    return decided >= events and not any(look.sum("stream_lag_records") for look in looks)


class Outcomes:
    """What subscribers see: the committed records of the output topics, read as they come."""

    def __init__(self, settings: Settings) -> None:
        self._prefix, self._brokers = settings.topic_prefix, settings.brokers
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.brokers, isolation_level="read_committed", auto_offset_reset="earliest"
        )
        self._tps = [
            TopicPartition(self._prefix + topic, number)
            for topic in OUTPUT_TOPICS
            for number in range(settings.partitions)
        ]
        self.records: dict[str, list[ConsumerRecord]] = {topic: [] for topic in OUTPUT_TOPICS}

    async def __aenter__(self) -> Outcomes:
        await self._consumer.start()
        self._consumer.assign(self._tps)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    @property
    def count(self) -> int:
        return sum(map(len, self.records.values()))

    async def read(self, timeout_ms: int = 50) -> int:
        """Read what has come, and return how many were seen in all."""
        for tp, records in (await self._consumer.getmany(timeout_ms=timeout_ms)).items():
            self.records[tp.topic.removeprefix(self._prefix)] += records
        return self.count

    async def read_to_end(self) -> dict[str, list[bytes]]:
        """Read all there is by now, and return the values by topic."""
        ends = await settled_ends(self._brokers, self._tps)
        while any([await self._consumer.position(tp) < end for tp, end in ends.items()]):
            await self.read()
        return {topic: [bytes(record.value) for record in records] for topic, records in self.records.items()}

    def of(self, topic: str, user: str) -> Iterator[tuple[ConsumerRecord, dict[str, object]]]:
        """Yield a user's records of a topic, each with its decoded value."""
        for record in self.records[topic]:
            if record.key == user.encode():
                yield record, msgspec.json.decode(record.value, type=dict[str, object])


def differences(expected: Mapping[str, list[bytes]], found: Mapping[str, list[bytes]]) -> list[str]:
    """Return what is missing, what was not expected or comes twice, and whose outcomes are out of order; a few each."""
    said: list[str] = []
    for topic, lines in expected.items():
        wanted, seen = Counter(lines), Counter(found[topic])
        for what, some in (("missing", wanted - seen), ("too many", seen - wanted)):
            if some:
                examples = [line.decode()[:400] for line in list(some)[:3]]
                said.append(f"{topic}: {some.total()} of {len(lines)} {what}: {examples}")
        if not said and _by_user(lines) != _by_user(found[topic]):
            said.append(f"{topic}: a user's outcomes are in another order")
    return said


class _OfUser(msgspec.Struct):
    user_id: str


def _by_user(lines: list[bytes]) -> dict[str, list[bytes]]:
    of_user: dict[str, list[bytes]] = {}
    for line in lines:
        of_user.setdefault(msgspec.json.decode(line, type=_OfUser).user_id, []).append(line)
    return of_user


async def recovered(settings: Settings) -> tuple[dict[str, bytes], list[Position]]:
    """Return all profiles and each task's position, as a successor would read them from the changelog."""
    changelog = kafka_ports(settings).changelog
    profiles: dict[str, bytes] = {}
    positions: list[Position] = []
    for number in range(settings.partitions):
        async with contextlib.aclosing(changelog.read(number)) as batches:
            state = await recover(batches)
        profiles |= state.profiles
        positions.append(state.position)
    return profiles, positions
