import subprocess
import sys
from pathlib import Path

import pytest

from stream.testkit.files import config_folder, read_config
from tests.testkit.tiny import FILES

SCENARIOS = (
    "- {name: enters after an hour, given: [{at: 0m, event: product_added, with: {product_id: s1}}],\n"
    "   until: 2h, expect: [{at: 1h, entered: waiting}]}\n"
    "- {name: wrong by a minute, given: [{at: 0m, event: product_added, with: {product_id: s1}}],\n"
    "   until: 2h, expect: [{at: 61m, entered: waiting}]}\n"
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    for file, text in FILES.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # `-p` twice would be an error, hence only where the entry point is not installed.
    script = (
        "import pytest, sys, importlib.metadata as m\n"
        "known = any(e.value == 'stream.testkit.plugin' for e in m.entry_points(group='pytest11'))\n"
        "more = [] if known else ['-p', 'stream.testkit.plugin']\n"
        "sys.exit(pytest.main([*more, '-p', 'no:cacheprovider', *sys.argv[1:]]))\n"
    )
    command = [sys.executable, "-c", script, str(folder), "--rootdir", str(folder), "-c", "/dev/null", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_every_scenario_is_a_test_and_a_failing_one_shows_the_comparison(config: Path) -> None:
    (config / "segments" / "waiting.test.yaml").write_text(SCENARIOS)
    done = run_pytest(config, "-v")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "waiting.test.yaml::enters after an hour PASSED" in done.stdout
    assert "waiting.test.yaml::wrong by a minute FAILED" in done.stdout
    assert "- 1h1m     entered waiting" in done.stdout


def test_a_config_with_problems_is_a_collection_error_that_lists_them(config: Path) -> None:
    (config / "segments" / "waiting.test.yaml").write_text(SCENARIOS)
    (config / "segments" / "curious.yaml").write_text("describe: Looks around.\nwhen: viewz >= 2\n")
    done = run_pytest(config)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "segments/curious.yaml:2:7" in done.stdout


def test_a_scenario_file_outside_a_config_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "other.test.yaml").write_text("not: ours")
    done = run_pytest(tmp_path)
    assert done.returncode == 5, done.stdout + done.stderr


def test_the_config_folder_is_the_nearest_with_a_tracking_plan(config: Path, tmp_path: Path) -> None:
    assert config_folder(config / "segments" / "waiting.test.yaml") == config
    assert config_folder(tmp_path / "other.test.yaml") is None


def test_a_config_is_read_by_relative_path_in_order(config: Path) -> None:
    assert list(read_config(config)) == sorted(FILES)
    with pytest.raises(NotADirectoryError):
        read_config(config / "events.yaml")
