"""The format of a file, told by its first line."""

from collections.abc import Sequence
from pathlib import Path

from stream.adapters.formats import FORMATS
from stream.adapters.rows import InputRefused
from stream.replay.files import lines_of

_BEHAVIOURS = {b"pv", b"cart", b"fav", b"buy"}


def form_of(paths: Sequence[Path]) -> str:
    """Return the format that a file's first line looks like; raises `InputRefused` where it looks like none."""
    path = paths[0]
    line = next((line.strip() for line in lines_of(path, lambda _: None) if line.strip()), b"")
    cells = line.split(b",")
    if line.startswith(b"{"):
        return "segment"
    if b"event_time" in cells and b"event_type" in cells:
        return "rees46"
    if len(cells) == 5 and cells[3] in _BEHAVIOURS and cells[4].isdigit():
        return "taobao"
    fields = line.split()
    if len(fields) in (4, 5) and all(field.replace(b".", b"").isdigit() for field in fields):
        return "cdnow"
    raise InputRefused(
        f"the format of {path.name} cannot be told from its first line: say --format {'|'.join(FORMATS)}"
    )
