"""Rows on the event clock: workers come back to lost offsets, a compacted changelog, days of backlog, skewed inputs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial

import msgspec

from stream.model.events import TOPICS
from stream.runtime.play import Lanes
from tests.chaos.broker_state import compact_changelog, compacted_share, delete_group, group_offsets
from tests.chaos.event_case import Case, Plan, rest, run_case
from tests.chaos.row import Finding, Place, Row, eventually
from tests.chaos.shop_days import DAY_MS, HOUR_MS
from tests.chaos.skewed import SkewedLanes

ORACLE = "every outcome is seen once, and these and all profiles are as undisturbed deciding has them"
COMPACTED_SHARE = 0.5
COMPACTED_TIMEOUT_S = 60.0
DOWN_MS = 2 * DAY_MS
HIGH_MARK_RECORDS = 100
"""So low that a task has to pause its other sources while it waits for the late one."""

FETCH_BYTES = 65_536
WAITING_MAX_RECORDS = 1_000
"""What was fetched already when a source is paused still comes: twice FETCH_BYTES of the smallest records."""


async def offsets(place: Place) -> Finding:
    async def harm(case: Case) -> None:
        # Enough for the busiest users not to be recognised by their message ids, should all be decided again.
        await case.load.reach(case.played.begin_ms + (case.played.end_ms - case.played.begin_ms) // 3)
        for number in range(place.times):
            await rest(case, 2, 3)
            await eventually(lambda: _has_offsets(case), 30, "there are group offsets to delete")
            await _all_down(case, orderly=number % 2 == 0)
            await delete_group(case.settings)
            left = await group_offsets(case.settings)
            case.check(left == 0, f"{left} group offsets are still there")
            place.say(f"deleted the group after {case.load.sent:,} events")
            await case.fleet.resize(2)
            await case.fleet.ready()
        case.figures["deletions"] = place.times

    return await run_case(place, Plan("offsets", 15 + 14 * place.times, workers=2), harm)


async def _has_offsets(case: Case) -> bool:
    return await group_offsets(case.settings) > 0


async def _all_down(case: Case, *, orderly: bool) -> None:
    """Stop all workers, with SIGTERM or SIGKILL, and start none."""
    if orderly:
        codes = await case.fleet.resize(0)
        case.check(not any(codes), f"workers stopped with {codes}; {case.fleet.said()}")
    else:
        await asyncio.gather(*(case.fleet.kill(slot, restart=False) for slot in case.fleet.slots))


async def compaction(place: Place) -> Finding:
    async def harm(case: Case) -> None:
        await compact_changelog(case.settings)
        least = 1.0
        for _ in range(place.times):
            await rest(case, 4, 6)
            await eventually(partial(_is_compacted, case), COMPACTED_TIMEOUT_S, "the broker has compacted a good part")
            await _all_down(case, orderly=False)
            share = await compacted_share(case.settings)
            least = min(least, share)
            place.say(f"{share:.0%} of what could go from the changelog is gone after {case.load.sent:,} events")
            await case.fleet.resize(2)
            await case.fleet.ready()
        case.check(least >= COMPACTED_SHARE, f"only {least:.0%} of what could go from a changelog was gone")
        case.figures |= {"recoveries": place.times, "compacted away": f"{least:.0%}"}

    return await run_case(place, Plan("compaction", 5 + 18 * place.times, workers=2), harm)


async def _is_compacted(case: Case) -> bool:
    return await compacted_share(case.settings) >= COMPACTED_SHARE


async def down(place: Place) -> Finding:
    times = min(place.times, 4)

    async def harm(case: Case) -> None:
        begin_ms = case.load.time_ms
        purchases = timers = 0
        for number in range(times):
            await case.load.reach(begin_ms + int((1.5 + number * 9 / times) * DAY_MS))
            await _all_down(case, orderly=number % 2 == 1)
            down_ms = case.load.time_ms
            await case.load.reach(down_ms + DOWN_MS)
            place.say(f"down for {(case.load.time_ms - down_ms) / DAY_MS:.1f} days of event time")
            some_purchases, some_timers = _waiting(case, down_ms, case.load.time_ms)
            case.check(some_purchases > 0 and some_timers > 0, "nothing was due, or nothing bought, in the meantime")
            purchases, timers = purchases + some_purchases, timers + some_timers
            await case.fleet.resize(2)
            await case.fleet.ready()
        case.figures |= {"times down": times, "purchases waiting": purchases, "timers due": timers}

    return await run_case(place, Plan("down", 20 + 40 * times, workers=2), harm)


class _Timed(msgspec.Struct):
    user_id: str
    at_ms: int


def _waiting(case: Case, from_ms: int, to_ms: int) -> tuple[int, int]:
    """Return how many purchases fell into a span of event time, and how many outcomes that no event brought about."""
    records = [record for record in case.played.records if from_ms < record.time_ms <= to_ms]
    events = {(record.user, record.time_ms) for record in records}
    lines = [line for topic in ("segment-changes", "triggers") for line in case.played.outcomes[topic]]
    outcomes = (msgspec.json.decode(line, type=_Timed) for line in lines)
    timers = sum(from_ms < one.at_ms <= to_ms and (one.user_id, one.at_ms) not in events for one in outcomes)
    return sum(b'"Order Completed"' in record.value for record in records), timers


# ------------------------------------------------------------------------------------------------------------- skew


@dataclass
class _Skew:
    """How one topic lags, and the lanes that see to it."""

    late: str
    later_ms: int = 0
    later_batches: int = 0
    lanes: list[SkewedLanes] = field(default_factory=list)

    def around(self, lanes: Lanes) -> SkewedLanes:
        self.lanes.append(SkewedLanes(lanes, self.late, self.later_ms, self.later_batches))
        return self.lanes[0]

    def __str__(self) -> str:
        return f"{self.late} {self.later_ms // HOUR_MS} h" if self.later_ms else f"{self.late} {self.later_batches} b"


async def skew(place: Place) -> Finding:
    """One topic after the other is late, by 6 hours of event time and by 1,000 batches in turn."""
    found = Finding()
    late_ones = ["cart", "people", *(topic for topic in TOPICS if topic not in ("cart", "people"))]
    for number in range(min(place.times, len(late_ones))):
        late = late_ones[number]
        one = _Skew(late, later_batches=1_000) if number % 2 else _Skew(late, later_ms=6 * HOUR_MS)
        finding = await _skewed(place, one)
        found.violations += [f"{one}: {violation}" for violation in finding.violations]
        found.figures |= {f"{one}: {name}": value for name, value in finding.figures.items()}
    return found


async def _skewed(place: Place, one: _Skew) -> Finding:
    async def harm(case: Case) -> None:
        waiting = grown = 0.0
        at_start = await _most(case, "process_resident_memory_bytes")
        enough = int(0.85 * len(case.played.records))
        while case.load.is_on and case.load.sent < enough:
            waiting = max(waiting, await _most(case, "chaos_waiting_records"))
            grown = max(grown, await _most(case, "process_resident_memory_bytes") - at_start)
            await asyncio.sleep(0.3)
        case.check(waiting > HIGH_MARK_RECORDS, f"a source never had to wait: {waiting:,.0f} records at most")
        case.check(waiting <= WAITING_MAX_RECORDS, f"a source had {waiting:,.0f} records in memory")
        case.figures |= {"held back": one.lanes[0].held_most, "waiting at most": waiting, "grown MB": grown / (1 << 20)}

    limits = {
        "high_mark_records": HIGH_MARK_RECORDS,
        "low_mark_records": HIGH_MARK_RECORDS // 4,
        "max_partition_fetch_bytes": FETCH_BYTES,
    }
    # Ever so few records a heartbeat, so that a thousand batches are soon sent.
    plan = Plan("skew", 30, workers=2, around=one.around, heartbeat_records=50, more=limits)
    return await run_case(place, plan, harm)


async def _most(case: Case, metric: str) -> float:
    """Return a gauge of the worker that has most of it."""
    return max((look.sum(metric) for look in await case.fleet.looks()), default=0.0)


ROWS = [
    Row("offsets", ORACLE, 2, offsets),
    Row("compaction", ORACLE, 2, compaction),
    Row("down", f"{ORACLE}, as if no worker had been down", 2, down),
    Row("skew", f"{ORACLE}; memory stays bounded, and all goes on", 2, skew),
]
