"""What tasks tell the learner, as JSON records of one internal topic: contributions, and the barriers they passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from stream.model.contributions import Contribution
from stream.model.errors import StreamStop


class Passed(msgspec.Struct, frozen=True, tag="passed"):
    """A task says that all it decides before a barrier is decided, and was told."""

    task: int
    barrier_ms: int


_encoder: Final = msgspec.json.Encoder()
_decoder: Final[msgspec.json.Decoder[Contribution | Passed]] = msgspec.json.Decoder(Contribution | Passed)


def encode_telling(told: Contribution | Passed) -> bytes:
    """Return the record's value."""
    return _encoder.encode(told)


def decode_telling(value: bytes | None) -> Contribution | Passed:
    """Read a record's value; raises StreamStop where this version cannot."""
    try:
        return _decoder.decode(value or b"")
    except msgspec.DecodeError as error:
        raise StreamStop(f"a record of the contributions cannot be read by this version: {error}") from error


def kinds_of(told: Iterable[Contribution | Passed]) -> Counter[str]:
    """Count contributions by their kind."""
    return Counter(str(type(each).__struct_config__.tag) for each in told if not isinstance(each, Passed))
