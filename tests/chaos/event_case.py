"""A case on the event clock: workers under load, something that is done to them, and the oracle at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from stream.runtime.settings import Settings
from tests.chaos.fleet import Command, Exit, Fleet, usual
from tests.chaos.history import CONFIG, History, against_oracle, decided, history
from tests.chaos.load import Around, Load, LoadPlan
from tests.chaos.progress import Progress
from tests.chaos.row import Finding, Place
from tests.kafka.workers import Outcomes, new_app

SESSION_TIMEOUT_MS = 6_000
SIZES = (30_000, 100_000, 300_000)
EVENTS_A_SECOND = 1_500
"""The least load: few histories are made, and each is played so that it lasts as long as its row."""


@dataclass(kw_only=True)
class Case(Finding):
    """Workers that are ready and under load. `violations` are for what the oracle cannot see."""

    place: Place
    settings: Settings
    played: History
    fleet: Fleet
    load: Load
    outcomes: Outcomes
    progress: Progress


Harm = Callable[[Case], Awaitable[None]]


Check = Callable[[Case], Awaitable[list[str]]]


async def nothing(case: Case) -> None:
    """What is looked at, beside the oracle, when all workers have ended: nothing."""


async def equal_to_oracle(case: Case) -> list[str]:
    """Say how what was seen, and the state, differ from undisturbed deciding."""
    return await against_oracle(case.played, case.settings, case.outcomes)


@dataclass(frozen=True)
class Plan:
    """How a case is set up: for how many seconds the load lasts at least, and on how many workers of which kind.

    `played` is a history of the row's own, instead of one that lasts. `check` compares when all workers have ended.
    """

    name: str
    seconds: float
    workers: int = 3
    around: Around | None = None
    heartbeat_records: int = 1_000
    more: dict[str, int] = field(default_factory=dict)
    played: History | None = None
    command: Command = usual
    check: Check = equal_to_oracle


def history_lasting(seconds: float) -> History:
    """Return the history for a load of so many seconds."""
    return history(next((size for size in SIZES if size >= seconds * EVENTS_A_SECOND), SIZES[-1]))


async def run_case(place: Place, plan: Plan, harm: Harm, settle: Harm = nothing) -> Finding:
    """Put workers under load, do them harm, let them finish, and compare all with the oracle.

    `settle` looks at the case when all workers have ended. The load goes on while harm is done. Workers may end by
    themselves with 1, saying why; all that are left at the end stop orderly.
    """
    played = plan.played or history_lasting(plan.seconds)
    place.say(f"{len(played.records):,} records over {plan.seconds:.0f} s or longer, {plan.workers} workers")
    settings = await new_case_app(place, plan)
    fleet = Fleet(CONFIG, settings, place.folder, plan.workers, plan.command)
    load = Load(played, settings, LoadPlan(plan.seconds, plan.heartbeat_records, plan.around))
    async with fleet, Outcomes(settings) as outcomes:
        await fleet.ready()
        async with load, Progress(settings) as progress:
            case = Case(
                place=place,
                settings=settings,
                played=played,
                fleet=fleet,
                load=load,
                outcomes=outcomes,
                progress=progress,
            )
            await harm(case)
            case.check(load.is_on, "the load ended before the harm did")
            await load.finish()
            case.figures["longest stall s"] = progress.longest_stall_s
        finished_s = await decided(played, settings, fleet)
        codes = await fleet.resize(0)
        case.check(not any(codes), f"workers stopped at the end with {codes}; {fleet.said()}")
        await settle(case)
        case.violations += unexplained(fleet.unasked)
        case.violations += await plan.check(case)
    own = {"events": played.events, "outcomes": played.outcome_count, "caught up s": finished_s}
    left = {"left by themselves": len(fleet.unasked)} if fleet.unasked else {}
    return Finding(case.violations, {**own, **case.figures, **left})


async def new_case_app(place: Place, plan: Plan) -> Settings:
    """Return the settings of an app of its own, quick to notice what is dead.

    Its tasks are always in a transaction while there is load, so that what is done to them meets an open one.
    """
    quick = {
        "checkpoint_min_ms": 0,
        "session_timeout_ms": SESSION_TIMEOUT_MS,
        "heartbeat_interval_ms": 500,
        "transaction_timeout_ms": 10_000,
    }
    return await new_app(place.kafka, plan.name, "event", **{**quick, **plan.more})


def unexplained(exits: list[Exit]) -> list[str]:
    """Return the ends that nobody asked for and that say no reason."""
    return [
        f"worker {end.slot} ended with {end.code} after {end.lived_s:.0f} s without a reason; {end.said}"
        for end in exits
        if end.code != 1 or "Error: the worker stopped: " not in end.said
    ]


async def rest(case: Case, least_s: float, most_s: float) -> None:
    await asyncio.sleep(case.place.chance.uniform(least_s, most_s))
