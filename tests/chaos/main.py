"""What workers on a real Kafka stand: `make chaos`, or `python -m tests.chaos.main [--rows a,b] [--times-percent 10]`.

Each row does its worst to real workers under load, as often as it says, and then compares what came of it with what
undisturbed deciding gives; `tests.chaos.row` says what a row is. The rows share one broker, but for those that break
theirs. Exit 1 where a row failed. The same `--seed` makes the same choices; when they strike is the machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import logging
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests.chaos.row import Finding, Kafka, NotInTime, Place, Row
from tests.kafka.broker import KafkaUnavailableError, running_kafka

OUT = Path(__file__).resolve().parents[2] / "build" / "chaos.json"
ROW_TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Result:
    """How one row went."""

    name: str
    passes_when: str
    times: int
    seconds: float
    finding: Finding

    @property
    def passed(self) -> bool:
        return not self.finding.violations

    def line(self) -> str:
        figures = ", ".join(f"{name} {_shown(value)}" for name, value in self.finding.figures.items())
        return (
            f"{self.name:<14}{self.times:>5}  {'passed' if self.passed else 'FAILED'}{self.seconds:>7.0f} s  {figures}"
        )


def _shown(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if isinstance(value, int) or value >= 100 else f"{value:.1f}"


def all_rows() -> list[Row]:
    """Return the rows of every module named `*_rows.py` here, in order of name."""
    modules = sorted(path.stem for path in Path(__file__).parent.glob("*_rows.py"))
    return [row for module in modules for row in importlib.import_module(f"tests.chaos.{module}").ROWS]


async def run_row(row: Row, place: Place) -> Result:
    """Run one row; what it raises is a violation."""
    begun = time.monotonic()
    try:
        async with asyncio.timeout(ROW_TIMEOUT_S):
            finding = await row.run(place)
    except (NotInTime, pytest.fail.Exception) as failure:
        finding = Finding([str(failure)])
    except TimeoutError:
        finding = Finding([f"not at its end within {ROW_TIMEOUT_S:.0f} s:\n{traceback.format_exc()}"])
    except Exception:  # noqa: BLE001  # a row that breaks down is one that failed, and the others go on
        finding = Finding([traceback.format_exc()])
    return Result(row.name, row.passes_when, place.times, time.monotonic() - begun, finding)


def run_rows(rows: list[Row], asked: argparse.Namespace) -> Iterator[Result]:
    """Run the rows one after the other, each with a fresh folder, which stays only where the row failed."""
    with running_kafka() as bootstrap:
        for row in rows:
            folder = Path(tempfile.mkdtemp(prefix=f"stream-chaos-{row.name}-"))
            chance = random.Random(f"{asked.seed}-{row.name}")
            place = Place(Kafka(bootstrap), folder, row.scaled(asked.times_percent), chance, _progress(row.name))
            result = asyncio.run(run_row(row, place))
            if result.passed:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                result.finding.violations.append(f"what it left is in {folder}")
            yield result


def _progress(name: str) -> Callable[[str], None]:
    return lambda said: print(f"  {name}: {said}", file=sys.stderr, flush=True)


def report(results: list[Result], seed: int) -> None:
    """Print the table and all violations, and write the same as JSON."""
    print(f"\n{'row':<14}{'times':>5}  {'':6}{'time':>9}  figures")
    for result in results:
        print(result.line())
    for result in results:
        if not result.passed:
            print(f"\n{result.name} passes when {result.passes_when}:\n" + "\n".join(result.finding.violations))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**asdict(result), "passed": result.passed} for result in results]
    OUT.write_text(json.dumps({"seed": seed, "rows": rows}, indent=2) + "\n")
    failed = sum(not result.passed for result in results)
    took_s = sum(result.seconds for result in results)
    print(f"\n{len(results) - failed} of {len(results)} rows passed in {took_s / 60:.1f} min (seed {seed}; {OUT})")


def arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", default="", metavar="A,B", help="only these")
    parser.add_argument("--times-percent", type=int, default=100, metavar="N", help="do it that much less often")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--list", action="store_true", help="say what rows there are, and run none")
    return parser.parse_args(given)


def chosen(names: str) -> list[Row]:
    """Return the rows of these names in this order; all where none is named. Unknown names exit 2."""
    rows = all_rows()
    if not names:
        return rows
    by_name = {row.name: row for row in rows}
    wanted = [name.strip() for name in names.split(",")]
    if unknown := [name for name in wanted if name not in by_name]:
        print(f"no row {', '.join(unknown)}; there are {', '.join(by_name)}", file=sys.stderr)
        sys.exit(2)
    return [by_name[name] for name in wanted]


def main(given: list[str] | None = None) -> int:
    asked = arguments(given)
    rows = chosen(asked.rows)
    if asked.list:
        print("\n".join(f"{row.name:<14}{row.times:>5}  {row.passes_when}" for row in rows))
        return 0
    # What our own clients meet on the way and overcome says nothing about the workers.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    results: list[Result] = []
    try:
        for result in run_rows(rows, asked):
            results.append(result)
            print(result.line(), flush=True)
            for violation in result.finding.violations:
                print(f"  {violation[:300]}", flush=True)
    except KafkaUnavailableError as reason:
        print(f"No Kafka to break workers on: {reason}", file=sys.stderr)
        return 2
    report(results, asked.seed)
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
