from __future__ import annotations

from tests.runtime.filled_lanes import Sources, fill, lanes


def test_a_source_pauses_above_the_high_mark_and_resumes_at_the_low_one() -> None:
    sources = Sources()
    (a,) = lanes(sources, "a")
    fill(a, 1, 2, 3)
    a.regulate(1, 3, is_needed=False)
    assert sources.calls == []
    fill(a, 4)
    a.regulate(1, 3, is_needed=False)
    a.items.popleft()
    a.items.popleft()
    a.regulate(1, 3, is_needed=False)
    assert sources.calls == [("pause", "a")]
    a.items.popleft()
    a.regulate(1, 3, is_needed=False)
    assert sources.calls == [("pause", "a"), ("resume", "a")]


def test_a_source_the_others_wait_for_is_never_held_back() -> None:
    sources = Sources()
    (a,) = lanes(sources, "a")
    fill(a, 1, 2, 3, 4)
    a.regulate(1, 3, is_needed=True)
    assert sources.calls == []
    a.regulate(1, 3, is_needed=False)
    a.regulate(1, 3, is_needed=True)
    assert sources.calls == [("pause", "a"), ("resume", "a")]


def test_what_a_predecessor_decided_is_passed_on_before_it_is_read_again_and_after() -> None:
    (a,) = lanes(Sources(), "a")
    a.start(3, {4, 5, 7, 9}, 0)
    assert (a.next_offset, a.decided_beyond()) == (3, [(4, 5), (7, 7), (9, 9)])
    fill(a, 1)  # offset 3; what was decided makes no item
    a.read_offset = 6
    assert (a.next_offset, a.decided_beyond()) == (3, [(4, 5), (7, 7), (9, 9)])


def test_a_gap_that_was_not_read_yet_is_never_taken_for_decided() -> None:
    (a,) = lanes(Sources(), "a")
    a.start(0, {1, 3}, 0)
    assert a.decided_beyond() == [(1, 1), (3, 3)]


def test_a_gap_in_which_there_was_nothing_to_decide_is_passed_over_once_it_is_read() -> None:
    (a,) = lanes(Sources(), "a")
    a.start(0, {1, 3}, 0)
    fill(a, 5)  # offset 0 waits
    a.read_offset = 4  # offset 2 was of no use to anybody
    assert a.decided_beyond() == [(1, 3)]


def test_what_a_predecessor_decided_is_passed_on_where_it_is_what_comes_next() -> None:
    (a,) = lanes(Sources(), "a")
    a.start(0, {1}, 0)
    a.read_offset = 1  # offset 0 was of no use to anybody
    assert (a.next_offset, a.decided_beyond()) == (1, [(1, 1)])


def test_what_a_predecessor_decided_is_forgotten_once_it_lies_below_the_next_offset() -> None:
    (a,) = lanes(Sources(), "a")
    a.start(0, {1}, 0)
    a.read_offset = 2
    assert (a.next_offset, a.decided_beyond(), a.skip) == (2, [], frozenset())
