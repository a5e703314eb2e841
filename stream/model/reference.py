"""Shared knowledge: what everyone's profiles contribute to it, and the snapshot that decisions read."""

import msgspec

from stream.model.items import NOTHING_NEAR, Neighbourhoods


class Reward(msgspec.Struct, frozen=True, omit_defaults=True, tag="reward"):
    """What is told of a choice: that it was made (`trials` 1, `value` 0), and what it brought (`trials` 0, the value).

    `choice_key` names what learns from it (`decision.learning.choosing.learning_key`), and `trigger_id` the choice:
    one whose trigger was sent. `value` is 1 for a goal reached within its window, or a part of 1 by its worth.
    `propensity` is the chance that the arm had, and `context` what it was chosen by: the same in both. `id` is a
    function of the trigger's.
    """

    choice_key: str
    arm: str
    value: float
    propensity: float
    trigger_id: str
    at_ms: int
    context: tuple[float, ...] = ()
    trials: int = 1
    user: str = ""
    id: str = ""
    told_ms: int = 0


class BetaPosterior(msgspec.Struct, frozen=True, tag="beta"):
    """What is known of an arm's rate: Beta(alpha, beta), (1, 1) where nothing is."""

    alpha: float = 1.0
    beta: float = 1.0


class LinearPosterior(msgspec.Struct, frozen=True, tag="linear"):
    """What is known of an arm's value by context: the ridge regression's weights, and the inverse of its A."""

    theta: tuple[float, ...]
    inverse: tuple[tuple[float, ...], ...]


Posterior = BetaPosterior | LinearPosterior


class Reference(msgspec.Struct, frozen=True, omit_defaults=True, tag="reference.v1"):
    """A version of what is shared, for decisions from `effective_ms` on. It never changes; the next one replaces it.

    `arms`: by choice key, what is known of each arm; a key or an arm that nothing is known of is left out.
    `hours` (168, or none) are everyone's opens and clicks by local hour of the week, 0 for Monday from 00:00 to 01:00,
    and `channels` how many triggers went out through each and how many were responded to: both as far as they have not
    faded, as `decision.population` sums them. `items` is what is near to what; it may be older than the rest.

    It holds what was told before `as_of_ms`. `version` is the hash of all of it, so that the same version anywhere is
    the same knowledge.
    """

    version: str
    effective_ms: int
    arms: dict[str, dict[str, Posterior]] = {}
    hours: tuple[float, ...] = ()
    channels: dict[str, tuple[float, float]] = {}
    items: Neighbourhoods = NOTHING_NEAR
    as_of_ms: int = 0


_encoder = msgspec.json.Encoder(order="deterministic")
_reference_decoder = msgspec.json.Decoder(Reference)
_neighbourhoods_decoder = msgspec.json.Decoder(Neighbourhoods)


def encode_reference(reference: Reference) -> bytes:
    """Return a snapshot as one line of JSON, the same bytes for the same snapshot; of `items` just the version.

    The neighbours of all products are much longer than the rest and seldom others: `encode_neighbourhoods` has them.
    """
    version = reference.items.version
    # What equals a default is left out only where it is the same object.
    items = Neighbourhoods(version) if version else NOTHING_NEAR
    return _encoder.encode(msgspec.structs.replace(reference, items=items))


def decode_reference(encoded: bytes) -> Reference:
    """Return the snapshot of these bytes, without any neighbours. Raises msgspec.DecodeError where they are none."""
    return _reference_decoder.decode(encoded)


def encode_neighbourhoods(items: Neighbourhoods) -> bytes:
    """Return what is near to what as one line of JSON, the same bytes for the same neighbours."""
    return _encoder.encode(items)


def decode_neighbourhoods(encoded: bytes) -> Neighbourhoods:
    """Return the neighbours of these bytes. Raises msgspec.DecodeError where they are none."""
    return _neighbourhoods_decoder.decode(encoded)
