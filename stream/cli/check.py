"""`stream check`: say all that is wrong with a config folder, and what it comes to on a history."""

from collections.abc import Sized
from pathlib import Path
from typing import Any

import click
import msgspec

from stream.cli.config import Refused, read_folder, refuse
from stream.cli.history import Given, assuming, form_given, history_options, progress, write_report
from stream.cli.times import time_given
from stream.definitions.problems import ConfigRefused, Problem
from stream.definitions.shapes import Definitions


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--data", "files", multiple=True, type=click.Path(path_type=Path), help="A history to review it on.")
@history_options
def command(config: Path, files: tuple[Path, ...], **options: Any) -> None:
    """Say all that is wrong with the folder CONFIG, each at its file, line and column.

    Checks the definitions, the settings and the form of the tests beside them. Exits 2 where there is a problem.

    With --data (plain or gzipped, in any order of time; may be given again) it also decides over a history, and says
    what stands out: segments that nobody enters, that everybody is in, that overlap or flap, and what the tracking plan
    misses. The report adds each segment's size over time, what sets its members apart, and where thresholds would cut.
    """
    given = msgspec.convert(options, Given)
    if not files and given != Given():
        raise Refused("--data is missing: the other options are about a history")
    definitions, problems = check(read_folder(config))
    if definitions is None or problems:
        refuse(config, problems)
    click.echo(summary(definitions))
    if files:
        _review(definitions, files, given)


def _review(definitions: Definitions, files: tuple[Path, ...], given: Given) -> None:
    """Review the definitions on a history, print what stands out and write the reports."""
    from stream.adapters.formats import adapter_for
    from stream.adapters.rows import InputRefused
    from stream.replay.pages.rendering import review_page
    from stream.replay.review.reviewing import Asked, review
    from stream.replay.review.text import review_text

    definitions, stop_ms = assuming(definitions, given.assume_consent), time_given("--until", given.until)
    try:
        form = form_given(given, files)
        adapter = adapter_for(form, given.mapping, definitions.plan)
        with progress(files) as ticks:
            found = review(definitions, Asked(files, form, adapter, stop_ms, not given.no_examples), ticks)
    except InputRefused as refusal:
        raise Refused(str(refusal)) from refusal
    click.echo(f"\n{review_text(found)}")
    write_report(found, lambda: review_page(found), given.report, given.json_file)


def check(files: dict[str, str]) -> tuple[Definitions | None, list[Problem]]:
    """Return the definitions, None where they are refused, and all problems of all files."""
    from stream.definitions import load
    from stream.runtime.settings import check_settings

    problems = check_settings(files["settings.yaml"]) if "settings.yaml" in files else []
    try:
        definitions = load(files)
    except ConfigRefused as refusal:
        return None, sorted({*problems, *refusal.problems, *_forms(files)})
    return definitions, sorted({*problems, *_scenarios(files, definitions)})


def summary(definitions: Definitions) -> str:
    """Return what the config defines, in one line."""
    counts: dict[str, Sized] = {
        "event": definitions.plan.events,
        "trait": definitions.traits,
        "segment": definitions.segments,
        "journey": definitions.journeys,
        "action": definitions.actions,
    }
    listed = ", ".join(f"{len(found)} {word}{'' if len(found) == 1 else 's'}" for word, found in counts.items())
    return f"fine: {listed}; version {definitions.version}"


def _forms(files: dict[str, str]) -> list[Problem]:
    """Check the tests as far as that goes without definitions."""
    from stream.testkit.scenarios import parse_scenarios

    problems: list[Problem] = []
    for file, text in files.items():
        if file.endswith(".test.yaml"):
            parse_scenarios(file, text, problems)
    return problems


def _scenarios(files: dict[str, str], definitions: Definitions) -> list[Problem]:
    from stream.testkit.check_scenarios import check_scenarios

    return check_scenarios(files, definitions)
