"""What tasks tell the learner, in JSON records of one internal topic: contributions, and the barriers they passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from stream.model.contributions import Contribution
from stream.model.errors import StreamStop


class Passed(msgspec.Struct, frozen=True, tag="passed"):
    """A task says that all it decides before a barrier is decided, and was told."""

    task: int
    barrier_ms: int


TOLD_IN_A_RECORD: Final = 40
"""At most: two views in three tell something, and as records of their own they would be most of what is written. One of
20 products beside another comes to 20 KB at worst, all of it escaped: a record to less than the 1 MiB a broker takes.
"""

_encoder: Final = msgspec.json.Encoder()
_decoder: Final[msgspec.json.Decoder[list[Contribution | Passed]]] = msgspec.json.Decoder(list[Contribution | Passed])
_one_decoder: Final[msgspec.json.Decoder[Contribution | Passed]] = msgspec.json.Decoder(Contribution | Passed)


def encode_tellings(told: Sequence[Contribution | Passed]) -> list[bytes]:
    """Return the values of the records, in order."""
    starts = range(0, len(told), TOLD_IN_A_RECORD)
    return [_encoder.encode(told[start : start + TOLD_IN_A_RECORD]) for start in starts]


def decode_tellings(value: bytes | None) -> list[Contribution | Passed]:
    """Read a record's value, also one as it was before there were several in it.

    Raises StreamStop where this version cannot.
    """
    try:
        return [_one_decoder.decode(value)] if value and value[:1] == b"{" else _decoder.decode(value or b"")
    except msgspec.DecodeError as error:
        raise StreamStop(f"a record of the contributions cannot be read by this version: {error}") from error


def kinds_of(told: Iterable[Contribution | Passed]) -> Counter[str]:
    """Count contributions by their kind."""
    return Counter(str(type(each).__struct_config__.tag) for each in told if not isinstance(each, Passed))
