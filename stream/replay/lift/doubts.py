"""What makes a measured lift doubtful, said to people."""

from collections.abc import Iterator
from typing import Final

from stream.replay.lift.estimating import SKEWNESS_MAX, USERS_MIN
from stream.replay.lift.shapes import JourneyLift, Split

REACHED_MIN: Final = 10
"""Users who reach the goal, and users who miss it, that an arm needs for its share to be about normally distributed:
the success-failure condition (Diez, Çetinkaya-Rundel and Barr, OpenIntro Statistics, 4th edition, section 6.1)."""

SPLIT_P_MIN: Final = 0.001
"""How odd a split may be: Kohavi, Tang and Xu 2020, Trustworthy Online Controlled Experiments, chapter 21."""


def doubts(found: JourneyLift, skewness: float, not_compared: int) -> list[str]:
    """Return why not to trust a lift. `skewness` is that of the difference in value; `not_compared` counts users."""
    return [*_of_the_arms(found, not_compared), *_of_the_intervals(found, skewness), *_of_the_split(found.split)]


def _of_the_arms(found: JourneyLift, not_compared: int) -> Iterator[str]:
    treated, held_out = found.treated.users, found.held_out.users
    if not treated and not held_out:
        yield "nobody was sent a trigger that others are held out of, or held out of one"
    elif not held_out:
        yield "nobody was held out, so there is nothing to compare with"
    elif not treated:
        yield "all were held out, so there is nothing to compare with"
    elif found.conversion is None:
        yield f"an arm needs {USERS_MIN} users at least"
    elif not_compared:
        yield f"{_users(not_compared)} of journeys without {USERS_MIN} users in either arm are not compared"
    if found.switched:
        yield (
            f"{_users(found.switched)} had triggers both sent and held out, as if the holdout had been changed "
            "meanwhile; they count in the arm of their first run"
        )


def _of_the_intervals(found: JourneyLift, skewness: float) -> Iterator[str]:
    if found.conversion is None:
        return
    arms = found.treated, found.held_out
    if not any(arm.reached for arm in arms):
        yield "the goal was reached by nobody; has the journey one?"
    elif min(min(arm.reached, arm.users - arm.reached) for arm in arms) < REACHED_MIN:
        yield f"in an arm fewer than {REACHED_MIN} users reached the goal, or missed it: too few to rely on"
    if abs(skewness) > SKEWNESS_MAX:
        yield "a few great values weigh too much among so few users: the interval of the value is rough"


def _of_the_split(split: Split | None) -> Iterator[str]:
    if split is not None and split.configured is not None and split.p is not None and split.p < SPLIT_P_MIN:
        yield (
            f"{split.held_out:.2%} are held out where {split.configured:.2%} are configured (p = {split.p:.2g}): "
            "the arms are not split by chance alone, so the lift is not to be believed"
        )


def _users(count: int) -> str:
    return f"{count:,} user" + ("" if count == 1 else "s")
