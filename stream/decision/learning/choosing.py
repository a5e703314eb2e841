"""Choosing one of several actions, and how likely that choice was.

A share of choices explores: it is spread evenly over the admissible arms. The rest goes by the policy:
- `fixed`: the first admissible arm, and of `best_channel`, which whoever asks puts first.
- `thompson`: each arm as often as it is the best one, given its Beta posterior (Thompson 1933). The chances are
  integrated and one number is drawn, where the textbook draws a rate per arm: the same odds, and they are known.
- `linucb`: the arm of the highest upper confidence bound, disjoint linear models (Li, Chu, Langford and Schapire 2010,
  "A Contextual-Bandit Approach to Personalized News Article Recommendation", algorithm 1).

The chances are rounded to billionths, and so is the number drawn, which is the start of a SHA-256: what is written down
as the propensity is just the chance with which the arm is drawn, and the last bits of a machine's logarithms matter to
one choice in 10^9. `linucb` adds, multiplies and takes roots only, which are the same everywhere.
"""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from math import fsum, isfinite, sqrt
from operator import mul
from typing import Final, assert_never

import msgspec

from stream.decision.learning.best_arm import best_chances
from stream.definitions.choosing import ChooseRule, Feature
from stream.model.reference import BetaPosterior, LinearPosterior, Posterior

GRID: Final = 1 << 16
"""What is learnt from is kept in 65,536ths, so that sums of it are whole numbers: exact, in whatever order."""

_BILLION: Final = 10**9
_NOTHING_KNOWN: Final = BetaPosterior()


class Choice(msgspec.Struct, frozen=True):
    """The arm that was drawn, and the chance it had."""

    arm: str
    propensity: float


def choose(
    rule: ChooseRule, posteriors: Mapping[str, Posterior], arms: Sequence[str], context: Sequence[float], draw_id: str
) -> Choice:
    """Return the arm drawn for `draw_id` from the admissible `arms`, in the order written; there is at least one.

    `posteriors` are those of the snapshot; an arm without one, or with one that another rule learnt, is one of which
    nothing is known. `context` comes from `context_of`, and is empty but for `linucb`. The same draw's id gives the
    same choice: take one that nothing else is drawn by. Raises ValueError where no arm is admissible.
    """
    billionths = _billionths(rule, posteriors, arms, context)
    drawn = _drawn(draw_id)
    for arm, share, reached in zip(arms, billionths, accumulate(billionths), strict=True):
        if drawn < reached:
            return Choice(arm, share / _BILLION)
    raise AssertionError("the shares of all arms come to one")


def propensities(
    rule: ChooseRule, posteriors: Mapping[str, Posterior], arms: Sequence[str], context: Sequence[float]
) -> list[float]:
    """Return the chance with which `choose` draws each of the arms; in billionths they come to one."""
    return [share / _BILLION for share in _billionths(rule, posteriors, arms, context)]


def context_of(features: Sequence[Feature], values: Sequence[float | None]) -> tuple[float, ...]:
    """Return what `linucb` chooses by and learns from: 1, then two numbers for each feature.

    The first is the value as a part of the feature's scale, from -1 to 1, in steps of 1/65,536; the second says whether
    it is missing. A value unknown (None, or not finite) is 0 and missing, so that not to know has a weight of its own.
    """
    context = [1.0]
    for feature, value in zip(features, values, strict=True):
        if value is None or not isfinite(value):
            context += (0.0, 1.0)
        else:
            context += (round(max(-1.0, min(1.0, value / feature.scale)) * GRID) / GRID, 0.0)
    return tuple(context)


def learning_key(journey: str, step: str, goal: str, rule: ChooseRule) -> str:
    """Return under which key a `choose` step learns.

    Arms may come and go, `explore` and `alpha` may change; with another goal or other features it begins anew.
    """
    asked = [goal, *(f"{feature.name}\x1f{feature.scale!r}" for feature in rule.features)]
    digest = hashlib.sha256("\x1e".join(asked).encode()).hexdigest()
    return f"{journey}/{step}/{digest[:8]}"


def _drawn(draw_id: str) -> int:
    """Return a number from 0 to 10^9 - 1, each as likely."""
    return int.from_bytes(hashlib.sha256(draw_id.encode()).digest()[:8]) * _BILLION >> 64


def _billionths(
    rule: ChooseRule, posteriors: Mapping[str, Posterior], arms: Sequence[str], context: Sequence[float]
) -> list[int]:
    """Round where each arm's share ends, not the shares, so that these come to one."""
    if not arms:
        raise ValueError("there is no admissible arm to choose")
    even = rule.explore / len(arms)
    shares = [even + (1.0 - rule.explore) * chance for chance in _by_policy(rule, posteriors, arms, context)]
    ends = [round(_BILLION * fsum(shares[: number + 1])) for number in range(len(arms) - 1)]
    return [end - start for start, end in pairwise([0, *ends, _BILLION])]


def _by_policy(
    rule: ChooseRule, posteriors: Mapping[str, Posterior], arms: Sequence[str], context: Sequence[float]
) -> Sequence[float]:
    match rule.policy:
        case "fixed" | "best_channel":  # whoever asks puts the best channel first
            return _all_to(0, len(arms))
        case "thompson":
            return best_chances(tuple(_beta(posteriors.get(arm)) for arm in arms)) if len(arms) > 1 else (1.0,)
        case "linucb":
            bounds = [_upper_bound(posteriors.get(arm), context, rule.alpha) for arm in arms]
            return _all_to(bounds.index(max(bounds)), len(arms))
        case _:
            assert_never(rule.policy)


def _all_to(chosen: int, count: int) -> list[float]:
    return [float(number == chosen) for number in range(count)]


def _beta(posterior: Posterior | None) -> tuple[float, float]:
    known = posterior if isinstance(posterior, BetaPosterior) else _NOTHING_KNOWN
    return known.alpha, known.beta


def _upper_bound(posterior: Posterior | None, context: Sequence[float], alpha: float) -> float:
    """Return theta x + alpha sqrt(x' A^-1 x); where nothing is known, theta is 0 and A the identity."""
    if not isinstance(posterior, LinearPosterior) or len(posterior.theta) != len(context):
        return alpha * sqrt(_dot(context, context))
    spread = _dot(context, [_dot(row, context) for row in posterior.inverse])
    return _dot(posterior.theta, context) + alpha * sqrt(max(0.0, spread))


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    """`fsum`, since `sum` adds up floats otherwise from one version of Python to another."""
    return fsum(map(mul, left, right))
