"""Settings as a command reads them: the file, then variables, then its own options."""

from pathlib import Path

import pytest

from stream.cli.settings import read_settings
from stream.runtime.settings import Settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "settings.yaml").write_text("app: shop\nbrokers: file:1\nclock: event\n")
    return tmp_path


def test_an_option_wins_over_a_variable_and_a_variable_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch):
    assert read_settings(folder, brokers=None).brokers == "file:1"
    monkeypatch.setenv("STREAM_BROKERS", "variable:2")
    assert read_settings(folder, brokers=None).brokers == "variable:2"
    assert read_settings(folder, brokers="option:3").brokers == "option:3"
    assert read_settings(folder).clock == "event"


def test_without_a_file_the_defaults_hold(tmp_path: Path):
    assert read_settings(tmp_path) == Settings()


def test_problems_go_to_stderr_each_with_a_path_an_editor_can_open(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (folder / "settings.yaml").write_text("clock: sundial\n")
    monkeypatch.setenv("STREAM_PARTITIONS", "none")
    with pytest.raises(SystemExit) as ended:
        read_settings(folder)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"{folder}/settings.yaml:1:8: clock: expected one of event, wall" in said
    assert "STREAM_PARTITIONS:1:1: partitions: expected a whole number" in said
