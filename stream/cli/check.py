"""`stream check`: say all that is wrong with a config folder."""

from collections.abc import Sized
from pathlib import Path

import click

from stream.cli.config import read_folder, refuse
from stream.definitions.problems import ConfigRefused, Problem
from stream.definitions.shapes import Definitions


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def command(config: Path) -> None:
    """Say all that is wrong with the folder CONFIG, each at its file, line and column.

    Checks the definitions, the settings and the form of the tests beside them. Exits 2 where there is a problem.
    """
    files = read_folder(config)
    definitions, problems = check(files)
    if definitions is None or problems:
        refuse(config, problems)
    click.echo(summary(definitions))


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
