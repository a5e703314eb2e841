"""What was measured, as it is written to JSON. Shares are fractions; money is in major units of the shop's currency."""

from typing import Literal

import msgspec

Runs = Literal["first", "all"]
"""Which of a user's runs are measured: the first in which they could be acted on, or all from then on."""


class Arm(msgspec.Struct, frozen=True):
    """The users of one arm, how many of them reached the goal, and its value in total (null where goals have none)."""

    users: int
    reached: int
    value: float | None


class Relative(msgspec.Struct, frozen=True):
    """A difference as a fraction of what those held out did: 0.42 is 42 % more. The interval is of 95 %."""

    change: float
    se: float
    low: float
    high: float


class Estimate(msgspec.Struct, frozen=True):
    """The mean a user of either arm, their difference with its standard error and 95 % interval, and how odd it is.

    Of conversion, means are shares: a difference of 0.0766 is 7.66 percentage points. `p` is two-sided, null where
    nobody differs from anybody else. `df` are Welch's degrees of freedom, null where the normal distribution was used.
    """

    treated: float
    held_out: float
    difference: float
    se: float
    low: float
    high: float
    p: float | None
    df: float | None
    relative: Relative | None


class Split(msgspec.Struct, frozen=True):
    """The share of users held out, and, where the configured one was given, how odd the split is (chi-square)."""

    held_out: float
    configured: float | None = None
    chi_square: float | None = None
    p: float | None = None


class JourneyLift(msgspec.Struct, frozen=True, kw_only=True):
    """The lift of one journey, or of all together (`journey` is empty then). Each user is counted once.

    Not counted: users who were never to be sent anything (`untouched`), and those whose goal came before that
    (`early`). `switched` had triggers both sent and held out; they are counted, in the arm of their first run.
    """

    journey: str
    treated: Arm
    held_out: Arm
    split: Split | None
    conversion: Estimate | None
    value: Estimate | None
    untouched: int
    early: int
    switched: int
    warnings: list[str]


class Lift(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="lift.v1"):
    """The lift of the journeys whose outcomes were read; `together` where there is more than one."""

    runs: Runs
    journeys: list[JourneyLift]
    together: JourneyLift | None
