"""The soak's own judgement, on made-up looks and stamps."""

from __future__ import annotations

from tests.chaos.soak_watch import Look, Stall, memory_of, pause_after, stalls

WARM_S = 900.0


def looks(*mib: float, files: int = 20) -> list[Look]:
    """One look a minute."""
    return [Look(60.0 * number, value, files) for number, value in enumerate(mib)]


def test_memory_that_grows_by_a_tenth_after_the_warm_up_is_flat_and_by_more_is_not():
    warming = [100.0 + number for number in range(15)]
    flat = memory_of(looks(*warming, *[200.0] * 15, *[220.0] * 30), WARM_S)
    assert flat is not None
    assert flat.is_flat
    grown = memory_of(looks(*warming, *[200.0] * 15, *[221.0] * 30), WARM_S)
    assert grown is not None
    assert not grown.is_flat
    assert (grown.first_mib, grown.last_mib, grown.peak_mib) == (200.0, 221.0, 221.0)


def test_growth_before_the_warm_up_ends_does_not_count():
    memory = memory_of(looks(*range(15), *[300.0] * 45), WARM_S)
    assert memory is not None
    assert memory.is_flat
    assert memory.mib_per_hour == 0.0


def test_the_slope_is_by_the_hour():
    memory = memory_of(looks(*[100.0] * 15, *[100.0 + number for number in range(45)]), WARM_S)
    assert memory is not None
    assert round(memory.mib_per_hour, 6) == 60.0


def test_files_left_open_are_told_from_a_few_connections_more():
    before, few, many = looks(*[1.0] * 30, files=20), looks(*[1.0] * 60, files=50), looks(*[1.0] * 60, files=51)
    for after, keeps in ((few, False), (many, True)):
        memory = memory_of([*before, *after[30:]], WARM_S)
        assert memory is not None
        assert memory.keeps_files_open is keeps


def test_too_few_looks_are_not_judged():
    assert memory_of(looks(*[1.0] * 20), WARM_S) is None


def test_a_stall_is_the_longest_time_that_nothing_of_a_task_was_seen_from_the_begin_to_the_end():
    found = stalls({0: [900, 1_500, 4_500, 9_000], 1: []}, begun_ms=1_000, ended_ms=5_000)
    assert found[0] == Stall(1, 1_000, 5_000)
    assert found[1] == Stall(0, 1_500, 4_500)
    assert sorted(stall.seconds for stall in found) == [0.5, 0.5, 3.0, 4.0]


def test_a_pause_belongs_to_a_rebalance_that_it_overlaps_and_to_no_other():
    found = [Stall(0, 10_000, 14_000), Stall(0, 100_000, 101_000)]
    assert pause_after(found, 11_000, 30.0) == 4.0
    assert pause_after(found, 14_000, 30.0) == 0.0
    assert pause_after(found, 71_000, 30.0) == 1.0
    assert pause_after(found, 70_000, 30.0) == 0.0
