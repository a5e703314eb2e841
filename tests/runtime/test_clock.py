from __future__ import annotations

from stream.runtime.clock import TaskClock
from tests.runtime.filled_lanes import Clock, Sources, fill, lanes


def read(lateness_ms: int, *fetched_s: float | None, now_s: float = 100.0) -> int:
    sources = Sources()
    those = lanes(sources, *(str(number) for number in range(len(fetched_s))))
    sources.fetched = {lane.tp: at for lane, at in zip(those, fetched_s, strict=True)}
    return TaskClock(Clock(1_000_000, now_s), lateness_ms, 0).read(those)


def test_drained_sources_move_the_clock_to_the_oldest_fetch_less_the_lateness() -> None:
    assert read(2_000, 100.0, 100.0) == 998_000
    assert read(2_000, 100.0, 99.5) == 997_500
    assert read(0, 100.0) == 1_000_000


def test_a_source_that_never_answered_holds_the_clock() -> None:
    assert read(2_000, 100.0, None) == 0


def test_a_response_that_lay_about_while_the_process_stood_still_does_not_count_as_new() -> None:
    assert read(0, 40.0) == 940_000


def test_the_clock_never_goes_back() -> None:
    sources, wall = Sources(), Clock(1_000_000)
    clock = TaskClock(wall, 0, 0)
    (a,) = lanes(sources, "a")
    assert clock.read([a]) == 1_000_000
    wall.time_ms = 900_000
    assert clock.read([a]) == 1_000_000


def test_a_source_with_items_waiting_bounds_the_clock_by_the_first_of_them() -> None:
    a, b = lanes(Sources(), "a", "b")
    fill(a, 700_000, 800_000)
    clock = TaskClock(Clock(1_000_000), 2_000, 0)
    assert clock.read([a, b]) == 697_999, "at equal time the event comes before the timer"
    a.items.popleft()
    assert clock.read([a, b]) == 797_999


def test_a_source_with_all_decided_and_more_to_read_bounds_the_clock_by_its_last_item_whatever_others_decided() -> None:
    sources = Sources()
    a, b = lanes(sources, "a", "b")
    clock = TaskClock(Clock(1_000_000), 0, 0)
    sources.ends[a.tp] = 1
    assert clock.read([a, b]) == 0, "of it nothing is known yet"
    fill(a, 600_000)
    fill(b, 900_000)
    a.items.popleft()
    b.items.popleft()
    sources.ends[a.tp] = 3
    assert clock.read([a, b]) == 600_000


def test_no_item_moves_the_clock_beyond_now() -> None:
    (a,) = lanes(Sources(), "a")
    fill(a, 2_000_000)
    assert TaskClock(Clock(1_000_000), 0, 0).read([a]) == 1_000_000
