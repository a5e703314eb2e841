"""What the rewards of choices teach: sums, merged in any order, and the posteriors of a snapshot.

**When a choice counts.** Two contributions can come of it. When its trigger is sent, it is told as a trial that brought
nothing; if its goal is reached within the window, then that value is told, without a further trial. When the window
closes nothing is left to tell. So an arm's rate is too low while its choices are young, and right once they are old: no
arm is taken for good before it has shown it, and one that is chosen often in vain is soon left. Both other ways take
longer to leave an arm that is new and bad, since for as long as a window they know of none of its failures: to tell
each choice once, when its window closes, or successes at once and failures then. (Chapelle 2014, "Modeling Delayed
Feedback in Display Advertising", on what young choices do to rates; Ktena et al. 2019, "Addressing Delayed Feedback for
Continuous Training", tell failures first and correct them. Best would be to discount young trials by how many orders
come how late, as Vernade, Cappe and Perchet 2017 do, "Stochastic Bandit Models for Delayed Conversions", where that is
known.) The sums add up what they are told: whoever tells a choice tells its trial once, and its value once.

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
    """Of an arm: how many trials, their values, and of contexts x the upper triangle of xx', and values times x.

    Values are in 1/65,536ths, the last two in squares of these.
    """

    trials: int = 0
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
    """Return the sums of these bytes. Raises msgspec.DecodeError where they are none."""
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
    moments = tuple(reward.trials * left * right for row, left in enumerate(x) for right in x[row:])
    return ArmSums(reward.trials, value, moments, tuple(value * part for part in x))


def _added(one: ArmSums, other: ArmSums) -> ArmSums:
    return ArmSums(
        one.trials + other.trials,
        one.values + other.values,
        tuple(left + right for left, right in zip(one.moments, other.moments, strict=True)),
        tuple(left + right for left, right in zip(one.responses, other.responses, strict=True)),
    )


def _posterior(sums: ArmSums) -> Posterior:
    if not sums.responses:
        # A part of the sums may hold a value whose trial is in another; a Beta has no parameter below 1 here.
        return BetaPosterior(1.0 + sums.values / GRID, 1.0 + max(0, sums.trials * GRID - sums.values) / GRID)
    size, square = len(sums.responses), GRID * GRID
    moments = iter(sums.moments)
    a = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row, size):
            a[row][column] = a[column][row] = next(moments) / square + (row == column)
    inverse = inverse_of(a)
    return LinearPosterior(solved(inverse, [response / square for response in sums.responses]), inverse)
