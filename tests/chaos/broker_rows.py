"""Rows in which the broker goes: killed and started again, frozen, or keeping its answers to itself."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from stream.runtime.play import Lanes
from stream.runtime.play_lanes import KafkaLanes
from tests.chaos import event_case, wall_case
from tests.chaos.event_case import Case, Plan, rest
from tests.chaos.event_rows import ORACLE
from tests.chaos.own_broker import own_broker, proxied_broker
from tests.chaos.proxy import FETCH, Rule, Way
from tests.chaos.row import Finding, Place, Row
from tests.chaos.wall_case import INVARIANTS, WallCase
from tests.kafka.broker import Broker

RESUMED_WITHIN_S = 30.0
RESUME_TIMEOUT_S = 90.0
PATIENCE_S = 120.0
SETTLED_WITHIN_S = 10.0
"""What was fetched before the broker fell silent is decided by then, on a busy machine too."""


async def broker_kill(place: Place) -> Finding:
    async with own_broker(place) as (own, broker):

        async def harm(case: Case) -> None:
            slowest_s = start_s = 0.0
            for number in range(place.times):
                await rest(case, 2, 6)
                place.say(f"kill the broker, number {number + 1}, after {case.load.sent:,} events")
                await asyncio.to_thread(broker.kill)
                await rest(case, 0, 4)
                begun = time.monotonic()
                await asyncio.to_thread(broker.start)
                start_s = max(start_s, time.monotonic() - begun)
                slowest_s = max(slowest_s, await case.progress.resumed(time.monotonic(), RESUME_TIMEOUT_S))
            case.check(slowest_s <= RESUMED_WITHIN_S, f"it took {slowest_s:.0f} s until every task committed again")
            case.figures |= {"broker kills": place.times, "slowest start s": start_s, "slowest resume s": slowest_s}

        plan = Plan("broker-kill", 20 + 25 * place.times, around=_patient)
        return await event_case.run_case(own, plan, harm)


class _PatientLanes(KafkaLanes):
    """Gives a play more time than its half a minute: a broker that starts on a busy machine takes as long."""

    async def release_all(self) -> None:
        """Do nothing: no record is held back."""


def _patient(lanes: Lanes) -> _PatientLanes:
    assert isinstance(lanes, KafkaLanes)
    return _PatientLanes(lanes._producer, lanes._prefix, lanes.partitions, patience_seconds=PATIENCE_S)


async def outage(place: Place) -> Finding:
    """Freeze the broker: connections stay, and nothing comes back on them. Half a minute for each time."""
    async with own_broker(place) as (own, broker):

        async def harm(case: WallCase) -> None:
            seconds = 30.0 * place.times
            place.say(f"freeze the broker for {seconds:.0f} s, after {case.load.sent:,} events")
            _signal(broker, signal.SIGSTOP)
            try:
                looks = await _watch_timers(case, seconds)
            finally:
                _signal(broker, signal.SIGCONT)
            resumed_s = await case.progress.resumed(time.monotonic(), RESUME_TIMEOUT_S)
            case.check(resumed_s <= RESUMED_WITHIN_S, f"it took {resumed_s:.0f} s until every task committed again")
            case.figures |= {"outage s": seconds, "looks meanwhile": looks, "resume s": resumed_s}
            await case.fleet.ready()

        return await wall_case.run_case(own, "outage", harm, transaction_timeout_ms=30_000)


def _signal(broker: Broker, number: signal.Signals) -> None:
    assert broker.pid is not None
    os.kill(broker.pid, number)


async def silent(place: Place) -> Finding:
    """Let fetches, or the answers to them, lie while all else goes through: purchases are in the log unseen."""
    async with proxied_broker(place) as (own, proxy):

        async def harm(case: WallCase) -> None:
            looks = 0
            for number in range(place.times):
                way: Way = "response" if number % 2 else "request"
                place.say(f"hold each fetch's {way}, number {number + 1}, after {case.load.sent:,} events")
                proxy.hold(Rule(frozenset({FETCH}), ".*-silent", way))
                looks += await _watch_timers(case, 12)
                proxy.free()
                await case.rest(3, 6)
            held = sum(proxy.held.values())
            case.check(held >= place.times, f"only {held} fetches were held")
            case.check(not case.fleet.unasked, f"{len(case.fleet.unasked)} workers left by themselves")
            case.figures |= {"held": held, "looks meanwhile": looks}

        return await wall_case.run_case(own, "silent", harm)


async def _watch_timers(case: WallCase, seconds: float) -> int:
    """Check for so long that no worker fires a timer, though many are due meanwhile; return how often it was looked."""
    begun, looks = time.monotonic(), 0
    known: dict[int, tuple[float, ...]] = {}
    await asyncio.sleep(min(SETTLED_WITHIN_S, seconds / 2))
    while time.monotonic() - begun < seconds:
        for slot in case.fleet.slots:
            member = case.fleet.member(slot)
            pid, look = member.pid, await member.metrics()
            if pid is None or not look.sum("stream_recovered"):
                continue
            stand = tuple(look.sum(f"stream_{name}") for name in ("timer_backlog", "segment_members", "runs"))
            looks += 1
            if known.setdefault(pid, stand) != stand:
                case.check(False, f"worker {slot} fired timers, or decided events, unseen: {known[pid]}, then {stand}")
                return looks
        await asyncio.sleep(0.25)
    case.check(looks > 0, "no worker could be looked at")
    return looks


ROWS = [
    Row("broker-kill", f"{ORACLE}; every task commits again within 30 s of the broker's return", 10, broker_kill),
    Row("outage", f"{INVARIANTS}; no timer fires meanwhile; every task commits again within 30 s", 4, outage),
    Row("silent", f"{INVARIANTS}; no timer fires while no fetch is answered", 3, silent),
]
