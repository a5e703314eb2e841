"""Rows about a rolling upgrade that adds a topic: for a while some workers read one topic less than the others."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from functools import cache, partial
from pathlib import Path

from stream.model.calls import encode_call
from stream.runtime.play import Headers, Lanes
from tests.chaos.event_case import Case, Plan, equal_to_oracle, run_case
from tests.chaos.event_rows import ORACLE
from tests.chaos.fleet import Command, Fleet, usual
from tests.chaos.history import PURPOSES, History, of_file
from tests.chaos.row import Finding, Place, Row
from tests.chaos.shop_days import days
from tests.chaos.wall_case import INVARIANTS, WallCase
from tests.chaos.wall_case import run_case as run_wall_case

EVENTS = 60_000
ADDED = "email"
SAYS_WHY = "do all workers of this app read the same topics?"
BETWEEN_S = (3.0, 6.0)
"""Between two replacements: time enough for a group of both to find out, and to settle."""


def older(topic: str) -> Command:
    """Return the command of workers that do not know of a topic."""
    return lambda last: [sys.executable, "-m", "tests.chaos.older", topic, str(last)]


async def roll(fleet: Fleet, command: Command, place: Place) -> list[int]:
    """Replace the workers one by one; those of the old and the new kind share the group meanwhile."""
    codes: list[int] = []
    for slot in fleet.slots:
        code = await fleet.stop_gracefully(slot)
        # It may have found out that it cannot go on, and said so, in the very moment when it was asked to end.
        codes.append(0 if code == 1 and SAYS_WHY in fleet.said_by(slot).rstrip().rpartition("\n")[2] else code)
        fleet.start(slot, command)
        place.say(f"worker {slot} replaced")
        await asyncio.sleep(place.chance.uniform(*BETWEEN_S))
    return codes


def other_reasons(fleet: Fleet) -> list[str]:
    """Say which workers ended by themselves for another reason than the one there may be."""
    return [f"a worker ended for another reason: {end.said}" for end in fleet.unasked if SAYS_WHY not in end.said]


# ---------------------------------------------------------------------------------------------------- the event clock


class HeldLanes:
    """Lanes on which the first record of the added topic waits until its readers are there, as its producers would."""

    def __init__(self, lanes: Lanes, may_begin: asyncio.Event) -> None:
        self._lanes, self._may_begin = lanes, may_begin

    @property
    def partitions(self) -> int:
        return self._lanes.partitions

    async def append(self, topic: str, partition: int, key: bytes | None, value: bytes, headers: Headers) -> None:
        if topic == ADDED and key is not None and not self._may_begin.is_set():
            await self._lanes.flush()
            await self._may_begin.wait()
        await self._lanes.append(topic, partition, key, value, headers)

    async def flush(self) -> None:
        await self._lanes.flush()

    async def release_all(self) -> None:
        """Nothing is held that the player does not wait for."""


@cache
def without_first_mails() -> History:
    """Return a history whose first half has no event of the added topic, which nobody wrote to yet."""
    folder = Path(tempfile.mkdtemp(prefix="stream-chaos-upgrade-"))
    calls = days(EVENTS, PURPOSES)
    kept = [call for number, call in enumerate(calls) if 2 * number > len(calls) or not _is_mail(call.event)]
    (folder / "history.jsonl").write_bytes(b"".join(encode_call(call) + b"\n" for call in kept))
    return of_file(folder / "history.jsonl", folder / "replayed")


def _is_mail(event: str | None) -> bool:
    return event is not None and event.startswith(("Email", "Unsub"))


async def upgrade(place: Place) -> Finding:
    """Begin with workers that do not read the topic, replace them one by one, then let its first records come."""
    may_begin = asyncio.Event()

    async def harm(case: Case) -> None:
        await asyncio.sleep(3)
        begun = time.monotonic()
        codes = await roll(case.fleet, usual, place)
        case.check(not any(codes), f"workers that were asked to end did so with {codes}")
        await case.fleet.ready()
        case.figures |= {"upgrade s": time.monotonic() - begun, "events by its end": case.load.sent}
        may_begin.set()

    async def check(case: Case) -> list[str]:
        case.figures["stopped, saying why"] = len(case.fleet.unasked)
        return [*other_reasons(case.fleet), *await equal_to_oracle(case)]

    played = await asyncio.to_thread(without_first_mails)
    around = partial(HeldLanes, may_begin=may_begin)
    return await run_case(
        place, Plan("upgrade", 50, around=around, played=played, command=older(ADDED), check=check), harm
    )


# ----------------------------------------------------------------------------------------------------- the wall clock


async def upgrade_wall(place: Place) -> Finding:
    """Go back to workers that do not read `rerouted`, then forward again, as often as the row is to."""

    async def harm(case: WallCase) -> None:
        codes: list[int] = []
        slowest_s = 0.0
        for _ in range(place.times):
            for command in (older("rerouted"), usual):
                begun = time.monotonic()
                codes += await roll(case.fleet, command, place)
                await case.fleet.ready()
                slowest_s = max(slowest_s, time.monotonic() - begun)
        case.violations += other_reasons(case.fleet)
        case.check(not any(codes), f"workers that were asked to end did so with {codes}")
        case.figures |= {"slowest roll s": slowest_s, "stopped, saying why": len(case.fleet.unasked)}

    return await run_wall_case(place, "upgrade-wall", harm)


ROWS = [
    Row("upgrade", f"a topic is added while workers are replaced: whoever cannot go on says why; {ORACLE}", 1, upgrade),
    Row(
        "upgrade-wall",
        f"the same with `rerouted`, back and forth: whoever cannot go on says why; {INVARIANTS}",
        2,
        upgrade_wall,
    ),
]
