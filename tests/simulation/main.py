"""Runs many seeds on all cores; a failing one says how it is run again, and what happened last.

python -m tests.simulation.main --seeds 10000 --first-seed 0 [--mode event|wall|learning|both] [--mutation NAME]
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from tests.simulation.config import edits, shipped, taught
from tests.simulation.mutations import LEARNING_MUTATIONS, MUTATIONS
from tests.simulation.simulation import Mode, Result, simulate
from tests.simulation.store_mutations import STORE_MUTATIONS

MODES: tuple[Mode, ...] = ("event", "wall")
FAILURES_SHOWN = 3
REPORT_EVERY_S = 10.0
SEEDS_BETWEEN_COLLECTIONS = 25


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 where all seeds are right, 1 where one is not."""
    options = _options(arguments)
    modes: tuple[Mode, ...] = MODES if options.mode == "both" else (options.mode,)
    jobs = [(seed, mode) for seed in range(options.first_seed, options.first_seed + options.seeds) for mode in modes]
    started_s, failures, done = time.monotonic(), list[Result](), 0
    steps = transactions = 0
    shown_s = started_s
    for result in _results(jobs, options.mutation, options.processes):
        done, steps, transactions = done + 1, steps + result.steps, transactions + result.transactions
        if result.violations:
            failures.append(result)
            if len(failures) <= FAILURES_SHOWN:
                _say(report(result, options.mutation))
        if time.monotonic() - shown_s > REPORT_EVERY_S:
            shown_s = time.monotonic()
            _say(f"{done:,} of {len(jobs):,} runs, {len(failures)} failed, {shown_s - started_s:.0f} s")
        if len(failures) >= options.most_failures:
            break
    _say(
        f"{done:,} runs ({' and '.join(modes)} mode, seeds from {options.first_seed}): {len(failures)} failed; "
        f"{transactions:,} transactions committed, {steps:,} steps, {time.monotonic() - started_s:.0f} s"
    )
    return 1 if failures else 0


def report(result: Result, mutation: str | None = None) -> str:
    """Say what is wrong with a seed, what happened last, and how to run it again."""
    again = f"python -m tests.simulation.main --mode {result.mode} --first-seed {result.seed} --seeds 1"
    if mutation is not None:
        again += f" --mutation {mutation}"
    troubles = ", ".join(result.troubles) or "none"
    wrong = "\n".join(f"  {violation[:600]}" for violation in result.violations[:5])
    return (
        f"\nSeed {result.seed}, {result.mode} mode, failed (troubles: {troubles}):\n{wrong}\n"
        f"What happened last:\n{result.trace}\nRun it again:\n  {again}\n"
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _results(jobs: Iterable[tuple[int, Mode]], mutation: str | None, processes: int) -> Iterator[Result]:
    run = partial(_run, mutation)
    if processes == 1:
        yield from map(run, jobs)
        return
    shipped(), taught(), edits()  # loaded once, before the processes are forked
    with multiprocessing.get_context("fork").Pool(processes, initializer=gc.disable) as pool:
        yield from pool.imap_unordered(run, jobs, chunksize=4)


def _run(mutation: str | None, job: tuple[int, Mode]) -> Result:
    seed, mode = job
    if seed % SEEDS_BETWEEN_COLLECTIONS == 0:
        gc.collect()
    return simulate(seed, mode, mutation)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.main", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--mode", choices=("event", "wall", "learning", "both"), default="both")
    parser.add_argument("--mutation", choices=sorted({**MUTATIONS, **LEARNING_MUTATIONS, **STORE_MUTATIONS}))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--most-failures", type=int, default=20, help="stop after so many")
    options = parser.parse_args(arguments)
    if options.seeds == 1:
        options.processes = 1
    return options


if __name__ == "__main__":
    sys.exit(main())
