"""The README's commands that need a broker, in the README's order."""

import shlex
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.kafka.conftest import Kafka
from tests.readme import ON_KAFKA, environment, reader_s_place, run


def test_the_commands_of_the_readme_run_on_a_kafka_in_their_order(kafka: Kafka, tmp_path: Path) -> None:
    place, port = reader_s_place(tmp_path), _free_port()
    topics, worker, play = ON_KAFKA
    env = environment(
        STREAM_BROKERS=kafka.bootstrap,
        STREAM_APP=kafka.unique("readme"),
        STREAM_TOPIC_PREFIX=kafka.unique("readme") + ".",
        STREAM_HTTP_PORT=str(port),
    )
    created = run(topics, place, env)
    assert created.returncode == 0, created.stdout + created.stderr
    log = place / "worker.log"
    with log.open("wb") as sink:
        working = subprocess.Popen(shlex.split(worker), cwd=place, env=env, stdout=sink, stderr=sink)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/ready", working, log)
        played = run(play, place, env)
        assert played.returncode == 0, played.stdout + played.stderr
        assert played.stdout.startswith("played ")
    finally:
        working.send_signal(signal.SIGTERM)
        try:
            code = working.wait(60)
        finally:
            working.kill()
    assert code == 0, log.read_text()


def _wait_until_ready(url: str, working: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + 90
    while time.monotonic() < give_up:
        assert working.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"the worker was not ready: {log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
