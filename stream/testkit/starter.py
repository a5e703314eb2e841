"""A config to begin with: the shipped one, copied."""

from pathlib import Path
from typing import Final

SHIPPED: Final = Path(__file__).parents[1] / "shipped"
"""The shipped config inside the package: in a checkout a link to `config/`, in a wheel the files themselves."""

_KINDS: Final = frozenset({".yaml", ".json"})


class Occupied(Exception):
    """The folder holds something already, and nothing of it may be written over. The message is for people."""


def start_config(folder: Path, shipped: Path = SHIPPED) -> list[str]:
    """Copy the shipped config, tests included, into a folder that is empty or not there yet; return the files' names.

    Raises `Occupied`, `FileNotFoundError` where this installation has no shipped config, and `OSError` where the folder
    cannot be written.
    """
    sources = sorted(path for path in shipped.resolve().rglob("*") if path.suffix in _KINDS and path.is_file())
    if not sources:
        raise FileNotFoundError(f"this installation of stream has no config in {shipped}")
    if folder.exists() and not folder.is_dir():
        raise Occupied(f"{folder} is a file, not a folder")
    if folder.exists() and (there := sorted(path.name for path in folder.iterdir())):
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise Occupied(f"{folder} is not empty ({there[0]}{more}); name a new folder")
    names = [source.relative_to(shipped.resolve()).as_posix() for source in sources]
    for name, source in zip(names, sources, strict=True):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    return names
