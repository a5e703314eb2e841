"""The sizes that keep a file and a function readable in one go."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40


def sources(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from sorted((ROOT / room).rglob("*.py"))


def long_files(paths: Iterator[Path], lines_max: int = FILE_LINES_MAX) -> list[str]:
    counted = ((path, len(path.read_text(encoding="utf-8").splitlines())) for path in paths)
    return [f"{path}:{count}: {count} lines, at most {lines_max}" for path, count in counted if count > lines_max]


def long_functions(paths: Iterator[Path], lines_max: int = FUNCTION_LINES_MAX) -> list[str]:
    return [
        f"{path}:{node.lineno}: {node.name} has {count} lines, at most {lines_max}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (count := (node.end_lineno or node.lineno) - node.lineno + 1) > lines_max
    ]


def test_no_file_is_longer_than_300_lines() -> None:
    offenders = long_files(sources("stream", "tests"))
    assert not offenders, "\n" + "\n".join(offenders)


def test_no_function_is_longer_than_40_lines() -> None:
    offenders = long_functions(sources("stream"))
    assert not offenders, "\n" + "\n".join(offenders)


@pytest.mark.parametrize(("line_count", "is_long"), [(300, False), (301, True)])
def test_a_file_of_300_lines_passes_and_one_of_301_is_named(tmp_path: Path, line_count: int, is_long: bool) -> None:
    path = tmp_path / "measured.py"
    path.write_text("x = 1\n" * line_count)
    assert bool(long_files(iter([path]))) is is_long


@pytest.mark.parametrize("head", ["def measured():", "async def measured():"])
@pytest.mark.parametrize(("line_count", "is_long"), [(40, False), (41, True)])
def test_a_function_of_40_lines_passes_and_one_of_41_is_named_at_its_line(
    tmp_path: Path, head: str, line_count: int, is_long: bool
) -> None:
    path = tmp_path / "measured.py"
    path.write_text("\n" + head + "\n" + "    x = 1\n" * (line_count - 1))
    expected = [f"{path}:2: measured has {line_count} lines, at most 40"] if is_long else []
    assert long_functions(iter([path])) == expected
