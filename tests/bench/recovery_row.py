"""Recovery: profiles read back from the changelog on Kafka, up to where their tasks could go on."""

import asyncio
import time
import uuid
from collections.abc import Iterator
from itertools import islice
from typing import Final

import uvloop

from stream.decision.decider import Decider
from stream.definitions.shapes import Definitions
from stream.model.profile import Profile, encode_profile
from stream.replay.driving import Drive
from stream.replay.memory import quiet_collector
from stream.runtime.kafka_changelog import KafkaChangelog
from stream.runtime.kafka_transactions import KafkaTransactions
from stream.runtime.position import POSITION_KEY, Position, encode_position
from stream.runtime.recovery import recover
from stream.runtime.restoring import Programs, restored
from stream.runtime.settings import Settings
from stream.runtime.task_ports import Outgoing
from stream.runtime.topics import changelog_topic
from tests.bench.histories import ROOT, History
from tests.bench.machine import Machine
from tests.bench.processes import MeasuredProcessError, stream
from tests.bench.worker_row import settings_env

_PER_TRANSACTION: Final = 1_000


class RecoveryRow:
    """The profiles that the history makes, each many times under keys of its own; the content stays what it is."""

    def __init__(
        self, definitions: Definitions, history: History, settings: Settings, profiles: int, machine: Machine
    ) -> None:
        self._settings = settings_of_its_own(settings)
        self._programs = Programs(definitions, b"key")
        self._count, self._machine = profiles, machine
        stream(["topics", str(ROOT / "config")], settings_env(self._settings))
        self._bytes = self._write(_profiles(definitions, history))

    def measure(self) -> dict[str, float]:
        with self._machine.measuring(), quiet_collector(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            started_s, started_cpu_s = time.perf_counter(), time.process_time()
            found = runner.run(self._read_all())
            wall_s, cpu_s = time.perf_counter() - started_s, time.process_time() - started_cpu_s
        if found != self._count:
            raise MeasuredProcessError(f"{found:,} of {self._count:,} profiles recovered")
        return {
            "recovery_profiles_per_s": self._count / wall_s,
            "recovery_mib_per_s": self._bytes / wall_s / (1 << 20),
            "recovery_cpu_us_per_profile": cpu_s / self._count * 1e6,
        }

    async def _read_all(self) -> int:
        """Recover all tasks at once, as a worker does; returns how many profiles they have."""
        return sum(await asyncio.gather(*(self._read(number) for number in range(self._settings.partitions))))

    async def _read(self, number: int) -> int:
        found = await recover(KafkaChangelog(self._settings).read(number))
        # The writer is only handed through to the state.
        state = await restored(found, self._programs, None)  # type: ignore[arg-type]
        return len(state.profiles)

    def _write(self, encoded: list[bytes]) -> int:
        """Write the changelog, with all profiles and the positions; returns how many bytes the profiles have."""
        size, partitions = 0, self._settings.partitions
        with self._machine.measuring(), asyncio.Runner() as runner:
            for number in range(partitions):
                records = [
                    Outgoing(f"user-{index}".encode(), encoded[index % len(encoded)])
                    for index in range(number, self._count, partitions)
                ]
                runner.run(_commit(self._settings, number, records))
                size += sum(len(record.value or b"") for record in records)
        return size


def settings_of_its_own(settings: Settings) -> Settings:
    """Return the same for another app, whose topics are empty."""
    app = f"{settings.app}-{uuid.uuid4().hex[:8]}"
    return Settings(app=app, brokers=settings.brokers, topic_prefix=f"{app}.", partitions=settings.partitions)


def _profiles(definitions: Definitions, history: History) -> list[bytes]:
    profiles: dict[str, Profile] = {}
    Drive(Decider(definitions, profiles), lambda _: None).run(history.events)
    return [encode_profile(profile) for profile in profiles.values()]


async def _commit(settings: Settings, number: int, records: list[Outgoing]) -> None:
    writer = await KafkaTransactions(settings).open(number)
    topic = changelog_topic(settings)
    for chunk in _chunks(records):
        await writer.begin()
        await writer.write(topic, number, [*chunk, Outgoing(POSITION_KEY, encode_position(Position(uses={})))])
        await writer.commit()
    await writer.close()


def _chunks(records: list[Outgoing]) -> Iterator[list[Outgoing]]:
    left = iter(records)
    while chunk := list(islice(left, _PER_TRANSACTION)):
        yield chunk
