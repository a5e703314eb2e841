"""A password is given by variable or file, and comes out nowhere: not in what is printed, logged, served or shown."""

import json
import os
import socket
import subprocess
import sys
import time
import traceback
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from stream.runtime.faust_room.connection import consumer_arguments
from stream.runtime.refusals import described
from stream.runtime.settings import Settings, check_settings, load_settings

ROOT = Path(__file__).parents[2]
CANARY = "canary-9b1e-password"
ACCOUNT = {"STREAM_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "STREAM_SASL_USERNAME": "worker"}
GIVEN = {**ACCOUNT, "STREAM_SASL_PASSWORD": CANARY}


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STREAM_")}
    return kept | GIVEN | {"STREAM_LOG_LEVEL": "debug", "PYTHONASYNCIODEBUG": "1"} | variables


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "dev", "-m", "stream", *arguments]
    env = environment(**variables)
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def silent_broker() -> Iterator[str]:
    """Yield an address that takes connections and never answers, so that a worker waits there."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def test_settings_show_no_password_however_they_are_shown():
    settings = load_settings("", GIVEN)
    assert settings.sasl_password.reveal() == CANARY
    for shown in (repr(settings), str(settings), f"{settings}", f"{settings.sasl_password}", str([settings])):
        assert CANARY not in shown
    for encode in (msgspec.json.encode, msgspec.msgpack.encode, msgspec.yaml.encode):
        with pytest.raises((TypeError, ImportError)) as refused:
            encode(settings)
        assert CANARY not in str(refused.value)
    with pytest.raises(TypeError):
        json.dumps(settings.sasl_password, default=vars)
    assert CANARY not in repr(msgspec.structs.asdict(settings))


@pytest.mark.parametrize(
    "more",
    [
        {"STREAM_SECURITY_PROTOCOL": "PLAINTEXT"},
        {"STREAM_SASL_MECHANISM": CANARY[:6]},
        {"STREAM_SASL_USERNAME": ""},
        {"STREAM_LATENESS": "soon"},
        {"STREAM_SASL_PASSWORT": "x"},
    ],
)
def test_no_complaint_about_settings_quotes_the_password(more: dict[str, str]):
    refused = run("worker", **more)
    assert refused.returncode == 2
    assert refused.stderr
    assert CANARY not in refused.stdout + refused.stderr


def test_a_password_in_a_file_is_not_quoted_either(tmp_path: Path):
    for text in (
        f"sasl_password: [{CANARY}]",
        f"sasl_password: {{a: {CANARY}}}",
        f"sasl_password: '{CANARY}'\nlateness: x",
    ):
        problems = [str(problem) for problem in check_settings(text)]
        assert problems
        assert CANARY not in "".join(problems)


def test_help_shows_no_value_that_was_given_and_no_option_takes_a_password():
    for command in ("worker", "topics", "play"):
        helped = run(command, "--help")
        assert helped.returncode == 0
        assert CANARY not in helped.stdout
        assert "password" not in helped.stdout.lower()


def test_a_worker_that_waits_for_a_broker_shows_no_password_to_anyone(tmp_path: Path):
    log = tmp_path / "log"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with silent_broker() as address, log.open("wb") as sink:
        env = environment(STREAM_BROKERS=address, STREAM_HTTP_PORT=str(port))
        command = [sys.executable, "-X", "dev", "-m", "stream", "worker"]
        worker = subprocess.Popen(command, env=env, cwd=ROOT, stdout=sink, stderr=sink)
        try:
            seen = [_page(port, "/", patience_s=30), *(_page(port, path) for path in ("/metrics", "/health", "/ready"))]
            assert all(seen)
            shown_by_ps = Path(f"/proc/{worker.pid}/cmdline")
            if shown_by_ps.exists():
                seen.append(shown_by_ps.read_text())
        finally:
            worker.terminate()
            try:
                worker.wait(30)
            finally:
                worker.kill()
    assert CANARY not in "".join(seen)
    assert CANARY not in log.read_text()


def _page(port: int, path: str, patience_s: float = 5) -> str:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return str(answer.headers) + str(answer.read().decode())
        except urllib.error.HTTPError as refused:
            return str(refused.headers) + refused.read().decode()
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                return ""
            time.sleep(0.1)


async def test_an_exception_on_the_way_to_the_broker_holds_no_password():
    settings = load_settings("", {**GIVEN, "STREAM_BROKERS": "127.0.0.1:1"})
    assert CANARY in repr(consumer_arguments(settings, None)), "the client itself must have it"
    from aiokafka import AIOKafkaConsumer
    from aiokafka.errors import KafkaConnectionError

    consumer = AIOKafkaConsumer(**consumer_arguments(settings, None))
    with pytest.raises(KafkaConnectionError) as refused:
        await consumer.start()
    await consumer.stop()
    assert CANARY not in "".join(traceback.format_exception(refused.value))
    assert await described(refused.value, settings) == "no Kafka broker answers at 127.0.0.1:1"


def test_the_default_is_no_password_at_all():
    assert not Settings().sasl_password
