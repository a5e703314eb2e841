"""The limit: what aiokafka and a JSON decoder alone can do with the records that the worker reads."""

import asyncio
import time

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.runtime.settings import Settings
from stream.runtime.topics import input_topics
from tests.bench.machine import Machine
from tests.bench.processes import MeasuredProcessError


class RawRow:
    def __init__(self, settings: Settings, expected: int, machine: Machine) -> None:
        self._settings, self._expected, self._machine = settings, expected, machine

    def measure(self) -> dict[str, float]:
        with self._machine.measuring(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            wall_s, cpu_s = runner.run(self._read())
        return {
            "raw_events_per_s": self._expected / wall_s,
            "raw_cpu_s_per_million": cpu_s / self._expected * 1e6,
        }

    async def _read(self) -> tuple[float, float]:
        """Read everything once; returns the seconds from the first fetch on, of the wall and of the CPU.

        Fetches are as large as the worker's.
        """
        settings = self._settings
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.brokers,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_bytes=settings.fetch_max_bytes,
            max_partition_fetch_bytes=settings.max_partition_fetch_bytes,
        )
        await consumer.start()
        try:
            tps = [TopicPartition(topic, p) for topic in input_topics(settings) for p in range(settings.partitions)]
            consumer.assign(tps)
            ends = await consumer.end_offsets(tps)
            started_s, started_cpu_s, events = time.perf_counter(), time.process_time(), 0
            left = {tp for tp, end in ends.items() if end}
            while left:
                batches = await consumer.getmany(timeout_ms=1_000)
                for tp, records in batches.items():
                    for record in records:
                        if record.value:  # a heartbeat has none
                            orjson.loads(record.value)
                            events += 1
                    if records[-1].offset + 1 >= ends[tp]:
                        left.discard(tp)
            wall_s, cpu_s = time.perf_counter() - started_s, time.process_time() - started_cpu_s
        finally:
            await consumer.stop()
        if events != self._expected:
            raise MeasuredProcessError(f"{events} events on Kafka, {self._expected} were played")
        return wall_s, cpu_s
