from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli.test import command
from tests.testkit.tiny import FILES

GOOD = (
    "- {name: enters after an hour, given: [{at: 0m, event: product_added, with: {product_id: s1}}],\n"
    "   until: 2h, expect: [{at: 1h, entered: waiting}]}\n"
)
BAD = (
    "- {name: wrong by a minute, given: [{at: 0m, event: product_added, with: {product_id: s1}}],\n"
    "   until: 2h, expect: [{at: 61m, entered: waiting}]}\n"
)
SILENT = "- {name: one view is not enough, given: [{at: 0m, event: product_viewed}], until: 1d, expect: []}\n"


def run(folder: Path, tests: dict[str, str], *arguments: str) -> Result:
    for file, text in {**FILES, **tests}.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return CliRunner().invoke(command, [str(folder), *arguments])


def test_all_as_expected_exits_0_with_a_line_a_file(tmp_path: Path) -> None:
    result = run(tmp_path, {"segments/waiting.test.yaml": GOOD, "segments/curious.test.yaml": SILENT})
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"ok    {tmp_path}/segments/curious.test.yaml  1/1",
        f"ok    {tmp_path}/segments/waiting.test.yaml  1/1",
        "2 scenarios, all as expected",
    ]


def test_a_failing_scenario_exits_1_and_is_shown_in_full(tmp_path: Path) -> None:
    result = run(tmp_path, {"segments/waiting.test.yaml": GOOD + BAD})
    assert result.exit_code == 1
    assert f"FAIL  {tmp_path}/segments/waiting.test.yaml  1/2" in result.stdout
    assert f"{tmp_path}/segments/waiting.test.yaml:3: wrong by a minute" in result.stdout
    assert "- 1h1m     entered waiting" in result.stdout
    assert result.stdout.splitlines()[-1] == "2 scenarios, 1 failed"


@pytest.mark.parametrize(("wanted", "code"), [("enters", 0), ("waiting.test.yaml", 1), ("wrong by", 1)])
def test_a_filter_takes_scenarios_by_file_or_name(tmp_path: Path, wanted: str, code: int) -> None:
    assert run(tmp_path, {"segments/waiting.test.yaml": GOOD + BAD}, "--filter", wanted).exit_code == code


def test_a_filter_that_nothing_matches_exits_2(tmp_path: Path) -> None:
    result = run(tmp_path, {"segments/waiting.test.yaml": GOOD}, "--filter", "nothing such")
    assert result.exit_code == 2
    assert "matches 'nothing such'" in result.stderr


def test_problems_in_the_scenarios_exit_2_on_stderr_and_run_nothing(tmp_path: Path) -> None:
    wrong = GOOD.replace("entered: waiting", "entered: wating")
    result = run(tmp_path, {"segments/waiting.test.yaml": wrong, "segments/curious.test.yaml": SILENT})
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{tmp_path}/segments/waiting.test.yaml:2:" in result.stderr
    assert "did you mean 'waiting'?" in result.stderr


def test_problems_in_the_definitions_exit_2_on_stderr(tmp_path: Path) -> None:
    result = run(tmp_path, {"segments/curious.yaml": "describe: x\nwhen: viewz >= 2\n"})
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{tmp_path}/segments/curious.yaml:2:7" in result.stderr
