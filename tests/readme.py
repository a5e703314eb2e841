"""The README's commands and examples, and the place of a reader who tries them."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from stream.model.calls import encode_call
from stream.model.outcomes import Decision, Goal, Stage, Verdict, Why, encode_outcome
from stream.testkit.shop import simulate

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


COMMANDS = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
BY_MAKE = [command for command in COMMANDS if command.startswith("make ")]
ON_KAFKA = [command for command in COMMANDS if re.match(r"stream (topics|worker|play) ", command)]
DIRECT = [command for command in COMMANDS if command not in [*BY_MAKE, *ON_KAFKA]]


def reader_s_place(folder: Path) -> Path:
    """A folder as the README's reader has it: the shipped config, and a history of their own."""
    shutil.copytree(ROOT / "config", folder / "config")
    history = b"".join(encode_call(call) + b"\n" for call in simulate(3, ["marketing"], shoppers=20, days=2))
    (folder / "history.jsonl").write_bytes(history)
    (folder / "out").mkdir()
    (folder / "out/decisions.jsonl").write_bytes(b"".join(_decisions()))
    return folder


def _decisions() -> Iterator[bytes]:
    """Yield what a replay wrote of 200 runs, every tenth held out and every third with an order."""
    for number in range(200):
        of = {"user_id": f"u{number}", "journey": "cart_recovery", "run_id": f"r{number}"}
        verdict: Verdict = "sent" if number % 10 else "held_out"
        why = Why("time", stages=[Stage("holdout", verdict == "sent")])
        decision = Decision(
            **of, id=f"t{number}", at_ms=0, verdict=verdict, step="0", action="similar_item_email", why=why
        )
        yield encode_outcome(decision) + b"\n"
        if number % 3 == 0:
            yield encode_outcome(Goal(**of, id=f"g{number}", at_ms=1, event="order_completed", value=20.0)) + b"\n"


def environment(**more: str) -> dict[str, str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("STREAM_")}
    return {**bare, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **more}


def run(command: str, place: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        shlex.split(command), cwd=place, env=env, capture_output=True, text=True, timeout=120, check=False
    )
