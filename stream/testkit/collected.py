"""Scenario files and scenarios as pytest sees them."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from stream.definitions import load
from stream.definitions.problems import ConfigRefused
from stream.testkit.check_scenarios import Checked, read_scenarios
from stream.testkit.files import config_folder, read_config
from stream.testkit.run_scenarios import Player
from stream.testkit.verdict_text import verdict_text


class ScenarioFailed(Exception):
    """Something else happened than the scenario expects; the message is the comparison."""


class ScenarioFile(pytest.File):
    """One `*.test.yaml`; a config or a file with problems is a collection error that lists them all."""

    def collect(self) -> Iterator["ScenarioItem"]:
        """Return the file's scenarios as tests."""
        folder = config_folder(self.path)
        if folder is None:
            raise self.CollectError(f"{self.path} lies in no config folder")
        files, mine = read_config(folder), self.path.relative_to(folder).as_posix()
        try:
            player = _loaded(tuple(files.items()))
        except ConfigRefused as refusal:
            raise self.CollectError(str(refusal)) from refusal
        scenarios, problems = read_scenarios({mine: files[mine]}, player.definitions)
        if problems:
            raise self.CollectError("\n".join(map(str, sorted(problems))))
        for checked in scenarios:
            yield ScenarioItem.of(self, checked, player)


class ScenarioItem(pytest.Item):
    """One scenario."""

    checked: Checked
    player: Player

    @classmethod
    def of(cls, file: ScenarioFile, checked: Checked, player: Player) -> "ScenarioItem":
        """Return the test of one scenario."""
        item: ScenarioItem = cls.from_parent(file, name=checked.scenario.name)
        item.checked, item.player = checked, player
        return item

    def runtest(self) -> None:
        """Play the scenario; what differs from its expectation is the failure."""
        verdict = self.player.run(self.checked)
        if not verdict.passed:
            raise ScenarioFailed(verdict_text(verdict))

    # pytest's own signature names a type that it does not export.
    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:  # type: ignore[override] # see above
        """Return a failed scenario's comparison; any other failure as pytest would show it."""
        if isinstance(excinfo.value, ScenarioFailed):
            return f"{self.path}:{self.checked.scenario.spot.line}: {self.name}\n{excinfo.value}"
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the scenario stands; pytest counts lines from 0."""
        return self.path, self.checked.scenario.spot.line - 1, self.name


@lru_cache(maxsize=2)
def _loaded(files: tuple[tuple[str, str], ...]) -> Player:
    """Return what plays a config's scenarios; the files of one config are collected one after the other."""
    return Player(load(dict(files)))
