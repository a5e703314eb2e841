"""Stock Faust with a single counter, in a process of its own, on the same events."""

import asyncio
import itertools
import json
import sys
import time
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from stream.replay.reading import OutRecord
from stream.runtime.settings import Settings
from tests.bench.machine import Machine
from tests.bench.processes import running

APP = Path(__file__).with_name("faust_counter_app.py")
TIMEOUT_S = 300.0


class FaustCounterRow:
    """Its events are in one topic, without the heartbeats that only our worker understands."""

    def __init__(self, settings: Settings, records: list[OutRecord], machine: Machine, folder: Path) -> None:
        self._settings, self._machine, self._folder = settings, machine, folder
        self._topic = f"{settings.topic_prefix}counter"
        self._events = len(records)
        self._numbers = itertools.count(1)
        asyncio.run(self._fill(records))

    def measure(self) -> dict[str, float]:
        app = f"{self._settings.app}-counter-{next(self._numbers)}"
        result = self._folder / f"{app}.json"
        env = {
            "BENCH_APP": app,
            "BENCH_BROKERS": self._settings.brokers,
            "BENCH_TOPIC": self._topic,
            "BENCH_PARTITIONS": str(self._settings.partitions),
            "BENCH_EVENTS": str(self._events),
            "BENCH_FOLDER": str(self._folder / app),
            "BENCH_RESULT": str(result),
        }
        # At `warn` Faust shows a spinner, for which all loggers run at debug level: slower than the documents' `info`.
        command = [sys.executable, str(APP), "worker", "-l", "info", "--without-web"]
        with running(command, env, self._folder / f"{app}.log", self._machine) as process:
            deadline_s = time.monotonic() + TIMEOUT_S
            while not result.exists():
                process.check()
                if time.monotonic() > deadline_s:
                    raise process.failure(f"stock Faust did not get through in {TIMEOUT_S:.0f} s")
                time.sleep(0.1)
        wall_s, cpu_s = json.loads(result.read_text())
        counted = self._events - self._events // 10 * 2
        return {
            "faust_counter_events_per_s": counted / wall_s,
            "faust_counter_cpu_s_per_million": cpu_s / counted * 1e6,
        }

    async def _fill(self, records: list[OutRecord]) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.brokers)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(self._topic, self._settings.partitions, 1)])
        finally:
            await admin.close()
        producer = AIOKafkaProducer(bootstrap_servers=self._settings.brokers, linger_ms=20, max_batch_size=256 << 10)
        async with producer:
            sent = [await producer.send(self._topic, record.value, record.user.encode()) for record in records]
            await asyncio.gather(*sent)
