"""The shipped config as it would be before anything was fitted."""

import re
import shutil
from pathlib import Path

SHIPPED = Path(__file__).parents[2] / "config"


def unfitted(to: Path) -> Path:
    """Copy the shipped config without its tables, and without the segments that read them."""
    folder = Path(shutil.copytree(SHIPPED, to))
    shutil.rmtree(folder / "tables", ignore_errors=True)
    for path in sorted((folder / "segments").glob("*.yaml")):
        if path.is_file() and re.search(r"\b(score|percentile|clv|p_alive)\(", path.read_text(encoding="utf-8")):
            path.unlink()
            path.with_suffix(".test.yaml").unlink(missing_ok=True)
    return folder
