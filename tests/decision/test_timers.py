"""The index of timers: in memory up to an hour ahead, the later ones elsewhere."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

import pytest

from stream.decision.timers import AHEAD_MS, STEP_MS, Timers
from stream.model.profile import NEVER

H = AHEAD_MS


class Elsewhere:
    """Keeps what it is told, and hands over what is asked for once."""

    def __init__(self, **kept: int) -> None:
        self.kept = kept
        self.asked: list[int] = []

    def add(self, user: str, due_ms: int) -> None:
        self.kept[user] = due_ms

    def due(self, until_ms: int) -> Iterable[tuple[str, int]]:
        self.asked.append(until_ms)
        found = [(user, due_ms) for user, due_ms in self.kept.items() if due_ms < until_ms]
        for user, _ in found:
            del self.kept[user]
        return found

    def first_ms(self) -> int:
        return min(self.kept.values(), default=NEVER)


def begun(clock_ms: int, **kept: int) -> tuple[Timers, Elsewhere]:
    timers, elsewhere = Timers(), Elsewhere(**kept)
    timers.begin(elsewhere, clock_ms)
    return timers, elsewhere


def test_what_is_due_within_the_hour_is_in_memory_and_what_is_due_at_its_end_is_not() -> None:
    timers, elsewhere = begun(0, late=-5, soon=H - 1, later=H)
    assert timers.scheduled == {"late": -5, "soon": H - 1}
    assert (elsewhere.kept, timers.next_due_ms) == ({"later": H}, -5)


def test_without_another_place_all_are_in_memory() -> None:
    timers = Timers()
    timers.schedule("u", NEVER - 1)
    timers.schedule("v", NEVER)
    assert (timers.scheduled, timers.next_due_ms, timers.due_ms("v")) == ({"u": NEVER - 1}, NEVER - 1, NEVER)
    timers.look_ahead(NEVER - 1)
    assert timers.horizon_ms == NEVER


def test_many_timers_at_once_come_in_their_order_beside_those_that_were_there() -> None:
    timers = Timers()
    timers.schedule("b", 20)
    timers.fill([(30, "c"), (NEVER, "nobody"), (10, "a")])
    assert timers.scheduled == {"a": 10, "b": 20, "c": 30}
    assert [heapq.heappop(timers.heap) for _ in "abc"] == [(10, "a"), (20, "b"), (30, "c")]


def test_a_new_timer_is_kept_where_it_belongs() -> None:
    timers, elsewhere = begun(0)
    timers.schedule("here", H - 1)
    timers.schedule("there", H)
    timers.schedule("nowhere", NEVER)
    assert (timers.scheduled, elsewhere.kept) == ({"here": H - 1}, {"there": H})


def test_who_has_no_timer_in_memory_may_have_one_at_the_horizon_and_not_before() -> None:
    timers, _ = begun(0, u=H)
    assert (timers.due_ms("u"), timers.next_due_ms) == (H, H)


def test_a_timer_that_moves_beyond_the_hour_leaves_memory() -> None:
    timers, elsewhere = begun(0, a=1, b=2, c=3)
    timers.move_first(H)
    timers.move_first(NEVER)
    timers.move_first(H - 1)
    assert (timers.scheduled, elsewhere.kept) == ({"c": H - 1}, {"a": H})
    assert timers.heap == [(H - 1, "c")]


def test_the_hour_moves_with_the_clock_and_steps_at_a_time() -> None:
    timers, elsewhere = begun(0, u=H)
    timers.look_ahead(0)
    assert elsewhere.asked == [H]
    timers.look_ahead(1)
    assert (elsewhere.asked, timers.scheduled) == ([H, 1 + H + STEP_MS], {"u": H})
    timers.look_ahead(1 + STEP_MS)
    assert len(elsewhere.asked) == 2


def test_what_fell_due_in_a_long_outage_comes_into_memory_bit_by_bit() -> None:
    timers, _ = begun(0, **{f"u{hour}": hour * H for hour in range(1, 50)})
    most = 0
    while timers.horizon_ms <= 48 * H:
        timers.look_ahead(48 * H)
        while timers.heap and timers.next_due_ms < timers.horizon_ms:
            most = max(most, len(timers.heap))
            timers.move_first(NEVER)
    assert most <= 3


@pytest.mark.parametrize("first_ms", [5 * H, NEVER])
def test_a_clock_that_has_not_moved_yet_begins_with_the_first_timer_or_when_it_moves(first_ms: int) -> None:
    timers, _ = begun(-NEVER, **({"u": first_ms} if first_ms < NEVER else {}))
    assert timers.horizon_ms == (6 * H if first_ms < NEVER else NEVER)
    timers.look_ahead(-NEVER)
    timers.schedule("v", 9 * H)
    timers.look_ahead(7 * H)
    assert timers.horizon_ms > 7 * H
    assert timers.due_ms("v") <= 9 * H
