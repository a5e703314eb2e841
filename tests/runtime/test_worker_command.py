"""`stream worker` as a process: how it starts, ends, and what it says."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[2] / "config"
COMMAND = [sys.executable, "-m", "stream", "worker"]


def clean_environment(**variables: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("STREAM_")} | variables


def ended(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command until it ends by itself."""
    return subprocess.run(
        [*COMMAND, *options],
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "config"))


@pytest.fixture
def embedded_worker(config: Path) -> Iterator[subprocess.Popen[str]]:
    worker = subprocess.Popen(
        [*COMMAND, "--config", str(config), "--embedded"],
        env=clean_environment(STREAM_HTTP_PORT="0", STREAM_LOG_LEVEL="info"),
        stderr=subprocess.PIPE,
        text=True,
    )
    yield worker
    worker.kill()
    worker.wait()


def test_a_wrong_config_starts_nothing_and_says_where(config: Path):
    segment = config / "segments" / "high_value.yaml"
    segment.write_text("describe: Wrong.\nwhen: no_such_trait > 1\n", encoding="utf-8")
    result = ended("--config", str(config), "--brokers", "127.0.0.1:1")
    assert result.returncode == 2
    assert "high_value.yaml:2:7" in result.stderr
    assert "taking over" not in result.stderr


def test_a_wrong_setting_starts_nothing(config: Path):
    result = ended("--config", str(config), STREAM_LATENESS="soon")
    assert result.returncode == 2
    assert "STREAM_LATENESS" in result.stderr


def test_an_embedded_broker_and_others_are_a_contradiction(config: Path):
    result = ended("--config", str(config), "--embedded", "--brokers", "127.0.0.1:1")
    assert result.returncode == 2
    assert "leave out --brokers" in result.stderr


def test_without_a_broker_it_says_so_in_one_line_and_exits_1(config: Path):
    result = ended("--config", str(config), "--brokers", "127.0.0.1:1", STREAM_HTTP_PORT="0")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "Error: the worker stopped: no Kafka broker answers at 127.0.0.1:1"
    assert "Traceback" not in result.stderr


def test_the_embedded_broker_says_its_limits_and_a_signal_ends_the_worker_orderly(
    embedded_worker: subprocess.Popen[str],
):
    assert embedded_worker.stderr is not None
    said: list[str] = []
    for line in embedded_worker.stderr:
        said.append(line.rstrip())
        if "took over" in line:
            embedded_worker.send_signal(signal.SIGTERM)
            break
    said += [line.rstrip() for line in embedded_worker.stderr]
    assert embedded_worker.wait(60) == 0, said
    assert said[0].startswith("embedded broker: for trying things only.")
    assert said[-2].endswith("giving away tasks 0, 1, 2, 3")
    assert said[-1].endswith("stopped: 0 events decided, all committed")


def test_it_serves_its_state_while_it_works(config: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    worker = subprocess.Popen(
        [*COMMAND, "--config", str(config), "--embedded"],
        env=clean_environment(STREAM_HTTP_PORT=port),
        stderr=subprocess.DEVNULL,
    )
    try:
        assert "stream_" in _answer(f"http://127.0.0.1:{port}/metrics", worker)
        assert '"ready": true' in _answer(f"http://127.0.0.1:{port}/ready", worker)
    finally:
        worker.send_signal(signal.SIGINT)
        assert worker.wait(60) == 0


def _answer(url: str, worker: subprocess.Popen[bytes]) -> str:
    """Ask until it is answered with success."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and worker.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"{url} was not answered")
