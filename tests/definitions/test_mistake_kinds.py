"""The kinds of mistake that people make in a config, and the line that `stream check` prints for each of them.

They stand in `mistakes.txt`: kinds as headings, of each some changes to the small config, and below each, indented,
the one line that is printed. It says where (file:line:column), what is wrong, and what was probably meant. A change is
`FILE = TEXT` (the whole file), `FILE += TEXT` (a line more) or `FILE: OLD -> NEW`; `\\n` and `\\t` mean what they do.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from stream.cli.check import command
from tests.definitions.config_text import SMALL, edited

LINES = (Path(__file__).parent / "mistakes.txt").read_text(encoding="utf-8").splitlines()
KINDS = [line.removeprefix("# ") for line in LINES if line.startswith("# ")]


def cases() -> Iterator[tuple[str, dict[str, str], str]]:
    """Give each case: its kind, the files that are changed, and the line."""
    kind, changes = "", {}
    for line in filter(None, LINES):
        if line.startswith("# "):
            kind = line.removeprefix("# ")
        elif line.startswith("    "):
            yield kind, changes, line.strip()
            changes = {}
        else:
            changes |= changed(line)


def changed(line: str) -> dict[str, str]:
    """Return what a line of the table makes of its file."""
    line = line.replace("\\n", "\n").replace("\\t", "\t")
    file, sign, text = re.split(r"( \+= | = |: )", line, maxsplit=1)
    if sign == ": ":
        old, _, new = text.partition(" -> ")
        return edited(file, old, new)
    return {file: (SMALL[file] if sign == " += " else "") + text + "\n"}


@pytest.mark.parametrize(
    ("changes", "line"), [pytest.param(changes, line, id=f"{kind}: {line[:60]}") for kind, changes, line in cases()]
)
def test_a_mistake_is_one_line_that_says_where_what_and_what_was_meant(
    tmp_path: Path, changes: dict[str, str], line: str
) -> None:
    for file, text in {**SMALL, **changes}.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    checked = CliRunner().invoke(command, [str(tmp_path)])
    assert (checked.exit_code, checked.stdout) == (2, "")
    assert checked.stderr == f"{tmp_path}/{line}\n1 problem in {tmp_path}; nothing was started\n"


def test_there_are_many_more_than_twenty_kinds_each_with_a_case() -> None:
    assert len(KINDS) > 30
    assert {kind for kind, *_ in cases()} == set(KINDS)
