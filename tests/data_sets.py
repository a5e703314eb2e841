"""The public data sets, for tests marked `data`: at `../shared/data`, or where STREAM_DATA says."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("STREAM_DATA", Path(__file__).parents[2] / "shared" / "data"))
TAOBAO = "taobao/small_sample.csv.gz"


def data_file(name: str) -> Path:
    """Return the file; a test that needs it is skipped by name where it is absent."""
    if not (DATA / name).is_file():
        pytest.skip(f"{name} is not in {DATA} (STREAM_DATA)")
    return DATA / name
