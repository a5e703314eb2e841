"""What the rewards of choices teach: sums, merged in any order, and the posteriors of a snapshot.

**When a reward counts.** There is one for each choice, and it is told when the goal's window closes, whether the goal
was reached (the value then known) or not (0). Not sooner: were a success told when it comes and a failure only when
the window closes, then an arm chosen for the first time would have known successes and no known failures for as long
as the window is, and would look as good as sure. Were each choice a failure until its goal comes, new arms would look
bad. Waiting for the window (Joulani, Gyorgy and Szepesvari 2013, "Online Learning under Delayed Feedback"; with the
window of Vernade, Cappe and Perchet 2017, "Stochastic Bandit Models for Delayed Conversions") biases nothing, and its
cost in regret is a sum that does not grow with time. Whoever tells a choice's reward tells it once: the sums don't
remember which choices they hold.

**What is kept** of an arm are whole numbers of 1/65,536ths, and of their squares for products of two: adding is exact,
so that the order of rewards, and which worker adds up which of them, cannot show.
"""

from collections.abc import Iterable
from math import isfinite

import msgspec

from stream.decision.learning.choosing import GRID
from stream.decision.learning.ridge import inverse_of, solved
from stream.model.reference import BetaPosterior, LinearPosterior, Posterior, Reward


class ArmSums(msgspec.Struct, array_like=True, frozen=True):
    """Of an arm's rewards: how many, their values, and of contexts x the upper triangle of xx', and values times x.

    Values are in 1/65,536ths, the last two in squares of these. They fit 63 bits up to 2^31 rewards.
    """

    count: int = 0
    values: int = 0
    moments: tuple[int, ...] = ()
    responses: tuple[int, ...] = ()


class Learnt(msgspec.Struct, frozen=True):
    """The sums of each arm, by the key that it is learnt under: as many as `choose` steps have arms."""

    sums: dict[str, dict[str, ArmSums]] = {}


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Learnt)


def encode_learnt(learnt: Learnt) -> bytes:
    """Return the sums as one line of JSON, the same bytes for the same sums."""
    return _encoder.encode(learnt)


def decode_learnt(encoded: bytes) -> Learnt:
    """Return the sums of these bytes. Raises msgspec.ValidationError where they are none."""
    return _decoder.decode(encoded)


def gathered(rewards: Iterable[Reward]) -> Learnt:
    """Return what rewards come to. Raises ValueError where a value isn't from 0 to 1, or a context of two lengths."""
    return merged(Learnt({reward.choice_key: {reward.arm: _sums_of(reward)}}) for reward in rewards)


def merged(parts: Iterable[Learnt]) -> Learnt:
    """Return what parts come to together. Raises ValueError where contexts differ in length under one key."""
    together: dict[str, dict[str, ArmSums]] = {}
    for part in parts:
        for key, arms in part.sums.items():
            mine = together.setdefault(key, {})
            for arm, sums in arms.items():
                mine[arm] = _added(mine[arm], sums) if arm in mine else sums
    return Learnt(together)


def snapshot(learnt: Learnt) -> dict[str, dict[str, Posterior]]:
    """Return what is known of each arm, from a uniform prior, or, where there were contexts, ridge regression's."""
    return {key: {arm: _posterior(sums) for arm, sums in arms.items()} for key, arms in learnt.sums.items()}


def _sums_of(reward: Reward) -> ArmSums:
    if not 0.0 <= reward.value <= 1.0:
        raise ValueError(f"a reward is from 0 to 1, not {reward.value!r} (choice {reward.trigger_id})")
    if not all(map(isfinite, reward.context)):
        raise ValueError(f"a context is of finite numbers, not {reward.context!r} (choice {reward.trigger_id})")
    value, x = round(reward.value * GRID), [round(part * GRID) for part in reward.context]
    moments = tuple(left * right for row, left in enumerate(x) for right in x[row:])
    return ArmSums(1, value, moments, tuple(value * part for part in x))


def _added(one: ArmSums, other: ArmSums) -> ArmSums:
    return ArmSums(
        one.count + other.count,
        one.values + other.values,
        tuple(left + right for left, right in zip(one.moments, other.moments, strict=True)),
        tuple(left + right for left, right in zip(one.responses, other.responses, strict=True)),
    )


def _posterior(sums: ArmSums) -> Posterior:
    if not sums.responses:
        return BetaPosterior(1.0 + sums.values / GRID, 1.0 + (sums.count * GRID - sums.values) / GRID)
    size, square = len(sums.responses), GRID * GRID
    moments = iter(sums.moments)
    a = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row, size):
            a[row][column] = a[column][row] = next(moments) / square + (row == column)
    inverse = inverse_of(a)
    return LinearPosterior(solved(inverse, [response / square for response in sums.responses]), inverse)
