"""The rows by name, and what they need: the input, and a Kafka that holds it."""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from stream.definitions import load
from stream.runtime.settings import Settings
from stream.testkit.files import read_config
from tests.bench.core_rows import BytesRow, CoreRow, DecodeRow, ReplayRow, SegmentsRow, StagesRow
from tests.bench.delay_row import DelayRow, DelayScale
from tests.bench.faust_counter_row import FaustCounterRow
from tests.bench.growth_rows import GrowthRow, WeightRow
from tests.bench.histories import ROOT, History, read_history
from tests.bench.machine import Machine
from tests.bench.processes import RowUnavailable, stream
from tests.bench.raw_row import RawRow
from tests.bench.recovery_row import RecoveryRow
from tests.bench.small_job.opening import NAMES as SMALL_JOB
from tests.bench.small_job.opening import SmallJob
from tests.bench.store_row import StoreRow, StoreScale
from tests.bench.worker_row import WorkerRow, settings_env
from tests.kafka.broker import Broker, running_kafka

WITHOUT_KAFKA = ("decode", "core", "stages", "segments", "bytes", "replay", "growth", "weight", "store")
WITH_KAFKA = ("raw", "faust_counter", "end_to_end", "recovery", "delay", *SMALL_JOB)
ROWS = WITHOUT_KAFKA + WITH_KAFKA


class Row(Protocol):
    """One thing to measure, again and again."""

    def measure(self) -> dict[str, float]:
        """Return figures by their names; the unit is the name's last part."""


@dataclass(frozen=True)
class Scale:
    """How much there is to do: rows of the file, copies of it on Kafka, events for the slow Faust counter, profiles to
    recover, how long delays are measured, up to how many users growth is, by how many events each, and how large the
    stores are.
    """

    rows: int | None = None
    copies: int = 5
    counter_events: int = 50_000
    recovered: int = 200_000
    delay: DelayScale = field(default_factory=DelayScale)
    growth_users: int = 1_000_000
    growth_events: int = 40_000
    store: StoreScale = field(default_factory=StoreScale)

    @staticmethod
    def quick() -> "Scale":
        return Scale(
            rows=4_000,
            copies=1,
            counter_events=1_000,
            recovered=3_000,
            delay=DelayScale.quick(),
            growth_users=1_000,
            growth_events=500,
            store=StoreScale.quick(),
        )

    def with_copies(self, copies: int | None) -> "Scale":
        return self if copies is None else replace(self, copies=copies)


@dataclass(frozen=True)
class Opened:
    """Rows that are ready to measure, facts about the input, and why other rows are absent."""

    rows: dict[str, Row]
    facts: dict[str, object]
    absent: dict[str, str]


@contextmanager
def open_rows(names: Sequence[str], scale: Scale, machine: Machine) -> Iterator[Opened]:
    """Yield the rows asked for. Raises `KafkaUnavailableError`."""
    definitions = load(read_config(ROOT / "config"))
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="stream-bench-")))
        history = read_history(definitions, folder, scale.rows)
        facts: dict[str, object] = {"input": history.source, "events": len(history.records)}
        makers: dict[str, Callable[[], Row]] = {
            "decode": lambda: DecodeRow(definitions, history, machine),
            "core": lambda: CoreRow(definitions, history, machine),
            "stages": lambda: StagesRow(definitions, history, machine),
            "segments": lambda: SegmentsRow(history, machine),
            "bytes": lambda: BytesRow(definitions, history, machine),
            "replay": lambda: ReplayRow(definitions, history, machine, folder),
            "growth": lambda: GrowthRow(definitions, machine, scale.growth_users, scale.growth_events),
            "weight": lambda: WeightRow(definitions, history),
            "store": lambda: StoreRow(definitions, history, scale.store, machine, folder),
        }
        if set(names) & set(WITH_KAFKA):
            # Names of its own each time: a broker that was given may remember earlier ones.
            app = f"bench-{uuid.uuid4().hex[:8]}"
            settings = Settings(app=app, brokers=_broker(ending, machine), topic_prefix=f"{app}.")
            played = len(history.records) * scale.copies
            facts |= {"events_on_kafka": played, "partitions": settings.partitions}
            _play(settings, history, scale.copies, folder)
            makers |= {
                "raw": lambda: RawRow(settings, played, machine),
                "faust_counter": lambda: FaustCounterRow(
                    settings, history.records[: scale.counter_events], machine, folder
                ),
                "end_to_end": lambda: WorkerRow(settings, played, machine, folder),
                "delay": lambda: DelayRow(settings, history, scale.delay, machine, folder),
                "recovery": lambda: RecoveryRow(definitions, history, settings, scale.recovered, machine),
                **SmallJob(settings, history, machine, folder).makers(scale.copies),
            }
        opened = Opened({}, facts, {})
        for name in ROWS:
            if name in names:
                try:
                    opened.rows[name] = makers[name]()
                except RowUnavailable as reason:
                    opened.absent[name] = str(reason)
        yield opened


def _broker(ending: ExitStack, machine: Machine) -> str:
    """Return the address of a broker that has a core to itself; one that was given is where it is."""
    if "KAFKA_BOOTSTRAP_SERVERS" in os.environ:
        return ending.enter_context(running_kafka())
    with machine.aside():
        return ending.enter_context(Broker(heap="1g")).bootstrap


def _play(settings: Settings, history: History, copies: int, folder: Path) -> None:
    env = settings_env(settings)
    stream(["topics", str(ROOT / "config")], env)
    copied = history.write_copies(copies, folder / "copies.csv")
    stream(["play", str(copied), "--format", "taobao", "--config", str(ROOT / "config")], env)
    copied.unlink()
