from __future__ import annotations

from stream.runtime.barriers import free_until_ms, passed_barrier


def test_a_barrier_is_passed_when_all_before_it_is_decided_and_not_earlier() -> None:
    assert passed_barrier(4_998, 1_000) == 4_000
    assert passed_barrier(4_999, 1_000) == 5_000
    assert passed_barrier(5_000, 1_000) == 5_000


def test_deciding_goes_on_until_the_snapshot_of_the_next_barrier_is_in_force() -> None:
    assert free_until_ms(5_000, 1_000) == 6_999


def test_a_barrier_of_another_period_counts_as_the_one_before_it() -> None:
    assert free_until_ms(5_500, 1_000) == 6_999
