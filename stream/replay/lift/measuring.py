"""Lift: the arms of each journey counted and compared."""

import math
from collections.abc import Mapping, Sequence

import msgspec

from stream.decision.buckets import BUCKETS
from stream.definitions.shapes import Definitions
from stream.replay.lift.doubts import doubts
from stream.replay.lift.estimating import (
    USERS_MIN,
    Stratum,
    means_compared,
    reached_sample,
    shares_compared,
    skewness,
    split_of,
    value_sample,
)
from stream.replay.lift.folding import Fold, Unit
from stream.replay.lift.shapes import Arm, JourneyLift, Lift, Runs


def measure(fold: Fold, configured: Mapping[str, float], runs: Runs = "first", journey: str | None = None) -> Lift:
    """Return the lift of each journey and of all together, or of one; `configured` are shares held out, by journey.

    Who had all gates open for a trigger is compared with who would have had: not with those who never got so far, as
    they are others (Johnson, Lewis and Nubbemeyer 2017, Ghost Ads, doi:10.1509/jmr.15.0297).
    """
    names = fold.journeys() if journey is None else [journey]
    journeys = [_lift_of(fold, name, runs, configured.get(name)) for name in names]
    return Lift(runs=runs, journeys=journeys, together=_lift_of(fold, None, runs, None) if len(names) > 1 else None)


def shares_of(definitions: Definitions) -> dict[str, float]:
    """Return the share held out of each journey that holds anyone out: by its own draw, or by that of everything."""
    holdout, shares = definitions.policy.holdout, dict[str, float]()
    for name, journey in definitions.journeys.items():
        own = holdout.journeys if journey.holdout is None else journey.holdout
        shares[name] = 1 - (1 - holdout.everything / BUCKETS) * (1 - own / BUCKETS)
    return {name: share for name, share in shares.items() if 0 < share < 1}


def _lift_of(fold: Fold, journey: str | None, runs: Runs, configured: float | None) -> JourneyLift:
    touched, untouched = fold.units(journey, runs)
    units = [unit for unit in touched if not unit.is_early]
    treated, held_out = _arms(units)
    strata = _strata(units)
    has_value = any(goal.value is not None for unit in units for goal in unit.goals)
    shares = [_shares(own) for own in strata]
    values = [_values(own) for own in strata] if has_value else []
    found = JourneyLift(
        journey=journey or "",
        treated=_arm(treated, has_value=has_value),
        held_out=_arm(held_out, has_value=has_value),
        split=split_of(len(treated), len(held_out), configured) if units else None,
        conversion=shares_compared(shares) if shares else None,
        value=means_compared(values) if values else None,
        untouched=untouched,
        early=len(touched) - len(units),
        switched=sum(unit.is_switched for unit in units),
        warnings=[],
    )
    not_compared = len(units) - sum(map(len, strata))
    warnings = doubts(found, skewness(values) if values else 0.0, not_compared)
    return msgspec.structs.replace(found, warnings=warnings)


def _strata(units: Sequence[Unit]) -> list[list[Unit]]:
    """Return the users by journey; left out are journeys that have too few in an arm to be compared."""
    by_journey: dict[str, list[Unit]] = {}
    for unit in units:
        by_journey.setdefault(unit.journey, []).append(unit)
    return [own for _, own in sorted(by_journey.items()) if min(map(len, _arms(own))) >= USERS_MIN]


def _arms(units: Sequence[Unit]) -> tuple[list[Unit], list[Unit]]:
    return [unit for unit in units if unit.is_treated], [unit for unit in units if not unit.is_treated]


def _shares(units: Sequence[Unit]) -> Stratum:
    treated, held_out = (reached_sample(len(arm), _reached(arm)) for arm in _arms(units))
    return Stratum(treated, held_out)


def _values(units: Sequence[Unit]) -> Stratum:
    treated, held_out = (value_sample(len(arm), [unit.value for unit in arm if unit.goals]) for arm in _arms(units))
    return Stratum(treated, held_out)


def _arm(units: Sequence[Unit], *, has_value: bool) -> Arm:
    value = math.fsum(unit.value for unit in units) if has_value else None
    return Arm(len(units), _reached(units), value)


def _reached(units: Sequence[Unit]) -> int:
    return sum(bool(unit.goals) for unit in units)
