"""The shipped config as it would be before anything was fitted."""

import re
import shutil
from pathlib import Path

SHIPPED = Path(__file__).parents[2] / "config"
_READS_A_TABLE = re.compile(r"\b(score|percentile|clv|p_alive)\(")


def unfitted(to: Path) -> Path:
    """Copy the shipped config without its tables, the segments that read them, and the journeys that read those."""
    folder = Path(shutil.copytree(SHIPPED, to))
    shutil.rmtree(folder / "tables", ignore_errors=True)
    gone = _without(folder / "segments", _READS_A_TABLE)
    _without(folder / "journeys", re.compile(rf"\b({'|'.join(gone)})\b"))
    return folder


def _without(folder: Path, pattern: re.Pattern[str]) -> list[str]:
    """Remove the definitions that have a pattern, with their tests; return their names."""
    files = [path for path in sorted(folder.glob("*.yaml")) if not path.name.endswith(".test.yaml")]
    gone = [path for path in files if pattern.search(path.read_text(encoding="utf-8"))]
    for path in gone:
        path.unlink()
        path.with_suffix(".test.yaml").unlink(missing_ok=True)
    return [path.stem for path in gone]
