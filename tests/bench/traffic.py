"""Live traffic: what the users of the history do, as of now, and among it orders that are to be thanked for at once."""

import time
from collections.abc import Iterator, Sequence
from itertools import count, cycle
from typing import Final

import orjson
from confluent_kafka import Producer

from stream.replay.reading import OutRecord

PROBE: Final = "probe-"
PROBES_PER_S: Final = 50
_COPIES: Final = 10


class Traffic:
    """Sends the history's events over and over, from ten times as many users; `sent_ms` has when each probe was sent.

    A probe is an order with an id, from a user of its own. The shipped config answers it with a trigger, whatever else.
    """

    def __init__(self, brokers: str, prefix: str, history: Sequence[OutRecord]) -> None:
        self._prefix: Final = prefix
        # An idempotent producer has five requests under way at most, so that what waits goes out together. Else each
        # millisecond's few events are a request of their own, and where the broker is busy they queue for seconds.
        self._producer: Final = Producer(
            {"bootstrap.servers": brokers, "linger.ms": 1, "partitioner": "murmur2_random", "enable.idempotence": True}
        )
        self._calls: Final = self._endless(history)
        self._numbers: Final = count()
        self.sent_ms: Final[dict[str, float]] = {}

    def send(self, events: int) -> None:
        """Send so many of the history's events."""
        now_ms = int(time.time() * 1_000)
        for _ in range(events):
            topic, call, user = next(self._calls)
            call |= {"timestamp": now_ms, "messageId": f"m{next(self._numbers)}", "userId": user}
            self._produce(topic, call, user, now_ms)
        self._producer.poll(0)

    def probe(self) -> None:
        """Send an order that is to be thanked for."""
        user, sent_ms = f"{PROBE}{next(self._numbers)}", time.time() * 1_000
        call = {
            "type": "track",
            "event": "Order Completed",
            "timestamp": int(sent_ms),
            "messageId": f"m-{user}",
            "userId": user,
            "properties": {"order_id": f"o-{user}", "total": 20},
        }
        self.sent_ms[user] = sent_ms
        self._produce("cart", call, user, int(sent_ms))
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until the broker has all of it."""
        self._producer.flush(60)

    def _produce(self, topic: str, call: dict[str, object], user: str, now_ms: int) -> None:
        while True:
            try:
                self._producer.produce(self._prefix + topic, orjson.dumps(call), key=user, timestamp=now_ms)
            except BufferError:
                self._producer.poll(0.05)
            else:
                return

    @staticmethod
    def _endless(history: Sequence[OutRecord]) -> Iterator[tuple[str, dict[str, object], str]]:
        calls = [(record.topic, orjson.loads(record.value), record.user) for record in history]
        for number, (topic, call, user) in enumerate(cycle(calls)):
            yield topic, call, f"{user}-{number % _COPIES}"
