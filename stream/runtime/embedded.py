"""The embedded broker: librdkafka's mock cluster, for trying things without installing Kafka.

It speaks Kafka's protocol over TCP on this machine, from threads of this process that do not hold Python's lock. Its
limits: memory only, and 5 MiB and 100,000 record batches a partition, beyond which the oldest are dropped without a
word; no compaction; a topic always has 4 partitions; aborted transactions are not hidden, and their markers carry no
checksum; and for one worker: with two, a group forms only by luck (a member that syncs late is refused for ever).
"""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

from confluent_kafka import Producer
from confluent_kafka.admin._metadata import ClusterMetadata

from stream.runtime.settings import Settings
from stream.runtime.topics import NOTHING_SHARED, Sharing, wanted_topics

PARTITIONS: Final = 4
LIMITS: Final = (
    "embedded broker: for trying things only. It lives in memory, keeps 5 MiB a partition (the oldest go first), "
    "and does not hide aborted transactions."
)

_TIMEOUT_S: Final = 10.0


class EmbeddedBroker:
    """A broker that lives as long as the context, at `bootstrap`."""

    def __init__(self, brokers: int = 1) -> None:
        self._brokers = brokers
        self._cluster: Producer | None = None
        self.bootstrap = ""

    def __enter__(self) -> Self:
        # A client made with this setting carries the cluster; it is never used to produce.
        with _deaf_threads():
            self._cluster = Producer({"test.mock.num.brokers": self._brokers, "log_level": 0})
        found = self._metadata().brokers.values()
        self.bootstrap = ",".join(f"{broker.host}:{broker.port}" for broker in found)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # The cluster ends with its client, which ends when nothing refers to it.
        self._cluster = None

    def create_topics(self, names: Iterable[str]) -> None:
        """Create topics, by asking for their metadata: the cluster knows no CreateTopics request."""
        for name in names:
            self._metadata(name)

    def create_topics_of(self, settings: Settings, sharing: Sharing = NOTHING_SHARED) -> None:
        """Create the topics of a worker with these settings; raises ValueError unless they ask for 4 partitions."""
        if settings.partitions != PARTITIONS:
            raise ValueError(f"the embedded broker's topics have {PARTITIONS} partitions, not {settings.partitions}")
        self.create_topics(topic.name for topic in wanted_topics(settings, sharing))

    def _metadata(self, topic: str | None = None) -> ClusterMetadata:
        if self._cluster is None:
            raise RuntimeError("the embedded broker is not started")
        about = {} if topic is None else {"topic": topic}
        found: ClusterMetadata = self._cluster.list_topics(**about, timeout=_TIMEOUT_S)
        return found


@contextmanager
def _deaf_threads() -> Iterator[None]:
    """Block all signals for threads that start inside: they inherit the mask.

    librdkafka's mock cluster takes an interrupted poll for the end of its work (fault of version 2.x). A signal goes to
    its thread whenever Python blocks signals in the main thread, as it does while it starts a process.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
