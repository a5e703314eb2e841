import subprocess
import sys

import pytest
from click.testing import CliRunner

from stream.cli import commands

ORDER = "init check test replay explain diff lift fit topics worker play requeue demo schema reference".split()


def run_stream(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stream", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_help_lists_every_command_in_the_order_one_comes_to_need_them() -> None:
    shown = CliRunner().invoke(commands, ["--help"]).output
    listed = [line.split()[0] for line in shown.partition("Commands:")[2].splitlines() if line[:3] != "   " and line]
    assert listed == ORDER


@pytest.mark.parametrize("name", ORDER)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(commands, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert f"Usage: stream {name}" in result.output or f"Usage: commands {name}" in result.output


def test_help_imports_no_command_and_no_faust() -> None:
    script = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from stream.cli import commands\n"
        "assert CliRunner().invoke(commands, ['--help']).exit_code == 0\n"
        "heavy = {'faust', 'aiokafka', 'rich', 'ruamel', 'msgspec', 'confluent_kafka', 'prometheus_client'}\n"
        "found = heavy & set(sys.modules) or {m for m in sys.modules if m.startswith('stream.cli.')}\n"
        "assert not found, found\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unknown_command_is_said_on_stderr_and_exits_2() -> None:
    done = run_stream("chek")
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such command 'chek'" in done.stderr


def test_a_config_folder_that_is_not_there_is_said_on_stderr_and_exits_2() -> None:
    done = run_stream("test", "no-such-folder")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no-such-folder" in done.stderr


def test_the_version_is_the_package_s() -> None:
    done = run_stream("--version")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] == "stream"
