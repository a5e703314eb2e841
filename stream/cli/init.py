"""`stream init`: begin a config of one's own with the shipped one."""

import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from stream.cli.config import Refused
from stream.testkit.starter import Occupied, start_config


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
def command(folder: Path) -> None:
    """Begin a config in DIR with the shipped definitions, their tests and the settings.

    DIR must be empty, or not be there yet. What comes out passes `stream check` and `stream test` as it is.
    """
    try:
        names = start_config(folder)
    except (Occupied, OSError) as refusal:
        raise Refused(str(refusal)) from refusal
    click.echo(_next_steps(folder, names))


def _next_steps(folder: Path, names: Sequence[str]) -> str:
    definitions = [name for name in names if not name.endswith(".test.yaml")]
    segments = sum(name.startswith("segments/") for name in definitions)
    journeys = sum(name.startswith("journeys/") for name in definitions)
    steps = [
        ("events.yaml", "name the events and properties that your apps send"),
        ("traits.yaml", "what to know of each user, a line a trait"),
        ("segments/", "keep what fits, delete what does not, each with its .test.yaml"),
        ("journeys/, actions.yaml", "what to do, and when"),
    ]
    width = max(len(name) for name, _ in steps)
    written = f"{_count(segments, 'segment')}, {_count(journeys, 'journey')}, their tests"
    return "\n".join(
        [
            f"{len(names)} files in {folder}: {written}.",
            "",
            "Make them yours:",
            *(f"  {name.ljust(width)}  {what}" for name, what in steps),
            "",
            "Then, after each change:",
            f"  stream check {shlex.quote(str(folder))}",
            f"  stream test {shlex.quote(str(folder))}",
        ]
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
