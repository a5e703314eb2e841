import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli.check import command

SHIPPED = Path(__file__).parents[2] / "config"


def check(folder: Path) -> Result:
    return CliRunner().invoke(command, [str(folder)])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "config"))


def spot(config: Path, file: str, text: str) -> str:
    """Return where a text begins that stands in a file once, as problems are told."""
    before, _, _ = (config / file).read_text(encoding="utf-8").partition(text)
    lines = before.split("\n")
    return f"{file}:{len(lines)}:{len(lines[-1]) + 1}"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_shipped_config_is_fine_and_summed_up_in_a_line() -> None:
    result = check(SHIPPED)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("fine: ")
    segments, journeys = (
        sum(not path.name.endswith(".test.yaml") for path in (SHIPPED / folder).iterdir())
        for folder in ("segments", "journeys")
    )
    assert f"{segments} segments, {journeys} journeys, 34 actions; version " in result.stdout


def test_five_planted_mistakes_are_told_each_at_its_line(config: Path) -> None:
    edit(config / "events.yaml", "email_opened: {trigger_id: string", "email_opened: {trigger_id: strnig")
    edit(config / "traits.yaml", "{count: product_viewed, within", "{count: product_veiwed, within")
    edit(config / "segments" / "at_risk.yaml", "60d", "60")
    edit(config / "journeys" / "cart_recovery.yaml", "trigger: reminder_ad", "trigger: remind_ad")
    edit(config / "segments" / "repeat_buyer.yaml", "when", "wehn")
    result = check(config)
    assert (result.exit_code, result.stdout) == (2, "")
    lines = [line.removeprefix(f"{config}/") for line in result.stderr.splitlines()]
    assert [line.split(": ")[0] for line in lines[:-1]] == [
        spot(config, "events.yaml", "strnig"),
        spot(config, "journeys/cart_recovery.yaml", "remind_ad"),
        spot(config, "segments/at_risk.yaml", "60\n"),
        spot(config, "segments/repeat_buyer.yaml", "wehn"),
        spot(config, "traits.yaml", "product_veiwed"),
    ]
    assert lines[-1].startswith("5 problems")


def test_mistakes_in_settings_and_tests_are_told_too(config: Path) -> None:
    (config / "settings.yaml").write_text("no_such_setting: 1\n", encoding="utf-8")
    edit(config / "segments" / "repeat_buyer.test.yaml", "entered: repeat_buyer", "entered: repeat_buyr")
    result = check(config)
    assert result.exit_code == 2
    assert f"{config}/settings.yaml:1:1: " in result.stderr
    assert f"{config}/segments/repeat_buyer.test.yaml:9:" in result.stderr
    assert "2 problems" in result.stderr


def test_the_form_of_tests_is_checked_even_where_definitions_are_refused(config: Path) -> None:
    edit(config / "segments" / "repeat_buyer.yaml", "orders", "order")
    edit(config / "segments" / "at_risk.test.yaml", "until: 59d23h59m", "untill: 59d23h59m")
    result = check(config)
    assert f"{config}/segments/repeat_buyer.yaml:3:7: " in result.stderr
    assert f"{config}/segments/at_risk.test.yaml:12:" in result.stderr


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    result = check(tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr
