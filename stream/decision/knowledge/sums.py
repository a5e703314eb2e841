"""What contributions of all kinds come to: sums, the same to the byte whatever the order, the batches and the parts."""

from collections.abc import Iterable
from typing import Final, assert_never

import msgspec

from stream.decision.items.counts import CoCounts, decode_counts, encode_counts
from stream.decision.learning.posteriors import Learnt, decode_learnt, encode_learnt, gathered, merged
from stream.decision.population import Population, decode_population, encode_population, folded
from stream.decision.population import merged as merged_population
from stream.model.contributions import Contribution
from stream.model.habits import ChannelSeen, HourSeen
from stream.model.items import CoOccurrence
from stream.model.reference import Reward

VIEWED_HALF_LIFE_MS: Final = 30 * 86_400_000
"""What is viewed together changes with the season; purchases are rarer, and change later."""

BOUGHT_HALF_LIFE_MS: Final = 180 * 86_400_000


class Sums:
    """The sums of some contributions: of choices, of habits, and of products viewed and bought together.

    Each is bounded as its own module says, once it has been published; until then by what was contributed.
    """

    def __init__(self) -> None:
        self.learnt = Learnt()
        self.population = Population()
        self.viewed = CoCounts(VIEWED_HALF_LIFE_MS)
        self.bought = CoCounts(BOUGHT_HALF_LIFE_MS)

    def add(self, contributions: Iterable[Contribution]) -> None:
        """Add contributions, each of which must be there once."""
        rewards: list[Reward] = []
        habits: list[HourSeen | ChannelSeen] = []
        for each in contributions:
            match each:
                case CoOccurrence():
                    (self.viewed if each.how == "viewed" else self.bought).add(each)
                case Reward():
                    rewards.append(each)
                case HourSeen() | ChannelSeen():
                    habits.append(each)
                case _:
                    assert_never(each)
        if rewards:
            self.learnt = merged([self.learnt, gathered(rewards)])
        if habits:
            self.population = merged_population(self.population, folded(habits))

    def merge(self, other: "Sums") -> None:
        """Add all that another has added up, which stays as it is."""
        self.learnt = merged([self.learnt, other.learnt])
        self.population = merged_population(self.population, other.population)
        self.viewed.merge(other.viewed)
        self.bought.merge(other.bought)


class _Kept(msgspec.Struct, array_like=True):
    learnt: bytes
    population: bytes
    viewed: bytes
    bought: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Kept)


def encode_sums(sums: Sums) -> bytes:
    """Return sums as MessagePack, the same bytes for the same contributions."""
    return _encoder.encode(
        _Kept(
            encode_learnt(sums.learnt),
            encode_population(sums.population),
            encode_counts(sums.viewed),
            encode_counts(sums.bought),
        )
    )


def decode_sums(encoded: bytes) -> Sums:
    """Read sums back; raises `msgspec.DecodeError` on bytes this version cannot read."""
    kept, sums = _decoder.decode(encoded), Sums()
    sums.learnt, sums.population = decode_learnt(kept.learnt), decode_population(kept.population)
    sums.viewed, sums.bought = decode_counts(kept.viewed), decode_counts(kept.bought)
    return sums
