"""The runbook speaks of every reason for which a worker stops, in the words that the worker uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNBOOK = ROOT / "deploy" / "runbooks" / "worker-stops.md"
REASONS = {"StreamStop", "Stalled", "NotCopartitioned", "WorkerFailed"}
GAP = "…"


def quoted() -> list[str]:
    """Return what the worker says, by the first column of the tables."""
    rows = [line for line in RUNBOOK.read_text().splitlines() if line.startswith("| `")]
    return [row.split("`")[1] for row in rows]


def said() -> dict[str, str]:
    """Return the text of every reason to stop, with a gap for each value, by its place in the code."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "stream").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REASONS and node.args:
                text = "".join(_pieces(node.args[0]))
                if text.strip(GAP):
                    found[f"{path.relative_to(ROOT)}:{node.lineno}"] = text
            if isinstance(node, ast.Return) and isinstance(node.value, ast.JoinedStr) and path.name == "worker.py":
                text = "".join(_pieces(node.value))
                if text.startswith("the log"):
                    found[f"{path.relative_to(ROOT)}:{node.lineno}"] = text
    return found


def _pieces(text: ast.expr) -> Iterator[str]:
    if isinstance(text, ast.Constant):
        yield str(text.value)
    elif isinstance(text, ast.JoinedStr):
        for part in text.values:
            yield str(part.value) if isinstance(part, ast.Constant) else GAP


def speaks_of(quote: str, text: str) -> bool:
    return re.search(".*?".join(map(re.escape, quote.split(GAP))), text) is not None


def test_there_is_enough_to_compare() -> None:
    assert len(said()) >= 20
    assert len(quoted()) >= 20


@pytest.mark.parametrize(("place", "text"), said().items())
def test_the_runbook_tells_what_to_do_when_a_worker_says(place: str, text: str) -> None:
    assert any(speaks_of(quote, text) for quote in quoted()), f"{place}: {text}"


@pytest.mark.parametrize("quote", quoted())
def test_what_the_runbook_quotes_is_said_somewhere(quote: str) -> None:
    assert any(speaks_of(quote, text) for text in said().values())
