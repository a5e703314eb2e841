"""Rows on the wall clock: workers are killed, and brokers fall silent, while carts are filled and abandoned."""

from __future__ import annotations

import time

from tests.chaos.row import Finding, Place, Row
from tests.chaos.wall_case import INVARIANTS, WallCase, run_case

RESUME_TIMEOUT_S = 180.0
"""Usually it takes a session time and a second or two; how long it took stands in the table."""


async def kill_wall(place: Place) -> Finding:
    async def harm(case: WallCase) -> None:
        slowest_s = 0.0
        for number in range(place.times):
            # Less than it takes to go on at times: then the kill meets workers that are just sharing the tasks anew.
            await case.rest(0, 4)
            slot = place.chance.choice(case.fleet.slots)
            place.say(f"kill worker {slot}, number {number + 1}, after {case.load.sent:,} events")
            killed = time.monotonic()
            await case.fleet.kill(slot)
            if place.chance.random() < 0.8:
                slowest_s = max(slowest_s, await case.progress.resumed(killed, RESUME_TIMEOUT_S))
        await case.fleet.ready()
        kills = sum(end.code == -9 for end in case.fleet.exits)
        case.check(kills >= place.times * 0.8, f"only {kills} workers ran when they were to be killed")
        case.figures |= {"kills": kills, "slowest resume s": slowest_s}

    return await run_case(place, "kill-wall", harm)


ROWS = [Row("kill-wall", INVARIANTS, 20, kill_wall)]
