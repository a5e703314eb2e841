"""Rows in which transactions go wrong: held up on the network, timed out, or refused for the size of a record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from stream.runtime.topics import changelog_topic
from tests.chaos import event_case, wall_case
from tests.chaos.event_case import Case, Plan, rest
from tests.chaos.event_rows import ORACLE
from tests.chaos.own_broker import largest_batch, proxied_broker
from tests.chaos.proxy import END_TRANSACTION, PRODUCE, TRANSACTIONS, Proxy, Rule, Way
from tests.chaos.row import Finding, Place, Row, eventually
from tests.chaos.wall_case import INVARIANTS, WallCase

RESUME_TIMEOUT_S = 180.0
WRITERS = r".*-\d+"
"""Client ids of the workers' transactional producers: the app, a dash and the task's number."""


async def delays(place: Place) -> Finding:
    """Kill workers whose transactions, or the answers to them, are on their way for seconds; on the event clock."""
    async with proxied_broker(place) as (own, proxy):

        async def harm(case: Case) -> None:
            await _kill_amid_delays(case, proxy)

        return await event_case.run_case(own, Plan("delays", 10 + 14 * place.times), harm)


async def delays_wall(place: Place) -> Finding:
    """Do the same on the wall clock."""
    async with proxied_broker(place) as (own, proxy):

        async def harm(case: WallCase) -> None:
            await _kill_amid_delays(case, proxy)

        return await wall_case.run_case(own, "delays-wall", harm)


async def _kill_amid_delays(case: Case | WallCase, proxy: Proxy) -> None:
    place, slowest_s = case.place, 0.0
    for number in range(place.times):
        way: Way = "response" if number % 2 else "request"
        proxy.hold(Rule(TRANSACTIONS, WRITERS, way, 0.3, 0.5, 5.0))
        await asyncio.sleep(place.chance.uniform(2, 5))
        slot = place.chance.choice(case.fleet.slots)
        place.say(f"kill worker {slot} amid delays, number {number + 1}, after {case.load.sent:,} events")
        killed = time.monotonic()
        await case.fleet.kill(slot)
        await asyncio.sleep(place.chance.uniform(0, 3))
        proxy.free()
        slowest_s = max(slowest_s, await case.progress.resumed(killed, RESUME_TIMEOUT_S))
    case.figures |= {**_held(case, proxy), "slowest resume s": slowest_s}


def _held(case: Case | WallCase, proxy: Proxy) -> dict[str, str | float]:
    held = sum(proxy.held.values())
    case.check(held >= case.place.times, f"only {held} requests were held up")
    return {"held up": held}


def _more_exits(case: Case, before: int) -> Callable[[], Awaitable[bool]]:
    async def has_one_left() -> bool:
        return any(not end.asked for end in case.fleet.exits[before:])

    return has_one_left


async def timeouts(place: Place) -> Finding:
    """Hold up requests for longer than a transaction may last: the broker ends it, and the worker must not go on."""
    async with proxied_broker(place) as (own, proxy):

        async def harm(case: Case) -> None:
            slowest_s = 0.0
            for number in range(place.times):
                before = len(case.fleet.exits)
                kinds = frozenset({END_TRANSACTION if number % 2 else PRODUCE})
                place.say(f"let transactions time out, number {number + 1}, after {case.load.sent:,} events")
                proxy.hold(Rule(kinds, WRITERS, "request", 0.5, 4.0, 8.0))
                await eventually(_more_exits(case, before), 30, "a worker whose transactions time out stops")
                freed = time.monotonic()
                proxy.free()
                slowest_s = max(slowest_s, await case.progress.resumed(freed, RESUME_TIMEOUT_S))
                await rest(case, 1, 3)
            case.figures |= {**_held(case, proxy), "slowest resume s": slowest_s}

        plan = Plan("timeouts", 10 + 14 * place.times, more={"transaction_timeout_ms": 3_000})
        return await event_case.run_case(own, plan, harm)


async def oversize(place: Place) -> Finding:
    """Let the broker refuse what a checkpoint writes: the worker stops, names it, and nothing of it is seen."""

    async def harm(case: Case) -> None:
        prefix = case.settings.topic_prefix
        topics = [f"{prefix}triggers", f"{prefix}segment-changes", changelog_topic(case.settings)]
        slowest_s = 0.0
        for number in range(place.times):
            topic, before = topics[number % len(topics)], len(case.fleet.exits)
            place.say(f"let {topic} take no record, after {case.load.sent:,} events")
            async with largest_batch(case.settings.brokers, topic, 100):
                await eventually(_more_exits(case, before), 60, f"a worker stops as {topic} takes no record")
            told = [end.said for end in case.fleet.exits[before:]]
            case.check(any(f"{topic} takes no record of " in said for said in told), f"{topic} is not named: {told}")
            slowest_s = max(slowest_s, await case.progress.resumed(time.monotonic(), RESUME_TIMEOUT_S))
        case.figures |= {"refused": place.times, "slowest resume s": slowest_s}

    return await event_case.run_case(place, Plan("oversize", 10 + 15 * place.times), harm)


ROWS = [
    Row("delays", ORACLE, 5, delays),
    Row("delays-wall", INVARIANTS, 2, delays_wall),
    Row("timeouts", f"{ORACLE}; a worker whose transactions time out stops", 2, timeouts),
    Row("oversize", f"{ORACLE}; the worker stops and names the topic, until it takes the record", 1, oversize),
]
