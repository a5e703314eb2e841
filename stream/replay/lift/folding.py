"""Outcomes folded into the runs they tell of. Any order will do, and repeats change nothing."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from stream.model.outcomes import AnyOutcome, Decision, Goal, RunChange
from stream.replay.lift.shapes import Runs

_NEVER_MS: Final = 2**63 - 1


class Reached(NamedTuple):
    """A goal that was reached: when, by which event, and its value where it has one."""

    at_ms: int
    event: str
    value: float | None


class MeasuredRun(msgspec.Struct):
    """What is known of one run: when it was first sent a trigger, or first held out of one, and its goal.

    A trigger that nobody can be held out of, such as a transactional one, says nothing of the arm.
    """

    journey: str
    user: str
    sent_ms: int = _NEVER_MS
    held_out_ms: int = _NEVER_MS
    goals: set[Reached] = msgspec.field(default_factory=set)

    @property
    def touched_ms(self) -> int:
        """Return when all gates but the holdout were first open: from then on the arms may differ."""
        return self.held_out_ms if self.is_held_out else self.sent_ms

    @property
    def is_held_out(self) -> bool:
        """Return whether the run was held out of any trigger."""
        return self.held_out_ms != _NEVER_MS

    @property
    def is_sent(self) -> bool:
        """Return whether the run was sent any trigger."""
        return self.sent_ms != _NEVER_MS


class Unit(NamedTuple):
    """One user as randomised: the journey and arm of the first touch, and the goals reached since.

    `is_early`: the goal of the run had come before the touch, so that it can tell of nothing.
    """

    journey: str
    is_treated: bool
    is_early: bool
    is_switched: bool
    goals: frozenset[Reached]

    @property
    def value(self) -> float:
        """Return the value of all goals, zero where none has any."""
        return sum(goal.value or 0.0 for goal in sorted(self.goals, key=_by_time))


class Fold:
    """Keeps, of each run, the first touch of either arm and its goals; so repeats and order cannot matter."""

    def __init__(self, outcomes: Iterable[AnyOutcome] = ()) -> None:
        self.runs: Final[dict[str, MeasuredRun]] = {}
        for outcome in outcomes:
            self.add(outcome)

    def add(self, outcome: AnyOutcome) -> None:
        """Take in one outcome; segment changes, triggers and withdrawals tell nothing of lift."""
        match outcome:
            case Decision():
                run = self._run(outcome)
                if outcome.verdict in ("sent", "expired") and _was_drawn(outcome):
                    run.sent_ms = min(run.sent_ms, outcome.at_ms)
                elif outcome.verdict == "held_out":
                    run.held_out_ms = min(run.held_out_ms, outcome.at_ms)
            case Goal():
                self._run(outcome).goals.add(Reached(outcome.at_ms, outcome.event, outcome.value))
            case RunChange():
                self._run(outcome)
            case _:
                return

    def journeys(self) -> list[str]:
        """Return the names of the journeys met, sorted."""
        return sorted({run.journey for run in self.runs.values()})

    def units(self, journey: str | None, runs: Runs) -> tuple[list[Unit], int]:
        """Return the users touched in a journey (in any: None), and how many had runs but were never touched."""
        by_user: dict[str, list[tuple[int, str, MeasuredRun]]] = {}
        for run_id, run in self.runs.items():
            if journey is None or run.journey == journey:
                by_user.setdefault(run.user, []).append((run.touched_ms, run_id, run))
        found = [_unit([run for _, _, run in sorted(own)], runs) for own in by_user.values()]
        units = [unit for unit in found if unit is not None]
        return units, len(found) - len(units)

    def _run(self, outcome: Decision | Goal | RunChange) -> MeasuredRun:
        run = self.runs.get(outcome.run_id)
        if run is None:
            run = self.runs[outcome.run_id] = MeasuredRun(outcome.journey, outcome.user_id)
        return run


def _was_drawn(decision: Decision) -> bool:
    """Return whether the user might have been held out instead.

    So was who was to be sent a trigger that expired on its way, since the ghost triggers of an outage do not expire.
    """
    return any(stage.gate == "holdout" for stage in decision.why.stages)


def _unit(own: list[MeasuredRun], runs: Runs) -> Unit | None:
    """Join a user's runs, those touched first in front.

    How often someone enters again depends on what the first run did to them: who was won back leaves no second cart.
    So only the first run compares like with like; of `all`, a goal counts once, however many runs it was the goal of.
    """
    first = own[0]
    if not (first.is_sent or first.is_held_out):
        return None
    measured = own[:1] if runs == "first" else own
    return Unit(
        journey=first.journey,
        is_treated=not first.is_held_out,
        is_early=any(goal.at_ms <= first.touched_ms for goal in first.goals),
        is_switched=_is_switched(own),
        goals=frozenset(goal for run in measured for goal in run.goals if goal.at_ms > first.touched_ms),
    )


def _is_switched(own: list[MeasuredRun]) -> bool:
    """Say whether a user was both sent triggers of a journey and held out of it."""
    sent = {run.journey for run in own if run.is_sent}
    held_out = {run.journey for run in own if run.is_held_out}
    return not sent.isdisjoint(held_out)


def _by_time(goal: Reached) -> tuple[int, str, float]:
    return goal.at_ms, goal.event, goal.value or 0.0
