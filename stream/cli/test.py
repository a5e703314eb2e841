"""`stream test`: run the scenarios beside the definitions."""

import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import click

from stream.cli.config import load_config, read_folder, refuse
from stream.testkit.check_scenarios import Checked, read_scenarios
from stream.testkit.run_scenarios import Player
from stream.testkit.verdict_text import verdict_text


@click.command("test", short_help="Run the *.test.yaml beside the definitions.")
@click.argument("config", type=click.Path(exists=True, file_okay=False, path_type=Path), default="config")
@click.option("--filter", "wanted", metavar="TEXT", default="", help="Only scenarios whose file or name contains TEXT.")
def command(config: Path, wanted: str) -> None:
    """Run the *.test.yaml beside the definitions of CONFIG, on virtual time.

    A scenario lists all that must happen, so an empty list says that nothing may. Exits 1 where a scenario fails, and 2
    where the config has problems.

    \b
    A scenario:
      name              in words
      given             events: {at: 0m, event: product_added, with: {...}}
                        or {at: 0m, identify: {...}}; also user: (u1 otherwise),
                        id: (for duplicates), arrives: (later than at: a late one)
      expect            outcomes: {at: 60m, entered: SEGMENT}; instead of entered
                        exited: SEGMENT, triggered: ACTION, refused: ACTION,
                        moved: SEGMENT (from: TIER, to: TIER),
                        withdrawn: ACTION, goal: EVENT, ended: JOURNEY;
                        also user: because: key: value:
      until             how long to wait; the last time named otherwise
      assume_consent    a list of purposes, or all
      assume_holdout    all: everyone is held out; nobody otherwise
      watch: all        list every definition's outcomes, not only this file's
    Times are offsets from the start, 90m or 1d2h; in expect also 7d..7d1h.
    """
    definitions = load_config(config)
    checked, problems = read_scenarios(read_folder(config), definitions)
    if problems:
        refuse(config, sorted(problems))
    chosen = [each for each in checked if wanted in f"{config}/{each.file} {each.scenario.name}"]
    if not chosen:
        click.echo(f"no scenario in {config}" + (f" matches {wanted!r}" if wanted else ""), err=True)
        sys.exit(2)
    player = Player(definitions)
    failed = sum(
        _run_file(config, file, list(scenarios), player)
        for file, scenarios in groupby(chosen, key=lambda each: each.file)
    )
    click.echo(_summary(len(chosen), failed))
    sys.exit(1 if failed else 0)


def _run_file(config: Path, file: str, scenarios: Sequence[Checked], player: Player) -> int:
    """Run one file's scenarios, say how they went, and return how many failed."""
    verdicts = [player.run(each) for each in scenarios]
    failures = [verdict for verdict in verdicts if not verdict.passed]
    click.echo(f"{'FAIL' if failures else 'ok  '}  {config}/{file}  {len(verdicts) - len(failures)}/{len(verdicts)}")
    for verdict in failures:
        scenario = verdict.checked.scenario
        click.echo(f"\n  {config}/{file}:{scenario.spot.line}: {scenario.name}")
        click.echo(f"{verdict_text(verdict)}\n")
    return len(failures)


def _summary(total: int, failed: int) -> str:
    plural = "" if total == 1 else "s"
    return f"{total} scenario{plural}, " + (f"{failed} failed" if failed else "all as expected")
