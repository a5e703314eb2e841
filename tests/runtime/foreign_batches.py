"""Batches of records as producers write them whose strings are bytes: header names may be anything."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

CODECS = {"none": bytes, "gzip": gzip_encode, "snappy": snappy_encode, "lz4": lz4_encode, "zstd": zstd_encode}
LATIN_1 = "größe".encode("latin-1")
LATIN_1_READ = r"gr\xf6\xdfe"
_BODY_FROM = 61


class Foreign(NamedTuple):
    """A record and its only header; the value must not hold any `~`."""

    value: bytes
    name: bytes = b"trace"
    header: bytes | None = b"7"
    key: bytes | None = b"k"


def batch(records: Iterable[Foreign], codec: str = "none", base_offset: int = 0, timestamp_ms: int = 5) -> bytes:
    """Return a batch as a broker stores it, with a checksum that is right."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 30)
    names: list[bytes] = []
    for number, record in enumerate(records):
        names.append(record.name)
        stand_in = "~" * len(record.name)
        builder.append(number, timestamp_ms, record.key, record.value, [(stand_in, record.header)])
    plain = bytes(builder.build())
    for name in names:
        plain = plain.replace(b"~" * len(name), name, 1)
    return _sealed(plain[:_BODY_FROM], CODECS[codec](plain[_BODY_FROM:]), list(CODECS).index(codec), base_offset)


def transactional(of: bytes, producer_id: int) -> bytes:
    """Return the batch as part of a transaction of this producer."""
    head = bytearray(of[:_BODY_FROM])
    head[43:51] = struct.pack(">q", producer_id)
    return _sealed(bytes(head), of[_BODY_FROM:], head[22] | 0x10, struct.unpack_from(">q", of)[0])


def _sealed(head: bytes, body: bytes, attributes: int, base_offset: int) -> bytes:
    length = struct.pack(">qi", base_offset, len(head) + len(body) - 12)
    covered = struct.pack(">h", attributes) + head[23:] + body
    return length + head[12:17] + struct.pack(">I", calc_crc32c(covered)) + covered
