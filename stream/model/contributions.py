"""What leaves a decision to become knowledge of everyone.

Each has the `user` it was decided of, and an `id` that is a function of what was decided: what is decided again after a
crash comes again with the same id. `told_ms` is when it was decided, and `at_ms` the time as of which it counts, which
is no later.
"""

import msgspec

from stream.model.habits import ChannelSeen, HourSeen
from stream.model.items import CoOccurrence
from stream.model.reference import Reward

Contribution = HourSeen | ChannelSeen | CoOccurrence | Reward

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder: msgspec.json.Decoder[Contribution] = msgspec.json.Decoder(Contribution)


def encode_contribution(contribution: Contribution) -> bytes:
    """Return it as one JSON object whose `type` says what it is, the same bytes for the same contribution."""
    return _encoder.encode(contribution)


def decode_contribution(encoded: bytes) -> Contribution:
    """Return the contribution of these bytes. Raises msgspec.DecodeError where they are none."""
    return _decoder.decode(encoded)
