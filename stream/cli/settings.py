"""Reading a config folder's settings for a command: all their problems go to stderr, and the command exits 2."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stream.definitions.problems import ConfigRefused

if TYPE_CHECKING:
    from stream.runtime.settings import Settings


def read_settings(folder: Path, **given: Any) -> "Settings":
    """Return the settings of `folder/settings.yaml` and the environment; options that were `given` win over both.

    Without such a file the defaults hold. Options of None are not given; times are written as in the file, `2s`.
    """
    from stream.runtime.settings import load_settings

    file = folder / "settings.yaml"
    variables = {f"STREAM_{name.upper()}": str(value) for name, value in given.items() if value is not None}
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        return load_settings(text, {**os.environ, **variables})
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"cannot read {file}: {error}") from error
    except ConfigRefused as refusal:
        lines = [
            f"{folder}/{problem}" if problem.spot.file == "settings.yaml" else str(problem)
            for problem in refusal.problems
        ]
        click.echo("\n".join([*lines, "these settings start nothing"]), err=True)
        sys.exit(2)
