"""How a worker's consumer talks to Kafka: aiokafka's arguments, from the settings."""

from typing import Any

from stream.runtime.security import kafka_security
from stream.runtime.settings import Settings


def consumer_arguments(settings: Settings, assignor: object) -> dict[str, Any]:
    """Return the arguments for a worker with these settings; `assignor` is Faust's, which keeps tasks together."""
    return {
        "bootstrap_servers": settings.brokers.split(","),
        "group_id": settings.app,
        "client_id": settings.app,
        # Static membership: the broker knows a restarted worker again, and the group need not rebalance.
        "group_instance_id": settings.instance or None,
        # With neither tables nor standbys Faust takes a round-robin assignor, and the partitions of a task's topics
        # part company (fault o).
        "partition_assignment_strategy": [assignor],
        "enable_auto_commit": False,
        # A position that is gone from the log means lost events: an error, where "earliest" would skip in silence.
        "auto_offset_reset": "none",
        "isolation_level": "read_committed",
        # Faust fixes it at 1.5 s: so late would events and the clock be.
        "fetch_max_wait_ms": settings.fetch_max_wait_ms,
        "fetch_max_bytes": settings.fetch_max_bytes,
        "max_partition_fetch_bytes": settings.max_partition_fetch_bytes,
        "max_poll_records": settings.max_poll_records,
        # aiokafka leaves the group when nothing was fetched for so long, as during a recovery; the watchdog is ours.
        "max_poll_interval_ms": 1_000 * (settings.recovery_timeout_s + settings.stall_timeout_s + 60),
        "session_timeout_ms": settings.session_timeout_ms,
        "heartbeat_interval_ms": settings.heartbeat_interval_ms,
        "rebalance_timeout_ms": max(settings.session_timeout_ms, settings.transaction_timeout_ms),
        "check_crcs": settings.verifies_crcs,
        **kafka_security(settings),
    }
