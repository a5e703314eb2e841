"""The demo's worker and player: real processes of the same command line, ended with the demo."""

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import click

_PATIENCE_S: Final = 15
_LOG_LINES: Final = 20


class DemoFailed(click.ClickException):
    """A part of the demo ended by itself; said with the end of its log, exit 2."""

    exit_code = 2


class Process:
    """One `stream` command in a process of its own, which writes into a log. Leaving the context ends it."""

    def __init__(self, arguments: Sequence[str], log: Path, env: Mapping[str, str]) -> None:
        self._name: Final = arguments[0]
        self._log: Final = log
        with log.open("wb") as sink:
            # Its own session, so that Ctrl-C reaches only the demo, which then ends its processes in order.
            self._popen = subprocess.Popen(  # noqa: S603 - our own command line, no shell
                [sys.executable, "-m", "stream", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=dict(env),
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def is_over(self) -> bool:
        """Return whether it has done its work; raises `DemoFailed` where it ended otherwise."""
        code = self._popen.poll()
        if code:
            raise DemoFailed(f"the {self._name} ended with {code}; the end of its log:\n{self.last_lines()}")
        return code is not None

    def has_ended(self) -> bool:
        """Return whether it is no more, in whatever way it ended."""
        return self._popen.poll() is not None

    def check_running(self) -> None:
        """Raise `DemoFailed` where it has ended, in whatever way."""
        if self.is_over():
            raise DemoFailed(f"the {self._name} ended by itself; the end of its log:\n{self.last_lines()}")

    def stop(self) -> None:
        """End it, gently first; when this itself is interrupted, at once."""
        try:
            if self._popen.poll() is None:
                self._popen.send_signal(signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    self._popen.wait(_PATIENCE_S)
        finally:
            if self._popen.poll() is None:
                self._popen.kill()
            self._popen.wait()

    def last_lines(self) -> str:
        """Return the end of its log."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_LOG_LINES:])


class WorkerPage:
    """A worker's web page on this machine."""

    def __init__(self, port: int) -> None:
        self.url: Final = f"http://127.0.0.1:{port}"

    def is_ready(self) -> bool:
        """Return whether the worker has its partitions, its state and its producers."""
        return self._get("/ready") is not None

    def lag_records(self) -> int | None:
        """Return how many records wait to be decided; None while the page does not answer."""
        page = self._get("/metrics")
        if page is None:
            return None
        lags = [line for line in page.splitlines() if line.startswith("stream_lag_records{")]
        return int(sum(float(line.rsplit(" ", 1)[1]) for line in lags))

    def _get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:  # noqa: S310 - always http, this machine
                text: str = answer.read().decode()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None
        return text


def free_port(preferred: int) -> int:
    """Return a port of this machine that nobody listens on, the preferred one if it is free."""
    for port in (preferred, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise DemoFailed("no free port on 127.0.0.1")
