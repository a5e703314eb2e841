"""Processes that are measured: started, watched, and always ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bench.histories import ROOT
from tests.bench.machine import Machine

END_TIMEOUT_S = 30.0


class RowUnavailable(Exception):
    """A row cannot run on this machine; the text says what is missing."""


class MeasuredProcessError(Exception):
    """A process that was to be measured went wrong; the text has the end of what it said."""


def stream(arguments: list[str], env: Mapping[str, str]) -> str:
    """Run a `stream` command to its end and return what it printed."""
    run = subprocess.run(
        [sys.executable, "-m", "stream", *arguments],
        cwd=ROOT,
        env=_environment(env),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise MeasuredProcessError(f"stream {' '.join(arguments)} ended with {run.returncode}:\n{run.stderr[-2000:]}")
    return run.stdout


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return ours with `env` in it, and no other setting: the default ones are measured, whoever's shell this is."""
    return {name: value for name, value in os.environ.items() if not name.startswith("STREAM_")} | dict(env)


class Running:
    """A process under way, what it says going to a file."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process, self._log = process, log

    def has_ended(self) -> bool:
        """Return whether it has ended by itself."""
        return self._process.poll() is not None

    def check(self) -> None:
        """Raise where it has ended by itself."""
        if self.has_ended():
            raise self.failure(f"ended with {self._process.returncode}")

    def failure(self, what: str) -> MeasuredProcessError:
        return MeasuredProcessError(f"{what}:\n{self._log.read_text(errors='replace')[-3000:]}")


@contextmanager
def running(command: list[str], env: Mapping[str, str], log: Path, machine: Machine) -> Iterator[Running]:
    """Start a process on the measured core and step aside; at the end it is asked to end, and killed if it does not."""
    with log.open("wb") as out, machine.measuring():
        process = subprocess.Popen(command, cwd=ROOT, env=_environment(env), stdout=out, stderr=out)
    try:
        with machine.aside():
            yield Running(process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_TIMEOUT_S)
        if process.poll() is None:
            process.kill()
            process.wait()
