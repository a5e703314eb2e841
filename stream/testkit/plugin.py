"""A pytest plugin: every scenario of a `*.test.yaml` that lies in a config folder is a test."""

from pathlib import Path

import pytest

from stream.testkit.files import config_folder


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """Collect a scenario file, where there is a config around it."""
    if not file_path.name.endswith(".test.yaml") or config_folder(file_path) is None:
        return None
    from stream.testkit.collected import ScenarioFile  # noqa: PLC0415 - pytest loads this plugin in every project: the rooms only when needed

    return ScenarioFile.from_parent(parent, path=file_path)
