"""A case on the event clock with a history and workers of its own, for rows about the fate of single records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from stream.runtime.settings import Settings
from tests.chaos.event_case import Plan, new_case_app, unexplained
from tests.chaos.fleet import Command, Fleet, usual
from tests.chaos.history import CONFIG, History, against_oracle, decided
from tests.chaos.load import Load, LoadPlan
from tests.chaos.progress import Progress
from tests.chaos.row import Finding, Place
from tests.kafka.workers import Outcomes


@dataclass(kw_only=True)
class Case:
    """Workers that are ready and under load."""

    place: Place
    settings: Settings
    played: History
    fleet: Fleet
    load: Load
    outcomes: Outcomes
    codes: list[int] = field(default_factory=list)
    figures: dict[str, str | float] = field(default_factory=dict)


Harm = Callable[[Case], Awaitable[None]]
Check = Callable[[Case], Awaitable[list[str]]]


async def equal_to_oracle(case: Case) -> list[str]:
    """Say how what was seen, and the state, differ from undisturbed deciding."""
    return await against_oracle(case.played, case.settings, case.outcomes)


@dataclass(frozen=True)
class Script:
    """What is played to which workers, what is done to them meanwhile, and what is looked at when all have ended."""

    plan: Plan
    played: History
    harm: Harm
    check: Check = equal_to_oracle
    command: Command = usual


async def run_script(place: Place, script: Script) -> Finding:
    """Follow it; workers that end by themselves have to say why, and the last ones stop orderly."""
    plan, played = script.plan, script.played
    place.say(f"{len(played.records):,} records over {plan.seconds:.0f} s or longer, {plan.workers} workers")
    settings = await new_case_app(place, plan)
    fleet = Fleet(CONFIG, settings, place.folder, plan.workers, script.command)
    async with fleet, Outcomes(settings) as outcomes:
        await fleet.ready()
        load = Load(played, settings, LoadPlan(plan.seconds, plan.heartbeat_records, plan.around))
        case = Case(place=place, settings=settings, played=played, fleet=fleet, load=load, outcomes=outcomes)
        async with load, Progress(settings) as progress:
            await script.harm(case)
            is_on = load.is_on
            await load.finish()
        await decided(played, settings, fleet)
        case.codes += await fleet.resize(0)
        violations = [*unexplained(fleet.unasked), *await script.check(case)]
    if any(case.codes):
        violations.append(f"workers that were asked to end did so with {case.codes}; {fleet.said()}")
    if not is_on:
        violations.append("the load ended before the harm did")
    own = {"events": played.events, "outcomes": played.outcome_count}
    return Finding(violations, {**own, **case.figures, "longest stall s": progress.longest_stall_s})
