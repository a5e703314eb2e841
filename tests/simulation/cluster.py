"""Everything the workers of one seed share: brokers, network, definitions and settings."""

from __future__ import annotations

from random import Random
from typing import Final

import msgspec

from stream.definitions.shapes import Definitions
from stream.model.outcomes import OUTPUT_TOPICS
from stream.runtime.settings_fields import Clock, Settings
from stream.runtime.topics import input_topics
from tests.simulation.config import NoMetrics
from tests.simulation.consumer import Lag
from tests.simulation.coordinator import Coordinator
from tests.simulation.log import Log
from tests.simulation.loop import SimulatedLoop
from tests.simulation.net import Network, Weather
from tests.simulation.ports import (
    CHANGELOG,
    CONTRIBUTIONS,
    REFERENCE,
    SimulatedChangelog,
    SimulatedLogs,
    SimulatedTransactions,
)
from tests.simulation.trace import Trace

LATENESS_MS: Final = 200
HOT_PROFILES: Final = 3
"""A store is asked again and again."""

RECOVERY_TIMEOUT_S: Final = 600
DELETE_RETENTION_MS: Final = 675_556
"""Makes a store be believed for 8 s: clocks that are 5 s apart are less than the tombstones are kept."""


class Cluster:
    """One Kafka and what is known of it everywhere; all of it is drawn from the seed."""

    def __init__(self, loop: SimulatedLoop, chance: Random, definitions: Definitions, clock: Clock) -> None:
        self.loop, self.chance = loop, chance
        self.trace = trace = Trace(loop.time)
        self.definitions = definitions
        self.tasks = chance.choice([1, 2, 2, 3])
        self.weather = Weather(chance)
        self.network = Network(loop, self.weather)
        self.metrics = NoMetrics()
        self.log = Log()
        outputs = chance.choice([1, self.tasks, 4])
        for topic in OUTPUT_TOPICS:
            self.log.create(topic, outputs)
        self.settings = _settings(chance, self.tasks, clock)
        self.inputs = input_topics(self.settings)
        for topic in (*self.inputs, CHANGELOG):
            self.log.create(topic, self.tasks)
        for topic in (CONTRIBUTIONS, REFERENCE):
            self.log.create(topic, 1)
        timeout_s = self.settings.transaction_timeout_ms / 1_000
        self.coordinator = Coordinator(self.log, self.network, trace, timeout_s)
        self.transactions = SimulatedTransactions(self.network, self.log, self.coordinator, timeout_s)
        self.transactions.trace = trace
        self.changelog = SimulatedChangelog(self.network, self.log, trace)
        self.logs = SimulatedLogs(self.network, self.log)
        slow = chance.choice([*self.inputs, "none", "none"])
        self.lags = {
            topic: Lag(chance.choice([1, 2, 5]), chance.choice([0.2, 0.8]))
            if topic == slow
            else Lag(chance.choice([7, 50, 500]), chance.choice([0, 0, 0.1]))
            for topic in self.inputs
        }

    def calm(self) -> None:
        """End all faults."""
        self.weather.clear()
        for lag in self.lags.values():
            lag.is_silent, lag.pause_s, lag.batch = False, 0, max(lag.batch, 20)


def _settings(chance: Random, tasks: int, clock: Clock) -> Settings:
    low = chance.choice([0, 1, 10, 5_000])
    return msgspec.convert(
        {
            "partitions": tasks,
            "clock": clock,
            "lateness_ms": LATENESS_MS,
            "checkpoint_min_ms": chance.choice([0, 20, 20, 200]),
            "checkpoint_max_ms": chance.choice([50, 300, 1_000]),
            "hot_profiles": HOT_PROFILES,
            "delete_retention_ms": DELETE_RETENTION_MS,
            "recovery_timeout_s": RECOVERY_TIMEOUT_S,
            "transaction_timeout_ms": chance.choice([1_000, 2_000]),
            "low_mark_records": low,
            "high_mark_records": low * 2 + chance.choice([1, 10, 15_000]),
        },
        Settings,
    )
