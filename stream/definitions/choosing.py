"""How a `choose` step picks one of its actions, as checked values."""

from typing import Final, Literal

import msgspec

ChoosePolicy = Literal["fixed", "best_channel", "thompson", "linucb"]
"""`fixed`: the first admissible action. The others learn from goals, `linucb` by features of whom it chooses for."""

FEATURES_MOST: Final = 16
"""An arm's sums grow with the square of the features, the work of a snapshot with their cube."""

LEARNING: Final = frozenset({"thompson", "linucb"})
"""The policies that learn from what came of their choices."""


class Feature(msgspec.Struct, frozen=True):
    """What `linucb` looks at: a value of the profile, which counts as a part of `scale`, at most 1 and at least -1."""

    name: str
    scale: float = 1.0


class ChooseRule(msgspec.Struct, frozen=True):
    """How to pick an action; `explore` is the share of choices, 0 to 1, that is spread evenly over the admissible.

    There are at most `FEATURES_MOST` features. `alpha` is how much `linucb` prefers what it knows little of: 1 +
    sqrt(ln(2 / d) / 2) keeps its bound with a chance of 1 - d (Li et al. 2010); in practice less serves.
    """

    policy: ChoosePolicy
    explore: float = 0.0
    alpha: float = 1.0
    features: tuple[Feature, ...] = ()
