"""Rows on the event clock: workers are killed, scaled, frozen and killed again while they recover."""

from __future__ import annotations

import asyncio
import time

from tests.chaos.event_case import SESSION_TIMEOUT_MS, Case, Plan, rest, run_case
from tests.chaos.row import Finding, Place, Row, eventually

ORACLE = "every outcome is seen once, and these and all profiles are as undisturbed deciding has them"


async def kill_event(place: Place) -> Finding:
    async def harm(case: Case) -> None:
        for _ in range(place.times):
            # Less than a session at times: then the kill meets workers that are just sharing the tasks anew.
            await rest(case, 2, 10)
            slot = place.chance.choice(case.fleet.slots)
            place.say(f"kill worker {slot} after {case.load.sent:,} events")
            await case.fleet.kill(slot)
        killed = [end for end in case.fleet.exits if end.code == -9]
        case.check(len(killed) >= place.times * 0.8, f"only {len(killed)} workers ran when they were to be killed")
        case.figures["kills"] = len(killed)
        await case.fleet.ready()

    return await run_case(place, Plan("kill-event", 5 + 6.2 * place.times), harm)


async def scale(place: Place) -> Finding:
    async def harm(case: Case) -> None:
        slowest_s = 0.0
        for number in range(place.times):
            for size in (3, 1):
                begun = time.monotonic()
                codes = await case.fleet.resize(size)
                case.check(not any(codes), f"workers that were to go ended with {codes}; {case.fleet.said()}")
                await case.fleet.ready()
                slowest_s = max(slowest_s, time.monotonic() - begun)
                await rest(case, 0.2, 1)
            place.say(f"{number + 1} times 1 → 3 → 1, {case.load.sent:,} events")
        case.check(not case.fleet.unasked, f"{len(case.fleet.unasked)} workers left by themselves")
        case.figures |= {"slowest rescaling s": slowest_s}

    async def settle(case: Case) -> None:
        """Compare what all workers together have decided with what was played."""
        decided, repeats = [
            await case.fleet.counted(name, **labels)
            for name, labels in (("stream_events_total", {}), ("stream_dropped_total", {"reason": "duplicate"}))
        ]
        played = case.played
        case.check(
            (decided, repeats) == (len(played.records), played.duplicates),
            f"all workers together took in {decided:,.0f} events, {repeats:,.0f} of them repeats, "
            f"instead of {len(played.records):,} and {played.duplicates:,}",
        )
        case.figures["decided again"] = decided - len(played.records)

    return await run_case(place, Plan("scale", 10 + 9 * place.times, workers=1), harm, settle)


async def freeze(place: Place) -> Finding:
    async def harm(case: Case) -> None:
        longest_s, left = 0.0, 0
        for _ in range(place.times):
            await rest(case, 1, 3)
            slot = place.chance.choice(case.fleet.slots)
            member, before = case.fleet.member(slot), len(case.fleet.exits)
            place.say(f"freeze worker {slot} after {case.load.sent:,} events")
            case.fleet.freeze(slot)
            await _taken_over(case, slot)
            await rest(case, 0, 2)
            thawed, pid = time.monotonic(), member.pid
            case.fleet.thaw(slot)
            await case.fleet.ready()
            longest_s = max(longest_s, time.monotonic() - thawed)
            left += member.pid != pid or len(case.fleet.exits) > before
        case.figures |= {"left": left, "rejoined": place.times - left, "slowest return s": longest_s}

    return await run_case(place, Plan("freeze", 5 + 16 * place.times), harm)


async def _taken_over(case: Case, frozen: int) -> None:
    """Wait past the session time, until the others have all tasks: then the frozen worker is a zombie."""
    await asyncio.sleep(SESSION_TIMEOUT_MS / 1_000)

    async def have_the_others_all() -> bool:
        looks = await case.fleet.looks()
        return sum(look.sum("stream_recovered") for look in looks) == case.settings.partitions

    await eventually(have_the_others_all, 60, f"the others take over from the frozen worker {frozen}")


async def kill_recovery(place: Place) -> Finding:
    async def harm(case: Case) -> None:
        during, usual_s = 0, 6.0
        for number in range(place.times):
            (slot,) = case.fleet.slots
            await case.fleet.kill(slot)
            if number % 2:
                await rest(case, 0, usual_s)
            else:
                await _recovering(case)
            looks = await case.fleet.looks()
            during += any(look.sum("stream_tasks") > look.sum("stream_recovered") for look in looks)
            place.say(f"killed on its way to be ready, {case.load.sent:,} events sent")
            await case.fleet.kill(slot)
            usual_s = await case.fleet.ready()
            await rest(case, 0.5, 2)
        case.check(during > 0, "no kill met a worker that was recovering")
        case.figures |= {"kills": 2 * place.times, "while recovering": during}

    return await run_case(place, Plan("kill-recovery", 10 + 20 * place.times, workers=1), harm)


async def _recovering(case: Case) -> None:
    """Wait until the worker has tasks, which it then recovers."""

    async with asyncio.timeout(60):
        while not any(look.sum("stream_tasks") for look in await case.fleet.looks()):
            await asyncio.sleep(0.005)


ROWS = [
    Row("kill-event", ORACLE, 30, kill_event),
    Row("scale", f"{ORACLE}; and no event is decided by two", 20, scale),
    Row("freeze", f"{ORACLE}; the frozen worker comes back, or says why it leaves", 10, freeze),
    Row("kill-recovery", ORACLE, 10, kill_recovery),
]
