"""Playing: heartbeats keep their promise, placement is murmur2, pace follows the speed."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.model.events import TOPICS
from stream.runtime.play import (
    BACKFILL_HEADER,
    HEARTBEAT_HEADER,
    Headers,
    OutOfOrder,
    Played,
    Player,
    PlayOptions,
    partition_of,
)

HOUR_MS = 3_600_000


class Call(NamedTuple):
    topic: str
    user: str
    time_ms: int
    value: bytes = b"{}"


class Written(NamedTuple):
    key: bytes | None
    value: bytes
    headers: Headers
    at_seconds: float


class StoppedClock:
    """A wall clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class MemoryLanes:
    """The input topics in memory, by (topic, partition)."""

    def __init__(self, clock: StoppedClock, partitions: int = 3) -> None:
        self.partitions = partitions
        self.clock = clock
        self.flushes = 0
        self.lanes: dict[tuple[str, int], list[Written]] = {
            (topic, partition): [] for topic in TOPICS for partition in range(partitions)
        }

    async def append(self, topic: str, partition: int, key: bytes | None, value: bytes, headers: Headers) -> None:
        self.lanes[topic, partition].append(Written(key, value, headers, self.clock.now()))

    async def flush(self) -> None:
        self.flushes += 1

    def heartbeats(self, topic: str = "cart", partition: int = 0) -> list[int]:
        lane = self.lanes[topic, partition]
        return [beat for written in lane if (beat := heartbeat_of(written)) is not None]

    def records(self) -> list[Written]:
        return [written for lane in self.lanes.values() for written in lane if heartbeat_of(written) is None]


def heartbeat_of(written: Written) -> int | None:
    headers = dict(written.headers)
    return int(headers[HEARTBEAT_HEADER]) if HEARTBEAT_HEADER in headers else None


async def play(calls: list[Call], **options: object) -> tuple[MemoryLanes, Played]:
    clock = StoppedClock()
    lanes = MemoryLanes(clock)
    played = await Player(lanes, PlayOptions(**options), pace=clock).play(calls)
    return lanes, played


def carts(*times_ms: int) -> list[Call]:
    return [Call("cart", "u1", time_ms, str(time_ms).encode()) for time_ms in times_ms]


async def test_the_last_heartbeat_is_the_last_time_in_every_partition_of_every_topic():
    lanes, played = await play(carts(1_000, 2_000))
    for lane in lanes.lanes.values():
        assert lane[-1].headers == [(HEARTBEAT_HEADER, b"2000")]
    assert (played.records, played.heartbeats, played.first_ms, played.last_ms) == (2, 1, 1_000, 2_000)


async def test_a_heartbeat_comes_after_an_hour_of_event_time_not_before():
    lanes, _ = await play(carts(0, HOUR_MS - 1, HOUR_MS, 2 * HOUR_MS - 1))
    assert lanes.heartbeats() == [HOUR_MS - 1, 2 * HOUR_MS - 1]


async def test_a_heartbeat_comes_after_so_many_records():
    lanes, _ = await play(carts(1, 2, 3, 4, 5), heartbeat_records=2)
    assert lanes.heartbeats() == [2, 4, 5]


async def test_records_of_one_time_are_never_parted_by_a_heartbeat():
    lanes, _ = await play(carts(1, 2, 2, 2, 2, 3), heartbeat_records=2)
    assert lanes.heartbeats() == [2, 3]


async def test_a_heartbeat_is_an_empty_record_without_a_key():
    lanes, _ = await play(carts(1))
    beat = lanes.lanes["email", 2][0]
    assert (beat.key, beat.value) == (None, b"")


async def test_until_leaves_out_what_comes_later_and_promises_that_time():
    lanes, played = await play(carts(1_000, 2_000, 2_001), until_ms=2_000)
    assert played.records == 2
    assert lanes.heartbeats()[-1] == 2_000
    lanes, played = await play(carts(1_000, 2_000), until_ms=9_000)
    assert played.records == 2
    assert lanes.heartbeats()[-1] == 9_000


async def test_nothing_to_play_sends_nothing():
    lanes, played = await play([])
    assert played == Played()
    assert not any(lanes.lanes.values())


async def test_records_out_of_order_are_refused():
    with pytest.raises(OutOfOrder, match="1999 after one of 2000"):
        await play(carts(1_000, 2_000, 1_999))


async def test_history_is_marked_on_every_record_and_only_when_asked():
    lanes, _ = await play(carts(1, 2), history_until_ms=2)
    assert {tuple(written.headers) for written in lanes.records()} == {((BACKFILL_HEADER, b"2"),)}
    lanes, _ = await play(carts(1, 2))
    assert {tuple(written.headers) for written in lanes.records()} == {()}


async def test_an_hour_a_second_takes_a_second_an_hour():
    lanes, _ = await play(carts(0, HOUR_MS, 3 * HOUR_MS), speed=3_600.0)
    assert [round(written.at_seconds - 100, 1) for written in lanes.records()] == [0.0, 1.0, 3.0]


async def test_at_a_speed_heartbeats_go_on_while_nothing_is_sent():
    lanes, _ = await play(carts(0, HOUR_MS), speed=3_600.0)
    beats = lanes.heartbeats()
    assert beats == sorted(beats)
    assert 8 <= len(beats) <= 13
    assert beats[-1] == HOUR_MS
    assert lanes.flushes >= len(beats)


async def test_progress_is_reported_and_ends_complete():
    reported: list[int] = []
    clock = StoppedClock()
    player = Player(
        MemoryLanes(clock), PlayOptions(), pace=clock, report=lambda played: reported.append(played.records)
    )
    await player.play(carts(*range(2_500)))
    assert reported == [1_000, 2_000, 2_500]


@pytest.mark.parametrize(
    ("user", "murmur2"),
    [("21", -973932308), ("foobar", -790332482), ("abc", 479470107), ("a-little-bit-long-string", -985981536)],
)
def test_a_user_lands_where_javas_partitioner_puts_them(user: str, murmur2: int):
    # The expected hashes are those of Kafka's own UtilsTest.
    assert partition_of(user, 7) == (murmur2 & 0x7FFFFFFF) % 7


CALLS = st.lists(st.builds(Call, st.sampled_from(TOPICS), st.text(max_size=3), st.integers(0, 50)), max_size=60).map(
    lambda calls: sorted(calls, key=lambda call: call.time_ms)
)


@given(CALLS, st.integers(1, 5), st.integers(1, 20), st.sampled_from([None, 1.0, 50.0]))
async def test_heartbeats_always_keep_their_promise(
    calls: list[Call], heartbeat_records: int, heartbeat_ms: int, speed: float | None
):
    stamped = [call._replace(value=str(call.time_ms).encode()) for call in calls]
    options = {"heartbeat_records": heartbeat_records, "heartbeat_ms": heartbeat_ms, "speed": speed}
    lanes, played = await play(stamped, **options)
    assert played.records == len(calls)
    for lane in lanes.lanes.values():
        promised_ms = -1
        for written in lane:
            beat = heartbeat_of(written)
            if beat is None:
                assert int(written.value) > promised_ms
            else:
                assert beat > promised_ms
                promised_ms = beat
    if calls:
        assert len({tuple(lanes.heartbeats(topic, p)) for topic in TOPICS for p in range(3)}) == 1
