from __future__ import annotations

from stream.model.profile import NEVER
from stream.runtime.merge import EventMerge, WallMerge
from tests.runtime.filled_lanes import Clock, Sources, Timers, beat, fill, lanes, live, shown

# ------------------------------------------------------------------------------------------------------------ wall


def drawn(merge: WallMerge) -> list[tuple[int, int]]:
    """Return all that is handed over, in however many parts."""
    taken: list[tuple[int, int]] = []
    while items := merge.take(99):
        taken += shown(items)
    return taken


def test_sources_are_taken_in_order_of_time_and_at_equal_time_of_rank() -> None:
    a, b, c = lanes(Sources(), "a", "b", "c")
    fill(a, 1, 5, 9)
    fill(b, 5, 6)
    fill(c, 2, 5)
    assert drawn(live(c, b, a)) == [(1, 0), (2, 2), (5, 0), (5, 1), (5, 2), (6, 1), (9, 0)]


def test_each_source_is_taken_in_offset_order_even_where_its_times_go_back() -> None:
    a, b = lanes(Sources(), "a", "b")
    fill(a, 7, 3)
    fill(b, 5)
    assert drawn(live(a, b)) == [(5, 1), (7, 0), (3, 0)]


def test_an_empty_source_with_records_to_read_holds_the_others_and_one_without_does_not() -> None:
    sources = Sources()
    a, b = lanes(sources, "a", "b")
    fill(a, 1, 2)
    sources.ends[b.tp] = 1
    merge = live(a, b)
    assert shown(merge.take(99)) == []
    assert (merge.needs(a), merge.needs(b)) == (False, True)
    sources.positions[b.tp] = 1
    assert drawn(merge) == [(1, 0), (2, 0)]


def test_a_source_nothing_is_known_of_yet_holds_the_others() -> None:
    sources = Sources()
    a, b = lanes(sources, "a", "b")
    fill(a, 1)
    sources.ends[b.tp] = None
    assert shown(live(a, b).take(99)) == []


def test_a_source_running_empty_with_more_to_read_stops_the_others_there() -> None:
    sources = Sources()
    a, b = lanes(sources, "a", "b")
    fill(a, 1, 2, 3, 8)
    fill(b, 2)
    sources.ends[b.tp] = 5
    sources.positions[b.tp] = 1
    assert drawn(live(a, b)) == [(1, 0), (2, 0), (2, 1)]


def test_no_more_than_the_limit_is_taken_and_the_next_offset_stands_before_the_rest() -> None:
    a, b = lanes(Sources(), "a", "b")
    fill(a, 1, 2, 3)
    fill(b, 1)
    merge = live(a, b)
    assert shown(merge.take(2)) == [(1, 0), (1, 1)]
    assert (a.next_offset, b.next_offset) == (1, 1)
    assert shown(merge.take(1)) == [(2, 0)]


# Of two sources the second is empty; what was written to it up to 100 (its last fetch) is surely read.
NOW = 200


def with_a_timer_due(due_ms: int, item_ms: int) -> tuple[list[tuple[int, int]], int]:
    """Return what is taken of an item of a user whose timer is due then, and until when that was known."""
    sources = Sources()
    a, b = lanes(sources, "a", "b")
    fill(a, item_ms)
    sources.fetched[b.tp] = -0.1
    merge = live(a, b, clock=Clock(NOW), timers=Timers(u=due_ms))
    return shown(merge.take(99)), merge.known_ms


def test_an_item_waits_while_a_timer_of_its_user_is_due_before_it_over_what_is_not_surely_read() -> None:
    assert with_a_timer_due(101, item_ms=150) == ([], 100)
    assert with_a_timer_due(149, item_ms=150) == ([], 100)


def test_an_item_goes_on_where_its_users_timer_is_due_in_known_time_or_not_before_it() -> None:
    assert with_a_timer_due(100, item_ms=150) == ([(150, 0)], 100)
    assert with_a_timer_due(150, item_ms=150) == ([(150, 0)], 100)
    assert with_a_timer_due(NEVER, item_ms=150) == ([(150, 0)], 100)


def test_an_item_waits_too_for_a_timer_that_comes_of_one_fired_in_known_time() -> None:
    sources = Sources()
    a, b = lanes(sources, "a", "b")
    fill(a, 150)
    sources.fetched[b.tp] = -0.1
    timers = Timers(u=90)
    timers.again_after_ms = 40
    assert shown(live(a, b, clock=Clock(NOW), timers=timers).take(99)) == []
    assert timers["u"] == 130


def test_an_item_in_time_not_known_is_handed_over_when_those_of_its_user_before_it_are_decided() -> None:
    sources = Sources()
    a, b = lanes(sources, "a", "b")
    fill(a, 90, 100, 110, 120)
    sources.fetched[b.tp] = -0.1
    merge = live(a, b, clock=Clock(NOW))
    assert [shown(merge.take(99)) for _ in range(4)] == [[(90, 0), (100, 0)], [(110, 0)], [(120, 0)], []]


def test_an_item_of_the_future_waits_for_no_timer_that_is_due_later_than_now() -> None:
    assert with_a_timer_due(NOW, item_ms=5_000) == ([], 100)
    assert with_a_timer_due(NOW + 1, item_ms=5_000) == ([(5_000, 0)], 100)


def test_a_waiting_item_goes_on_when_the_other_source_has_answered_once_more() -> None:
    sources = Sources()
    a, b = lanes(sources, "a", "b")
    fill(a, 150)
    sources.fetched[b.tp] = -0.1
    merge = live(a, b, clock=Clock(NOW), timers=Timers(u=120))
    assert shown(merge.take(99)) == []
    sources.fetched[b.tp] = -0.08
    assert shown(merge.take(99)) == [(150, 0)]


def test_what_is_handed_over_at_once_shares_one_known_time() -> None:
    sources = Sources()
    a, b = lanes(sources, "a", "b")
    fill(a, 110, 150)
    fill(b, 120)
    sources.ends[b.tp] = sources.positions[b.tp] = 1
    sources.fetched[b.tp] = -0.1
    merge = live(a, b, clock=Clock(NOW))
    assert (shown(merge.take(99)), merge.known_ms) == ([(110, 0), (120, 1)], NEVER)
    assert (shown(merge.take(99)), merge.known_ms) == ([(150, 0)], 100)


# ----------------------------------------------------------------------------------------------------------- event


def test_a_round_is_sorted_and_goes_up_to_the_least_heartbeat_inclusive() -> None:
    a, b = lanes(Sources(), "a", "b")
    fill(a, 4, 1, 3)
    fill(b, 3, 2, 5)
    beat(a, 9)
    beat(b, 4)
    merge = EventMerge([a, b], -NEVER)
    assert shown(merge.take(99)) == [(1, 0), (2, 1), (3, 0), (3, 1), (4, 0)]
    assert merge.timers_until_ms() == 4
    assert merge.fired()
    assert merge.clock_ms == 4
    assert shown(merge.take(99)) == []


def test_no_timer_may_fire_while_items_of_the_round_are_left() -> None:
    (a,) = lanes(Sources(), "a")
    fill(a, 1, 2)
    beat(a, 2)
    merge = EventMerge([a], -NEVER)
    merge.take(1)
    assert merge.timers_until_ms() == -NEVER
    assert not merge.fired()
    merge.take(1)
    assert merge.timers_until_ms() == 2


def test_the_position_passes_a_heartbeat_only_when_its_timers_have_fired() -> None:
    (a,) = lanes(Sources(), "a")
    fill(a, 1)
    beat(a, 2)
    merge = EventMerge([a], -NEVER)
    merge.take(99)
    assert a.next_offset == 1
    merge.fired()
    assert a.next_offset == 2


def test_a_heartbeat_the_others_have_not_reached_is_read_again_by_a_successor() -> None:
    a, b = lanes(Sources(), "a", "b")
    beat(a, 5)
    beat(b, 9)
    merge = EventMerge([a, b], -NEVER)
    merge.take(99)
    merge.fired()
    assert (a.next_offset, b.next_offset) == (1, 0)


def test_what_is_decided_out_of_offset_order_is_told_beyond_the_next_offset() -> None:
    (a,) = lanes(Sources(), "a")
    fill(a, 9, 1, 2, 8, 3)
    beat(a, 5)
    merge = EventMerge([a], -NEVER)
    merge.take(2)
    assert (a.next_offset, a.decided_beyond()) == (0, [(1, 2)])
    merge.take(99)
    merge.fired()
    assert (a.next_offset, a.decided_beyond()) == (0, [(1, 2), (4, 5)])
    beat(a, 9)
    merge.take(99)
    merge.fired()
    assert (a.next_offset, a.decided_beyond()) == (7, [])


def test_a_source_in_order_has_nothing_decided_beyond() -> None:
    (a,) = lanes(Sources(), "a")
    fill(a, 1, 2, 3)
    beat(a, 3)
    merge = EventMerge([a], -NEVER)
    merge.take(2)
    assert (a.next_offset, a.decided_beyond()) == (2, [])


def test_an_event_sent_after_the_heartbeat_that_covered_it_goes_first_in_the_next_round() -> None:
    (a,) = lanes(Sources(), "a")
    beat(a, 5)
    merge = EventMerge([a], -NEVER)
    merge.take(99)
    merge.fired()
    fill(a, 7, 4)
    assert shown(merge.take(99)) == []
    beat(a, 7)
    assert shown(merge.take(99)) == [(4, 0), (7, 0)]


def test_the_source_with_the_least_heartbeat_is_needed_until_a_round_begins() -> None:
    a, b = lanes(Sources(), "a", "b")
    merge = EventMerge([a, b], -NEVER)
    beat(a, 5)
    assert (merge.needs(a), merge.needs(b)) == (False, True)
    fill(b, 1)
    beat(b, 5)
    merge.take(1)
    assert (merge.needs(a), merge.needs(b)) == (False, False)
    merge.fired()
    assert (merge.needs(a), merge.needs(b)) == (True, True)
