"""The Faust app of a worker: our transport, our tables, and everything switched off that the tasks do themselves."""

from typing import Any

import faust
from faust.app.base import BootStrategy
from faust.sensors.monitor import Monitor
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers.aiokafka import Transport
from faust.types import TP as FaustTP
from faust.types import EventT, Message, StreamT

from stream.runtime.faust_room.consumer import FAUST_LOGGER, BatchConsumer, QuietFetcher
from stream.runtime.faust_room.room import Room
from stream.runtime.faust_room.tables import TaskTables
from stream.runtime.settings import Settings

SCHEME = "stream"


class StreamTransport(Transport):
    """Kafka, fetched in batches: `stream://host:port`."""

    Consumer = BatchConsumer
    Fetcher = QuietFetcher


class ConsumeOnly(BootStrategy):
    """Starts no Faust producer (faults d, e) and no Faust web server: the tasks write in transactions of their own."""

    enable_kafka_producer = False
    enable_web = False


class QuietMonitor(Monitor):
    """Keeps no statistics of single events; the metrics are counted where things are decided."""

    logger = FAUST_LOGGER

    def on_message_in(self, tp: FaustTP, offset: int, message: Message) -> None:
        """Count nothing."""

    def on_stream_event_in(self, tp: FaustTP, offset: int, stream: StreamT[Any], event: EventT[Any]) -> None:
        """Count nothing."""

    def on_stream_event_out(
        self, tp: FaustTP, offset: int, stream: StreamT[Any], event: EventT[Any], state: Any = None
    ) -> None:
        """Count nothing."""


class StreamApp(faust.App):
    """A Faust app that knows its room and its settings."""

    BootStrategy = ConsumeOnly
    logger = FAUST_LOGGER

    def __init__(self, room: Room, settings: Settings) -> None:
        self.room = room
        self.settings = settings
        super().__init__(settings.app, monitor=QuietMonitor(), **_options(settings))

    async def wait_for_crash(self) -> BaseException:
        """Wait until Faust notes a crash, after which it runs on, and return the reason."""
        await self._crashed.wait()
        return self.crash_reason or RuntimeError("Faust crashed without a reason")

    async def commit_to_group(self) -> None:
        """Commit the tasks' positions for lag tools, if the consumer was started."""
        if isinstance(self._consumer, BatchConsumer):
            await self._consumer.force_commit()

    async def on_first_start(self) -> None:
        """Make no folders: nothing of Faust's is kept on disk."""


def _options(settings: Settings) -> dict[str, Any]:
    TRANSPORTS.aliases[SCHEME] = f"{__name__}:{StreamTransport.__name__}"
    return {
        "broker": [f"{SCHEME}://{address}" for address in settings.brokers.split(",")],
        "broker_session_timeout": settings.session_timeout_ms / 1_000,
        "broker_heartbeat_interval": settings.heartbeat_interval_ms / 1_000,
        "broker_commit_interval": 5.0,
        "store": "memory://",
        "TableManager": TaskTables,
        "autodiscover": False,
        "canonical_url": "http://localhost",
        "stream_wait_empty": False,
        "stream_recovery_delay": 0.0,
        "table_standby_replicas": 0,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_enabled": False,
    }
