"""Reading the output topics of the demo's broker."""

from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from stream.model.outcomes import OUTPUT_TOPICS, AnyOutcome

_DEAD_LETTERS: Final = "dead-letters"


class OutcomeReader:
    """Reads outcomes from the beginning of the output topics; those of one `read` came together.

    It is a member of no group, so nothing has to be agreed on at its start, nor at its end.
    """

    def __init__(self, brokers: str, partitions: int) -> None:
        self._partitions: Final = partitions
        self._decoder: Final = msgspec.json.Decoder(AnyOutcome)
        self.dead_letters = 0
        # The embedded broker's transaction markers carry no checksum, so it is not verified (librdkafka's default),
        # and it has no aborted records to hide. Real subscribers read committed.
        self._consumer: Final = Consumer(
            {
                "bootstrap.servers": brokers,
                "group.id": "demo-screen",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "check.crcs": False,
                "isolation.level": "read_uncommitted",
                "log_level": 0,
            }
        )

    def __enter__(self) -> Self:
        numbers = range(self._partitions)
        self._consumer.assign([TopicPartition(topic, n, OFFSET_BEGINNING) for topic in OUTPUT_TOPICS for n in numbers])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()

    def read(self, timeout_s: float) -> Sequence[AnyOutcome]:
        """Return what has come, in order of time; nothing where nothing comes within the timeout."""
        outcomes: list[AnyOutcome] = []
        for message in self._consumer.consume(500, timeout_s):
            fault = message.error()
            if fault is not None:
                # A topic that is made only now is not there at the first look; librdkafka looks again by itself.
                if fault.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise KafkaException(fault)
            elif message.topic() == _DEAD_LETTERS:
                self.dead_letters += 1
            else:
                outcomes.append(self._decoder.decode(message.value() or b""))
        return sorted(outcomes, key=lambda outcome: outcome.at_ms)
