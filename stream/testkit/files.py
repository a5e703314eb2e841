"""Reading a config folder."""

from pathlib import Path
from typing import Final

_SUFFIXES: Final = (".yaml", ".yml")


def read_config(folder: Path) -> dict[str, str]:
    """Return the text of every `*.yaml` below the folder, by its relative path with forward slashes, in order of path.

    `*.yml` too: nothing is read from there, and whoever loads the config says so.
    Raises `OSError` where the folder or a file cannot be read, and `UnicodeDecodeError` where one is not UTF-8.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    paths = sorted(path for path in folder.rglob("*.y*ml") if path.suffix in _SUFFIXES and path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8-sig") for path in paths}


def config_folder(path: Path) -> Path | None:
    """Return the config folder a file lies in: the nearest one above with an `events.yaml`, or None."""
    return next((folder for folder in path.parents if (folder / "events.yaml").is_file()), None)
