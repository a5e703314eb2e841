"""Outcomes of runs, as a replay writes them."""

from collections.abc import Iterator

from stream.model.outcomes import AnyOutcome, Decision, Goal, RunChange, Stage, Verdict, Why
from stream.replay.lift.folding import Fold
from stream.replay.lift.measuring import measure
from stream.replay.lift.shapes import JourneyLift, Runs

JOURNEY = "cart_recovery"
HOUR_MS = 3_600_000


def decision(user: str, verdict: Verdict, at_ms: int = HOUR_MS, run: str = "1", journey: str = JOURNEY) -> Decision:
    run_id = f"{journey}-{user}-{run}"
    return Decision(
        id=f"{run_id}-{at_ms}-{verdict}",
        user_id=user,
        at_ms=at_ms,
        verdict=verdict,
        journey=journey,
        run_id=run_id,
        step="0",
        action="email",
        why=Why("time", stages=[Stage("holdout", verdict == "sent")] if verdict in {"sent", "held_out"} else []),
    )


def goal(
    user: str, at_ms: int = 2 * HOUR_MS, value: float | None = None, run: str = "1", journey: str = JOURNEY
) -> Goal:
    run_id = f"{journey}-{user}-{run}"
    return Goal(
        id=f"{run_id}-goal",
        user_id=user,
        at_ms=at_ms,
        journey=journey,
        run_id=run_id,
        event="order_completed",
        value=value,
    )


def started(user: str, at_ms: int = 0, run: str = "1", journey: str = JOURNEY) -> RunChange:
    run_id = f"{journey}-{user}-{run}"
    return RunChange(
        id=f"{run_id}-started",
        user_id=user,
        at_ms=at_ms,
        change="started",
        journey=journey,
        run_id=run_id,
        reason="e1",
        version="v",
    )


def arms(treated: tuple[int, int], held_out: tuple[int, int], journey: str = JOURNEY) -> Iterator[AnyOutcome]:
    """Yield the records of so many who reached the goal, of so many users, in either arm."""
    split: list[tuple[Verdict, tuple[int, int]]] = [("sent", treated), ("held_out", held_out)]
    for verdict, (reached, users) in split:
        for number in range(users):
            user = f"{journey}-{verdict}-{number}"
            yield decision(user, verdict, journey=journey)
            if number < reached:
                yield goal(user, journey=journey)


def lift_of(*outcomes: AnyOutcome, runs: Runs = "first", holdout: float | None = None) -> JourneyLift:
    """Return the lift of the one journey that the outcomes are of."""
    configured = {} if holdout is None else {JOURNEY: holdout}
    (found,) = measure(Fold(outcomes), configured, runs).journeys
    return found
