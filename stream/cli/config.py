"""Reading a config folder for a command: all its problems go to stderr, and the command exits 2."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import click

from stream.definitions import load
from stream.definitions.problems import ConfigRefused, Problem, nearest
from stream.definitions.shapes import Definitions
from stream.testkit.files import read_config


class Refused(click.ClickException):
    """The command cannot do what was asked; said on stderr, exit 2."""

    exit_code = 2


def not_there(said: str, word: str, known: Iterable[str], otherwise: str = "") -> Refused:
    """Return the refusal of a word that is none of the known ones, with the one that was probably meant."""
    near = nearest(word, known)
    return Refused(said + (f"; did you mean {near}?" if near else otherwise))


def load_config(folder: Path) -> Definitions:
    """Return the checked definitions of a config folder; where it has problems, say them all and exit 2."""
    files = read_folder(folder)
    try:
        return load(files)
    except ConfigRefused as refusal:
        refuse(folder, refusal.problems)


def read_folder(folder: Path) -> dict[str, str]:
    """Return the texts of a config folder's files by relative path; a folder that cannot be read is refused."""
    try:
        files = read_config(folder)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"cannot read the config in {folder}: {error}") from error
    if not files:
        raise Refused(f"there is no *.yaml in {folder}")
    return files


def refuse(folder: Path, problems: Iterable[Problem]) -> NoReturn:
    """Say the problems on stderr, each with a path that an editor can open, and exit 2."""
    lines = [f"{folder}/{problem}" for problem in problems]
    plural = "" if len(lines) == 1 else "s"
    click.echo("\n".join([*lines, f"{len(lines)} problem{plural} in {folder}; nothing was started"]), err=True)
    sys.exit(2)
