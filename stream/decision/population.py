"""What is known of everyone's habits: contributions folded together, the same whatever their order and their batches.

Counts are whole numbers by half-life, so that sums are exact however many there are. What lies `PERIODS_KEPT`
half-lives behind the latest counts less than a millionth, and is forgotten.
"""

from collections.abc import Iterable
from math import ldexp
from typing import Final

import msgspec

from stream.decision.hours import HOURS
from stream.model.habits import ChannelSeen, HourSeen, growth_parts

PERIODS_KEPT: Final = 20

_SENT: Final = "sent/"
_RESPONDED: Final = "responded/"

Sums = dict[int, int]
"""By half-life: the sum of weights, each times the mantissa of its growth."""


class Population(msgspec.Struct):
    """Sums by what is counted, `hour/42`, `sent/email` or `responded/email`: 168 hours, and two for each channel that
    the config ever named; each of the 20 half-lives until `latest`.
    """

    counted: dict[str, Sums] = {}
    latest: int = -(1 << 31)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Population)


def folded(contributions: Iterable[HourSeen | ChannelSeen]) -> Population:
    """Return what contributions come to; each must be there once."""
    counted: dict[str, Sums] = {}
    latest = Population().latest
    for contribution in contributions:
        period, mantissa = growth_parts(contribution.at_ms)
        if isinstance(contribution, HourSeen):
            name, value = _hour(contribution.hour_of_week), contribution.weight * mantissa
        else:
            name, value = (_RESPONDED if contribution.responded else _SENT) + contribution.channel, mantissa
        _add(counted, name, period, value)
        latest = max(latest, period)
    return _without_oldest(counted, latest)


def merged(one: Population, other: Population) -> Population:
    """Return what two come to that took in different contributions; both stay as they are."""
    counted: dict[str, Sums] = {}
    for population in (one, other):
        for name, sums in population.counted.items():
            for period, value in sums.items():
                _add(counted, name, period, value)
    return _without_oldest(counted, max(one.latest, other.latest))


def hours_of_everyone(population: Population, now_ms: int) -> tuple[float, ...]:
    """Return everyone's responses by local hour of the week, faded as of a time: 168 numbers."""
    return tuple(_faded(population.counted.get(_hour(hour), {}), now_ms) for hour in range(HOURS))


def rates_of_everyone(population: Population, now_ms: int) -> dict[str, tuple[float, float]]:
    """Return by channel how many triggers went out and how many were responded to, faded as of a time."""
    counted = population.counted
    channels = sorted(name.removeprefix(_SENT) for name in counted if name.startswith(_SENT))
    return {
        channel: (_faded(counted[_SENT + channel], now_ms), _faded(counted.get(_RESPONDED + channel, {}), now_ms))
        for channel in channels
    }


def encode_population(population: Population) -> bytes:
    """Return what is known as MessagePack, the same bytes for the same contributions."""
    return _encoder.encode(population)


def decode_population(encoded: bytes) -> Population:
    """Read it back; raises `msgspec.DecodeError` on other bytes."""
    return _decoder.decode(encoded)


def _hour(hour: int) -> str:
    return f"hour/{hour}"


def _add(counted: dict[str, Sums], name: str, period: int, value: int) -> None:
    sums = counted.setdefault(name, {})
    sums[period] = sums.get(period, 0) + value


def _without_oldest(counted: dict[str, Sums], latest: int) -> Population:
    """Put all in its order, without what is too old: what is left in the end was never forgotten on the way."""
    oldest = latest - PERIODS_KEPT
    kept = {name: {p: sums[p] for p in sorted(sums) if p > oldest} for name, sums in sorted(counted.items())}
    return Population({name: sums for name, sums in kept.items() if sums}, latest)


def _faded(sums: Sums, now_ms: int) -> float:
    if not sums:
        return 0.0
    oldest, (period, mantissa) = min(sums), growth_parts(now_ms)
    return ldexp(sum(value << (p - oldest) for p, value in sums.items()) / mantissa, oldest - period)
