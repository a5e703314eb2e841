"""Topic ids: what tells a topic from another that was created later under the same name.

aiokafka stops at version 5 of the metadata request, and ids (KIP-516) came later, so the request is spelt out here at
version 12, which brokers answer since Kafka 3.0.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)


class _Uuid(AbstractType):  # type: ignore[misc]  # aiokafka ships no types
    """Sixteen bytes."""

    @classmethod
    def encode(cls, value: uuid.UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, stream: Any) -> uuid.UUID:
        return uuid.UUID(bytes=stream.read(16))


_TEXT = CompactString("utf-8")
_BROKER = CompactArray(("node_id", Int32), ("host", _TEXT), ("port", Int32), ("rack", _TEXT), ("tags", TaggedFields))
_PARTITION = CompactArray(
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", CompactArray(Int32)),
    ("in_sync", CompactArray(Int32)),
    ("offline", CompactArray(Int32)),
    ("tags", TaggedFields),
)
_TOPIC = CompactArray(
    ("error_code", Int16),
    ("topic", _TEXT),
    ("topic_id", _Uuid),
    ("is_internal", Boolean),
    ("partitions", _PARTITION),
    ("authorized_operations", Int32),
    ("tags", TaggedFields),
)


class _Response(Response):  # type: ignore[misc]  # aiokafka ships no types
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", _BROKER),
        ("cluster_id", _TEXT),
        ("controller_id", Int32),
        ("topics", _TOPIC),
        ("tags", TaggedFields),
    )


class _Struct(RequestStruct):  # type: ignore[misc]  # aiokafka ships no types
    API_KEY = 3
    API_VERSION = 12
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("name", _TEXT), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _Request(Request[_Struct]):  # type: ignore[misc]  # aiokafka ships no types
    API_KEY = 3

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_Struct]) -> _Struct:
        # A zero id asks by name.
        asked: list[tuple[uuid.UUID, str, dict[int, bytes]]] = [(uuid.UUID(int=0), topic, {}) for topic in self._topics]
        return request_struct_class(asked, False, False, {})


async def topic_ids(client: Any, topics: Sequence[str]) -> dict[str, str]:
    """Ask any broker over an AIOKafkaClient; a topic it does not know, or has no id for, is left out."""
    response = await client.send(client.get_random_node(), _Request(topics))
    return {name: found.hex for error, name, found, *_ in response.topics if not error and found.int}
