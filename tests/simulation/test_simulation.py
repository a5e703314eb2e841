"""Some hundred seeds of the simulation, and the proof that it finds what it is there to find."""

from __future__ import annotations

import pytest

from tests.simulation import main
from tests.simulation.mutations import LEARNING_MUTATIONS, MUTATIONS
from tests.simulation.simulation import STORES_EVERY, Mode, simulate
from tests.simulation.store_mutations import STORE_MUTATIONS

SEEDS = 100
SEEDS_TO_FIND_A_MUTATION = 400


@pytest.mark.parametrize("first_seed", range(0, SEEDS, 20))
@pytest.mark.parametrize("mode", ["event", "wall", "learning"])
def test_nothing_is_lost_and_nothing_is_decided_twice_whatever_goes_wrong(mode: Mode, first_seed: int) -> None:
    for seed in range(first_seed, first_seed + 20):
        result = simulate(seed, mode)
        assert not result.violations, main.report(result)


def test_a_task_that_has_failed_takes_in_nothing_more() -> None:
    result = simulate(471, "wall")  # records come between a task's end and that of its worker
    assert not result.violations, main.report(result)


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_fault_put_into_the_product_is_found(mutation: str) -> None:
    assert any(
        simulate(seed, mode, mutation).violations for seed in range(SEEDS_TO_FIND_A_MUTATION) for mode in main.MODES
    )


@pytest.mark.parametrize("mutation", STORE_MUTATIONS)
def test_a_fault_put_into_the_store_is_found(mutation: str) -> None:
    seeds = range(0, STORES_EVERY * SEEDS_TO_FIND_A_MUTATION, STORES_EVERY)
    assert any(simulate(seed, mode, mutation).violations for seed in seeds for mode in main.MODES)


@pytest.mark.parametrize("mutation", LEARNING_MUTATIONS)
def test_a_fault_put_into_learning_is_found(mutation: str) -> None:
    assert any(simulate(seed, "learning", mutation).violations for seed in range(SEEDS_TO_FIND_A_MUTATION))


@pytest.mark.parametrize("seed", [7, 2 * STORES_EVERY])
@pytest.mark.parametrize("mode", ["event", "wall", "learning"])
def test_the_same_seed_does_the_same_again(mode: Mode, seed: int) -> None:
    first, again = simulate(seed, mode), simulate(seed, mode)
    assert (first.trace, first.steps, first.transactions) == (again.trace, again.steps, again.transactions)


def test_the_command_tells_of_a_failing_seed_and_how_to_run_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["--seeds", "3", "--mode", "event", "--mutation", "events_first", "--processes", "1"]) == 1
    printed = capsys.readouterr().out
    assert "python -m tests.simulation.main --mode event --first-seed 0 --seeds 1 --mutation events_first" in printed
    assert "What happened last:" in printed
    assert main.main(["--seeds", "1", "--mode", "event"]) == 0
