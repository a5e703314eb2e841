"""Shared knowledge: what everyone's profiles contribute to it, and the snapshot that decisions read."""

import msgspec


class Reward(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is told of a choice: that it was made (`trials` 1, `value` 0), and what it brought (`trials` 0, the value).

    `choice_key` names what learns from it (`decision.learning.choosing.learning_key`), and `trigger_id` the choice:
    one whose trigger was sent. `value` is 1 for a goal reached within its window, or a part of 1 by its worth.
    `propensity` is the chance that the arm had, and `context` what it was chosen by: the same in both.
    """

    choice_key: str
    arm: str
    value: float
    propensity: float
    trigger_id: str
    at_ms: int
    context: tuple[float, ...] = ()
    trials: int = 1


class BetaPosterior(msgspec.Struct, frozen=True, tag="beta"):
    """What is known of an arm's rate: Beta(alpha, beta), (1, 1) where nothing is."""

    alpha: float = 1.0
    beta: float = 1.0


class LinearPosterior(msgspec.Struct, frozen=True, tag="linear"):
    """What is known of an arm's value by context: the ridge regression's weights, and the inverse of its A."""

    theta: tuple[float, ...]
    inverse: tuple[tuple[float, ...], ...]


Posterior = BetaPosterior | LinearPosterior


class Reference(msgspec.Struct, frozen=True, omit_defaults=True):
    """A version of what is shared, for decisions from `effective_ms` on. It never changes; the next one replaces it.

    `arms`: by choice key, what is known of each arm; a key or an arm that nothing is known of is left out.
    `hours` (168, or none) are everyone's opens and clicks by local hour of the week, 0 for Monday from 00:00 to 01:00,
    and `channels` how many triggers went out through each and how many were responded to: both as far as they have not
    faded, as `decision.population` sums them.
    """

    version: str
    effective_ms: int
    arms: dict[str, dict[str, Posterior]] = {}
    hours: tuple[float, ...] = ()
    channels: dict[str, tuple[float, float]] = {}


_reference_encoder = msgspec.json.Encoder(order="deterministic")
_reference_decoder = msgspec.json.Decoder(Reference)


def encode_reference(reference: Reference) -> bytes:
    """Return a snapshot as one line of JSON, the same bytes for the same snapshot."""
    return _reference_encoder.encode(reference)


def decode_reference(encoded: bytes) -> Reference:
    """Return the snapshot of these bytes. Raises msgspec.DecodeError where they are none."""
    return _reference_decoder.decode(encoded)
