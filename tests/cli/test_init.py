import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli import commands
from stream.testkit.starter import start_config

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(path.name for path in (ROOT / "stream/replay/pages/templates").iterdir())


def stream(*arguments: str) -> Result:
    return CliRunner().invoke(commands, list(arguments))


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_new_config_is_the_shipped_one_and_passes_check_and_test(tmp_path: Path) -> None:
    mine = tmp_path / "shop" / "config"
    begun = stream("init", str(mine))
    assert (begun.exit_code, begun.stderr) == (0, "")
    assert names(mine) == names(ROOT / "config")
    assert all((mine / name).read_bytes() == (ROOT / "config" / name).read_bytes() for name in names(mine))
    assert stream("check", str(mine)).exit_code == 0
    tested = stream("test", str(mine))
    assert tested.exit_code == 0, tested.output


def test_it_says_what_to_do_next(tmp_path: Path) -> None:
    said = stream("init", str(tmp_path / "mine")).stdout
    assert said.startswith(f"{len(names(tmp_path / 'mine'))} files in {tmp_path / 'mine'}: ")
    assert f"stream check {tmp_path / 'mine'}\n  stream test {tmp_path / 'mine'}\n" in said
    assert all(name in said for name in ("events.yaml", "traits.yaml", "segments/", "actions.yaml"))


def test_an_empty_folder_will_do_and_one_with_a_file_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert stream("init", str(tmp_path / "empty")).exit_code == 0
    again = stream("init", str(tmp_path / "empty"))
    assert (again.exit_code, again.stdout) == (2, "")
    assert "is not empty (actions.yaml and " in again.stderr
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / ".keep").write_text("")
    assert "is not empty (.keep)" in stream("init", str(tmp_path / "hidden")).stderr
    assert names(tmp_path / "hidden") == [".keep"]


def test_a_file_and_a_folder_that_cannot_be_made_are_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    assert "is a file" in stream("init", str(tmp_path / "taken")).stderr
    assert stream("init", str(tmp_path / "taken" / "below")).exit_code == 2
    assert (tmp_path / "taken").read_text() == "mine"


def test_an_installation_without_the_shipped_config_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="has no config in"):
        start_config(tmp_path / "mine", tmp_path / "nowhere")


def test_a_wheel_carries_the_shipped_config_and_the_templates_of_pages(tmp_path: Path) -> None:
    # Of a copy, since a build leaves folders beside the sources. setuptools is in the lock: nothing is fetched.
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    (source / "stream").mkdir()
    (source / "stream" / "__init__.py").write_bytes((ROOT / "stream" / "__init__.py").read_bytes())
    (source / "stream" / "shipped").symlink_to(ROOT / "stream" / "shipped")
    shutil.copytree(ROOT / "stream" / "replay" / "pages", source / "stream" / "replay" / "pages")
    wheel = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q"]
    done = subprocess.run([*wheel, "-w", tmp_path, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(built).namelist())
    shipped = {name for name in packed if name.startswith("stream/shipped/")}
    assert shipped == {f"stream/shipped/{name}" for name in names(ROOT / "config")}
    assert {f"stream/replay/pages/templates/{name}" for name in TEMPLATES} <= packed
