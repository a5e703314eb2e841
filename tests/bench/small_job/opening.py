"""The small job's rows by name, made when asked for: their topics are filled then, for all of them once."""

import asyncio
from collections.abc import Callable
from functools import cache
from pathlib import Path

from stream.definitions import load
from stream.replay.reading import OutRecord, ordered_records
from stream.runtime.settings import Settings
from stream.testkit.files import read_config
from tests.bench.histories import History
from tests.bench.machine import Machine
from tests.bench.processes import stream
from tests.bench.small_job.expected import expected_of
from tests.bench.small_job.rows import CONFIG, ENGINES, Engine, Input, OtherRow, OursRow
from tests.bench.small_job.topics import create_topic, fill
from tests.bench.worker_row import settings_env

CHECKED_EVENTS = 20_000
NAMES = ("small_job", *(f"small_job_{engine.name}" for engine in ENGINES))


class SmallJob:
    """The input, long and short, on a broker."""

    def __init__(self, settings: Settings, history: History, machine: Machine, folder: Path) -> None:
        self._settings, self._history, self._machine, self._folder = settings, history, machine, folder

    def makers(self, copies: int) -> dict[str, Callable[[], OursRow | OtherRow]]:
        """Return what makes each row, with so many copies of the history to measure over."""

        @cache
        def long() -> Input:
            return self._input("small-job", self._records(copies))

        @cache
        def short() -> Input:
            return self._input("small-job-check", self._records(1)[:CHECKED_EVENTS])

        def other(engine: Engine) -> Callable[[], OtherRow]:
            return lambda: OtherRow(engine, long(), self._machine, self._folder).check(short())

        makers: dict[str, Callable[[], OursRow | OtherRow]] = {
            f"small_job_{engine.name}": other(engine) for engine in ENGINES
        }
        return {"small_job": lambda: OursRow(long(), self._machine, self._folder)} | makers

    def _records(self, copies: int) -> list[OutRecord]:
        plan = load(read_config(CONFIG)).plan
        path = self._history.write_copies(copies, self._folder / "small-job.csv")
        records = list(ordered_records([path], "taobao", [], plan))
        path.unlink()
        return records

    def _input(self, name: str, records: list[OutRecord]) -> Input:
        """Put the records on topics of their own, all of an input's topics beside them."""
        app = f"{self._settings.app}-{name}"
        settings = Settings(app=app, brokers=self._settings.brokers, topic_prefix=f"{app}.")
        for topic in ("clickstream", "cart"):
            asyncio.run(create_topic(settings, settings.topic_prefix + topic))
        stream(["topics", str(CONFIG)], settings_env(settings))
        asyncio.run(fill(settings, records))
        return Input(settings, len(records), expected_of(records, settings.partitions))
