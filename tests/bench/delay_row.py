"""Delay: from an event to its trigger, as a subscriber sees it that reads only what is committed."""

import asyncio
import itertools
import statistics
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.runtime.settings import Settings
from tests.bench.histories import ROOT, History
from tests.bench.machine import Machine
from tests.bench.processes import MeasuredProcessError, Running, running, stream
from tests.bench.recovery_row import settings_of_its_own
from tests.bench.traffic import PROBE, PROBES_PER_S, Traffic
from tests.bench.worker_row import Seen, _free_port, _look, at_count, settings_env

LOADS: Final = {"delay": 0.5, "delay_25": 0.25, "delay_75": 0.75}
"""Shares of the capacity, by what their figures' names begin with."""

_TICK_S: Final = 0.002
_START_S: Final = 60.0
_REST_S: Final = 2.0


@dataclass(frozen=True)
class DelayScale:
    """How many events show the capacity, and how long each load lasts, of which the first part does not count.

    Before the loads so many seconds at the first of them: a broker just started takes small requests slowly, until its
    Java machine has compiled what they need.
    """

    burst: int = 60_000
    seconds: float = 15.0
    warm_s: float = 3.0
    broker_warms_s: float = 40.0

    @staticmethod
    def quick() -> "DelayScale":
        return DelayScale(burst=2_000, seconds=2.0, warm_s=0.5, broker_warms_s=2.0)


class DelayRow:
    """A live worker with the whole shipped config: first what it can do, then events at a fixed pace, come what may."""

    def __init__(self, settings: Settings, history: History, scale: DelayScale, machine: Machine, folder: Path) -> None:
        self._settings, self._history, self._scale = settings, history, scale
        self._machine, self._folder = machine, folder

    def measure(self) -> dict[str, float]:
        settings = settings_of_its_own(self._settings)
        with self._worker(settings) as live:
            traffic = Traffic(settings.brokers, settings.topic_prefix, self._history.records)
            capacity = self._capacity(live, traffic)
            figures = {"delay_capacity_events_per_s": capacity}
            first = capacity * next(iter(LOADS.values()))
            asyncio.run(self._delays(settings, traffic, first, self._scale.broker_warms_s))
            for name, share in LOADS.items():
                time.sleep(_REST_S)
                delays = asyncio.run(self._delays(settings, traffic, capacity * share, self._scale.seconds))
                live.process.check()
                figures |= {f"{name}_{what}_ms": value for what, value in _summed_up(delays).items()}
            traffic.flush()
        return figures

    @contextmanager
    def _worker(self, settings: Settings) -> Iterator["_Live"]:
        port = _free_port()
        env = settings_env(settings) | {"STREAM_HTTP_PORT": str(port)}
        stream(["topics", str(ROOT / "config")], env)
        command = [sys.executable, "-m", "stream", "worker", "--config", str(ROOT / "config")]
        with running(command, env, self._folder / f"{settings.app}.log", self._machine) as process:
            live = _Live(process, f"http://127.0.0.1:{port}")
            live.wait_until_ready()
            yield live

    def _capacity(self, live: "_Live", traffic: Traffic) -> float:
        """Return how many events a second are decided while far more wait."""
        burst = self._scale.burst
        looks = live.follow(0)
        traffic.send(burst)
        traffic.flush()
        looks += live.follow(burst)
        began, ended = at_count(looks, burst * 0.3), at_count(looks, burst * 0.95)
        return (ended.events - began.events) / (ended.at_s - began.at_s)

    async def _delays(self, settings: Settings, traffic: Traffic, events_per_s: float, seconds: float) -> list[float]:
        """Return the delays of all probes of one load that lasts so long, in milliseconds."""
        traffic.sent_ms.clear()
        seen_ms: dict[str, float] = {}
        topic = f"{settings.topic_prefix}triggers"
        async with AIOKafkaConsumer(bootstrap_servers=settings.brokers, isolation_level="read_committed") as consumer:
            consumer.assign([TopicPartition(topic, number) for number in range(settings.partitions)])
            await consumer.seek_to_end()
            watching = asyncio.create_task(_watch(consumer, seen_ms))
            counted_from_ms = (time.time() + self._scale.warm_s) * 1_000
            await _send_at(traffic, events_per_s, seconds)
            counted = {user for user, sent_ms in traffic.sent_ms.items() if sent_ms >= counted_from_ms}
            deadline_s = time.monotonic() + _START_S
            while counted - seen_ms.keys() and time.monotonic() < deadline_s:
                await asyncio.sleep(_TICK_S)
            watching.cancel()
        if missing := counted - seen_ms.keys():
            raise MeasuredProcessError(f"{len(missing)} of {len(counted)} orders were not thanked for")
        return [seen_ms[user] - traffic.sent_ms[user] for user in counted]


class _Live:
    """A worker under way, and what it says."""

    def __init__(self, process: Running, url: str) -> None:
        self.process, self._url = process, url

    def wait_until_ready(self) -> None:
        """Wait until it has its tasks."""
        deadline_s = time.monotonic() + _START_S
        while not self._is_ready():
            self.process.check()
            if time.monotonic() > deadline_s:
                raise self.process.failure("the worker did not start")
            time.sleep(0.2)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._url}/ready", timeout=30):
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def follow(self, events: int) -> list[Seen]:
        """Look at it until it has decided so many events."""
        looks: list[Seen] = []
        moved_s = time.monotonic()
        while not looks or looks[-1].events < events:
            time.sleep(0.1)
            self.process.check()
            if (seen := _look(f"{self._url}/metrics")) is not None:
                moved_s = moved_s if looks and seen.events == looks[-1].events else time.monotonic()
                looks.append(seen)
            if time.monotonic() - moved_s > _START_S:
                raise self.process.failure(f"the worker stands still before {events:,} events")
        return looks


async def _send_at(traffic: Traffic, events_per_s: float, seconds: float) -> None:
    """Send at this pace for so long, however the worker gets on. Raises MeasuredProcessError where we can't keep it."""
    started_s = time.perf_counter()
    sent = probes = 0
    while (passed_s := time.perf_counter() - started_s) < seconds:
        traffic.send(due := int(passed_s * events_per_s) - sent)
        sent += due
        while probes < passed_s * PROBES_PER_S:
            traffic.probe()
            probes += 1
        await asyncio.sleep(_TICK_S)
    if time.perf_counter() - started_s > seconds * 1.1 + 1.0:
        raise MeasuredProcessError(f"{events_per_s:,.0f} events/s are more than can be sent from here")


async def _watch(consumer: AIOKafkaConsumer, seen_ms: dict[str, float]) -> None:
    """Note when the trigger of each probe comes."""
    while True:
        fetched = await consumer.getmany(timeout_ms=1_000)
        now_ms = time.time() * 1_000
        for record in itertools.chain.from_iterable(fetched.values()):
            if record.key.startswith(PROBE.encode()):
                seen_ms.setdefault(record.key.decode(), now_ms)


def _summed_up(delays: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(delays, n=100, method="inclusive")
    return {"p50": cuts[49], "p99": cuts[98], "max": max(delays)}
