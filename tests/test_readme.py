"""Every command that the README shows is run, and what it shows of a config is tried; those on Kafka in tests/kafka."""

import re
from pathlib import Path

import pytest

from stream.cli import commands
from tests.readme import BY_MAKE, DIRECT, ON_KAFKA, README, ROOT, blocks, environment, reader_s_place, run


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return reader_s_place(tmp_path)


def test_the_readme_s_commands_are_commands() -> None:
    assert all(line.startswith("$ ") for block in blocks("console") for line in block.splitlines())
    assert BY_MAKE[:2] == ["make run", "make test"]
    assert [command.split()[1] for command in ON_KAFKA] == ["topics", "worker", "play"]


@pytest.mark.parametrize("command", BY_MAKE)
def test_a_make_target_of_the_readme_exists(command: str) -> None:
    done = run(command.replace("make ", "make -n ", 1), ROOT, environment())
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("command", DIRECT)
def test_a_command_of_the_readme_that_needs_no_broker_runs(command: str, place: Path) -> None:
    done = run(command, place, environment())
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()


def test_the_segment_of_the_readme_passes_the_scenario_of_the_readme(place: Path) -> None:
    definition, scenario = blocks("yaml")
    traits, segment = definition.split("# config/segments/window_shopper.yaml\n")
    (place / "config/segments/window_shopper.yaml").write_text(segment)
    (place / "config/segments/window_shopper.test.yaml").write_text(scenario)
    done = run("stream test config --filter window_shopper", place, environment())
    assert done.returncode == 0, done.stdout + done.stderr
    shipped = [line.split() for line in (ROOT / "config/traits.yaml").read_text().splitlines()]
    for line in traits.splitlines():
        assert line.startswith("#") or not line or line.split() in shipped


def test_the_table_of_commands_has_every_command_in_its_order() -> None:
    assert re.findall(r"^\| `stream (\w+)", README, re.MULTILINE) == commands.list_commands(None)


def test_every_folder_that_the_readme_names_is_there() -> None:
    missing = [name for name in re.findall(r"^\| `([\w/]+)/` \|", README, re.MULTILINE) if not (ROOT / name).is_dir()]
    assert missing == []
