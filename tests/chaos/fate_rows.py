"""Rows about the fate of single records: erasures that a worker crashes over, and poison."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.model.calls import Call, encode_call
from stream.runtime.play import Lanes
from stream.runtime.settings import Settings
from stream.runtime.topics import input_topics
from tests.chaos.crashing import MOMENTS
from tests.chaos.event_case import Case, Plan, equal_to_oracle, run_case
from tests.chaos.event_rows import ORACLE
from tests.chaos.fleet import Fleet
from tests.chaos.history import PURPOSES, History, of_file, repeated_ids, state_differences
from tests.chaos.poison import PoisonedLanes, letters_wrong
from tests.chaos.row import Finding, Place, Row, eventually
from tests.chaos.shop_days import DAY_MS, DAYS, days
from tests.kafka.workers import differences, recovered

EVENTS = 60_000
SPENT_TIMEOUT_S = 90.0


# ------------------------------------------------------------------------------------------------------------ erase


async def erase(place: Place) -> Finding:
    """Crash over the checkpoints of erasures, each at another moment; the history has some every second."""
    fuses = place.folder / "fuses"
    fuses.mkdir()

    async def harm(case: Case) -> None:
        for number in range(place.times):
            await case.fleet.ready()
            moment = MOMENTS[number % len(MOMENTS)]
            (fuses / moment).touch()
            await _crashed(case.fleet, fuses, number + 1)
            place.say(f"crashed over an erasure ({moment}), {case.load.sent:,} events sent")
        await case.fleet.ready()

    async def check(case: Case) -> list[str]:
        crashed_over = {user for file in spent(fuses) for user in file.read_text().splitlines()}
        gone = crashed_over - case.played.profiles.keys()
        profiles, _ = await recovered(case.settings)
        said = await equal_to_oracle(case)
        if gone & profiles.keys():
            said.append(f"erased, and there again: {sorted(gone & profiles.keys())[:3]}")
        if not gone:
            said.append("everyone erased in a crash came again: it was not seen whether they are gone")
        case.figures |= {"crashes": place.times, "erased in them": len(crashed_over), "gone for good": len(gone)}
        return said

    played = await asyncio.to_thread(with_erasures)
    crashing = [sys.executable, "-m", "tests.chaos.crashing", str(fuses)]
    plan = Plan("erase", 10 + 14 * place.times, played=played, command=lambda last: [*crashing, str(last)], check=check)
    return await run_case(place, plan, harm)


@cache
def with_erasures() -> History:
    """Return a history in which most of those who have fallen silent are erased on some later day, for good."""
    folder, chance = Path(tempfile.mkdtemp(prefix="stream-chaos-erase-")), Random(7)
    calls = days(EVENTS, PURPOSES)
    for user, last_ms in list(_silent(calls)):
        at_ms = chance.randrange(last_ms, int(last_ms + DAYS * DAY_MS / 2))
        calls.append(Call("track", user, "Erasure Requested", at_ms, {}, message_id=f"{user}-erased"))
    calls.sort(key=lambda call: int(call.timestamp or 0))
    (folder / "history.jsonl").write_bytes(b"".join(encode_call(call) + b"\n" for call in calls))
    return of_file(folder / "history.jsonl", folder / "replayed")


def _silent(calls: list[Call]) -> Iterator[tuple[str, int]]:
    """Yield who fell silent, and after when."""
    for call in calls:
        user = str(call.user_id)
        if user.startswith("silent-") and call.event == "Product Added" and not user.endswith("0"):
            yield user, int(call.timestamp or 0) + 1


def spent(fuses: Path) -> list[Path]:
    return list(fuses.glob("spent-*"))


async def _crashed(fleet: Fleet, fuses: Path, count: int) -> None:
    """Wait for the crash that is asked for, and note that it was: a worker that kills itself seems to end unasked."""

    async def is_over() -> bool:
        ends = [end for end in fleet.exits if end.code == -9]
        return len(spent(fuses)) == count == len(ends)

    await eventually(is_over, SPENT_TIMEOUT_S, "a worker crashes over an erasure")
    fleet.exits[:] = [replace(end, asked=True) if end.code == -9 else end for end in fleet.exits]


# ----------------------------------------------------------------------------------------------------------- poison


async def poison(place: Place) -> Finding:
    """Strew poison among a history, kill workers meanwhile, and look at the letters, the neighbours and the lag."""
    strewn: list[PoisonedLanes] = []

    def poisoned(lanes: Lanes) -> PoisonedLanes:
        strewn.append(PoisonedLanes(lanes, place.chance))
        return strewn[-1]

    async def harm(case: Case) -> None:
        for _ in range(place.times):
            await asyncio.sleep(place.chance.uniform(2, 7))
            slot = place.chance.choice(case.fleet.slots)
            place.say(f"kill worker {slot} after {case.load.sent:,} events and {len(strewn[0].sent):,} poison records")
            await case.fleet.kill(slot)
            await case.fleet.ready()
        case.figures["kills"] = sum(end.code == -9 for end in case.fleet.exits)

    async def check(case: Case) -> list[str]:
        found = await case.outcomes.read_to_end()
        del found["dead-letters"]
        right = {topic: lines for topic, lines in case.played.outcomes.items() if topic != "dead-letters"}
        letters = case.outcomes.records["dead-letters"]
        case.figures |= {"poison": len(strewn[0].sent), "dead letters": len(letters)}
        return [
            *letters_wrong(strewn[0].sent, letters, case.settings.topic_prefix),
            *differences(right, found),
            *repeated_ids(right, found),
            *await state_differences(case.played, case.settings),
            *await undecided(case.settings),
        ]

    plan = Plan("poison", 10 + 10 * place.times, around=poisoned, check=check)
    return await run_case(place, plan, harm)


async def undecided(settings: Settings) -> list[str]:
    """Say which input partition goes on behind what its task has committed: the lag, as a successor would meet it."""
    topics, numbers = input_topics(settings), range(settings.partitions)
    _, positions = await recovered(settings)
    async with AIOKafkaConsumer(bootstrap_servers=settings.brokers) as consumer:
        ends = await consumer.end_offsets([TopicPartition(topic, number) for topic in topics for number in numbers])
    committed = {TopicPartition(topic, n): positions[n].next_offsets.get(topic, 0) for topic in topics for n in numbers}
    return [f"{tp.topic}/{tp.partition}: {end - committed[tp]} left" for tp, end in ends.items() if end > committed[tp]]


ROWS = [
    Row("erase", f"a user erased when a worker crashed ends erased; {ORACLE}", 6, erase),
    Row(
        "poison",
        f"each poison record is dead-lettered exactly once, nothing is left undecided, and beside them {ORACLE}",
        5,
        poison,
    ),
]
