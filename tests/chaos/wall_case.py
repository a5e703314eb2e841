"""A case on the wall clock: workers under live load, something that is done to them, and the invariants at the end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from stream.definitions import load as load_definitions
from stream.model.profile import due_ms_of
from stream.runtime.settings import Settings
from stream.testkit.files import read_config
from tests.chaos.event_case import SESSION_TIMEOUT_MS, unexplained
from tests.chaos.fleet import Fleet
from tests.chaos.progress import Progress
from tests.chaos.row import Finding, NotInTime, Place, eventually
from tests.chaos.wall_invariants import OVERDUE_MS, violations
from tests.chaos.wall_load import WallLoad, quick_config
from tests.kafka.workers import new_app, recovered

INVARIANTS = (
    "each checkpoint is what comes of the one before and its events, outcomes included; no timer fires over an event "
    "in the log, each id is seen once, nothing is lost"
)

EVENTS_A_SECOND = 300.0
QUIET_S = 6.0
"""Between the last event and the end: carts are abandoned meanwhile, by timers alone."""

DONE_TIMEOUT_S = 180.0


@dataclass(kw_only=True)
class WallCase(Finding):
    """Workers that are ready and under load. `violations` are for what the invariants cannot see."""

    place: Place
    settings: Settings
    fleet: Fleet
    load: WallLoad
    progress: Progress

    async def rest(self, least_s: float, most_s: float) -> None:
        await asyncio.sleep(self.place.chance.uniform(least_s, most_s))


Harm = Callable[[WallCase], Awaitable[None]]


async def run_case(place: Place, name: str, harm: Harm, **more: int) -> Finding:
    """Put three workers under load, do them harm, let them finish, and check the invariants; `more` are settings."""
    quick = {"session_timeout_ms": SESSION_TIMEOUT_MS, "heartbeat_interval_ms": 500, "transaction_timeout_ms": 10_000}
    settings = await new_app(place.kafka, name, "wall", **{**quick, **more})
    config = quick_config(place.folder / "config")
    fleet = Fleet(config, settings, place.folder, 3)
    load = WallLoad(settings.brokers, settings.topic_prefix, place.chance, EVENTS_A_SECOND)
    async with fleet:
        await fleet.ready()
        async with load, Progress(settings) as progress:
            case = WallCase(place=place, settings=settings, fleet=fleet, load=load, progress=progress)
            # Long enough for carts to be abandoned, and for journeys to go on.
            await asyncio.sleep(10)
            await harm(case)
            case.figures["longest stall s"] = progress.longest_stall_s
            await load.stop(DONE_TIMEOUT_S)
        await eventually(lambda: _has_no_lag(fleet), DONE_TIMEOUT_S, "nothing is left to be decided")
        await asyncio.sleep(QUIET_S)
        with contextlib.suppress(NotInTime):
            # Where they don't fire, the invariants say whose.
            await eventually(
                lambda: _has_fired_what_is_due(settings), DONE_TIMEOUT_S, "timers that were due have fired"
            )
        codes = await fleet.resize(0)
        case.check(not any(codes), f"workers stopped at the end with {codes}; {fleet.said()}")
        case.violations += unexplained(fleet.unasked)
        said, figures = await violations(settings, load_definitions(read_config(config)))
    left: dict[str, str | float] = {"left by themselves": len(fleet.unasked)} if fleet.unasked else {}
    return Finding([*case.violations, *said], {**figures, **case.figures, **left})


async def _has_fired_what_is_due(settings: Settings) -> bool:
    """Whether no committed profile has a timer that was due for a while: a busy machine may take its time."""
    profiles, _ = await recovered(settings)
    overdue_ms = time.time_ns() // 1_000_000 - settings.lateness_ms - OVERDUE_MS // 2
    return all(due_ms_of(encoded) > overdue_ms for encoded in profiles.values())


async def _has_no_lag(fleet: Fleet) -> bool:
    if not await fleet.is_ready():
        return False
    return not any(look.sum("stream_lag_records") for look in await fleet.looks())
