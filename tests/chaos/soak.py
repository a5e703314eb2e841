"""The soak: an hour of load with a rebalance every minute. `python -m tests.chaos.soak [--minutes 60]`.

Two workers stay for the whole time; a third one joins, leaves, and at times is killed and comes again, one of these
every minute. A shop of the same few thousand users is played at so many events a second, compressed so far that the
longest window (90 days) is full after a quarter of an hour: what must be remembered is constant from then on.

Passes when memory and open files of the two workers are flat after the warm-up (a quarter of the time), no task is
without visible outcomes for more than 30 s, no worker ends by itself, and in the end outcomes, profiles and positions
are those of the pure core over the same story. It brings its own broker. What else runs on the machine makes stalls
longer, which is why it is shown how late this process itself woke up at most.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stream.definitions import load
from stream.runtime.play import LoopPace, Played, Player, PlayOptions
from stream.runtime.play_lanes import PlayFailed, open_lanes
from stream.runtime.settings import Settings
from stream.testkit.files import read_config
from tests.chaos.fleet import Fleet
from tests.chaos.row import Finding, NotInTime, eventually
from tests.chaos.soak_oracle import decide_all, unequal
from tests.chaos.soak_shop import BEGIN_MS, Shop
from tests.chaos.soak_verdict import STEADY, Course, Verdict
from tests.chaos.soak_watch import Watch, stalls
from tests.kafka.broker import Broker
from tests.kafka.conftest import Kafka
from tests.kafka.workers import ROOT, Outcomes, has_no_lag, new_app, recovered

OUT = ROOT / "build" / "soak.json"
LOGS = ROOT / "build" / "soak-logs"
SPEED = 8_640.0
"""Event time over wall time: six days a minute."""

TICK_S = 0.1
GUEST = STEADY
DRAINED_WITHIN_S = 180.0
CYCLE = ("join", "leave", "join", "kill", "leave")


@dataclass(frozen=True)
class Options:
    """How long, how much, and which story."""

    minutes: float = 60.0
    events_per_s: float = 400.0
    shoppers: int = 2_000
    seed: int = 1
    rebalance_every_s: float = 60.0

    def shop(self) -> Shop:
        per_day = self.events_per_s * 86_400 / SPEED
        return Shop(self.seed, self.shoppers, per_day, BEGIN_MS + int(self.minutes * 60_000 * SPEED))


@dataclass(frozen=True)
class Load:
    """What the load is put on, and who is told of it."""

    fleet: Fleet
    watch: Watch
    options: Options
    course: Course
    say: Callable[[str], None]


class TickPace(LoopPace):
    """Waits no less than a tick at once: `stream play` writes a heartbeat everywhere each time it has waited."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(TICK_S, seconds))


async def soak(bootstrap: str, folder: Path, options: Options, say: Callable[[str], None]) -> Finding:
    """Run it on a broker; the figures are in the order of the table."""
    config = ROOT / "config"
    settings = await new_app(
        Kafka(bootstrap), "soak", "event", partitions=6, checkpoint_min_ms=100, compaction_lag_ms=60_000
    )
    course = Course()
    async with Fleet(config, settings, folder, STEADY) as fleet:
        await fleet.ready()
        watch = Watch(fleet)
        try:
            await _under_load(Load(fleet, watch, options, course, say), settings)
        except (NotInTime, PlayFailed, OSError) as trouble:
            # An hour's figures must not be lost by it.
            course.troubles.append(f"{type(trouble).__name__}: {trouble}")
        course.exits += fleet.exits
    say("comparing with the pure core")
    async with Outcomes(settings) as outcomes:
        found = await outcomes.read_to_end()
    right = decide_all(options.shop().records(), load(read_config(config)))
    stamps: dict[int, list[int]] = {task: [] for task in range(settings.partitions)}
    for record in itertools.chain.from_iterable(outcomes.records.values()):
        stamps[record.partition].append(record.timestamp)
    verdict = Verdict(watch, course, stalls(stamps, course.begun_ms, course.ended_ms), options.minutes)
    said = [*await unequal(right, found, settings), *verdict.violations()]
    if right.events != course.played:
        said.append(f"{course.played} events played of {right.events}")
    return Finding(said, {"events": right.events, "outcomes": outcomes.count, **verdict.figures()})


async def _under_load(load: Load, settings: Settings) -> None:
    """Play the story to its end, with a rebalance every minute, and wait until all of it is decided."""
    fleet, course = load.fleet, load.course
    course.begun_ms = course.ended_ms = _now_ms()
    background: list[asyncio.Task[Any]] = []
    background += [asyncio.create_task(load.watch.run()), asyncio.create_task(_rebalance(load))]
    played = Played()
    try:
        async with open_lanes(settings) as lanes:
            player = Player(lanes, PlayOptions(speed=SPEED), pace=TickPace())
            played = player.played
            playing = asyncio.create_task(player.play(load.options.shop().records()))
            background.append(playing)
            await asyncio.wait(background, return_when=asyncio.FIRST_COMPLETED)
            for task in background:
                if task.done():
                    task.result()
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        course.ended_ms, course.played = _now_ms(), played.records
    load.say(f"played {course.played:,} events; waiting until all is decided")
    last_ms = played.last_ms or 0
    await eventually(lambda: _is_all_decided(fleet, settings, last_ms), DRAINED_WITHIN_S, "the end of the story")
    course.codes += [await fleet.stop_gracefully(slot) for slot in list(fleet.slots)]


async def _rebalance(load: Load) -> None:
    """Do one thing to the group after the other, for as long as the load lasts."""
    fleet, course, every_s = load.fleet, load.course, load.options.rebalance_every_s
    for number, what in enumerate(itertools.cycle(CYCLE), 1):
        await asyncio.sleep(course.begun_ms / 1_000 + number * every_s - time.time())
        course.rebalances.append((what, _now_ms()))
        if what == "kill":
            await fleet.kill(GUEST)
        else:
            course.codes += await fleet.resize(STEADY + (what == "join"))
        mib = [f"{_resident_mib(fleet, slot):.0f}" for slot in range(STEADY)]
        load.say(f"minute {number * every_s / 60:.1f}: {what}; the two use {' and '.join(mib)} MiB")


def _resident_mib(fleet: Fleet, slot: int) -> float:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{fleet.member(slot).pid}/statm").read_text().split()[1]) / 256
    return 0.0


async def _is_all_decided(fleet: Fleet, settings: Settings, last_ms: int) -> bool:
    running = [fleet.member(slot) for slot in fleet.slots]
    if not await fleet.is_ready() or not await has_no_lag(list(running)):
        await asyncio.sleep(0.5)
        return False
    _, positions = await recovered(settings)
    return {position.clock_ms for position in positions} == {last_ms}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


# ------------------------------------------------------------------------------------------------------- the command


def main(given: list[str] | None = None) -> int:
    asked = _arguments(given)
    options = Options(asked.minutes, asked.events_per_s, asked.shoppers, asked.seed, asked.rebalance_every)
    begun = time.monotonic()
    # The logs stay for whoever wants to know why.
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    with Broker(heap="1g") as broker:
        finding = asyncio.run(soak(broker.bootstrap, LOGS, options, _say))
    width = max(map(len, finding.figures))
    for name, figure in finding.figures.items():
        _say(f"{name:{width}}  {figure if isinstance(figure, str) else format(figure, ',')}")
    for violation in finding.violations:
        _say(f"VIOLATION: {violation}")
    verdict = "FAILED" if finding.violations else "passed"
    _say(f"soak: {verdict} in {(time.monotonic() - begun) / 60:.1f} minutes")
    report = {"verdict": verdict, "figures": finding.figures, "violations": finding.violations}
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(report, indent=2) + "\n")
    return 1 if finding.violations else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--events-per-s", type=float, default=400.0)
    parser.add_argument("--shoppers", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rebalance-every", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--out", type=Path, default=OUT, help="where the figures go as JSON")
    return parser.parse_args(given)


if __name__ == "__main__":
    sys.exit(main())
