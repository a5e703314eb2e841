"""A Kafka that denies by default: the whole way with settings alone, and what happens where a permission is missing."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from stream.definitions import load
from stream.runtime.delivery import partition_of
from stream.runtime.security import kafka_security
from stream.runtime.settings import Secret, Settings
from stream.runtime.worker import WorkerFailed, make_worker
from stream.testkit.files import read_config
from tests.kafka.broker import free_ports
from tests.kafka.secure_broker import PLAIN_USER, Acl, SecureBroker, written_acls

ROOT = Path(__file__).parents[2]
APP, PREFIX, GROUP = "guarded", "shop.", "senders"
ROLES = ("worker", "topics", "play", "requeue", "subscriber")
UNUSED = ("people", "cart", "email")
CANARY = "canary-7f3a"
WRONG = "canary-wrong-9e21"


def acls(role: str, folder: Path) -> list[Acl]:
    return written_acls(role, folder, STREAM_APP=APP, STREAM_TOPIC_PREFIX=PREFIX, GROUP=GROUP)


def settings(secure: SecureBroker, user: str) -> Settings:
    return Settings(
        app=APP,
        topic_prefix=PREFIX,
        brokers=secure.at["SASL_PLAINTEXT"],
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-256",
        sasl_username=user,
        sasl_password=Secret(CANARY),
        session_timeout_ms=6_000,
        http_port=0,
    )


def environment(given: Settings, **more: str) -> dict[str, str]:
    """The same settings as variables, and nothing else of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STREAM_")}
    names = ("app", "topic_prefix", "brokers", "security_protocol", "sasl_mechanism", "sasl_username")
    told = {f"STREAM_{name.upper()}": str(getattr(given, name)) for name in names}
    secret = {"STREAM_SASL_PASSWORD": given.sasl_password.reveal(), "STREAM_HTTP_PORT": "0"}
    return kept | told | secret | {"STREAM_LOG_LEVEL": "debug"} | more


def stream(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stream", *arguments]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def write_history(path: Path, numbers: Sequence[int]) -> None:
    """Five views make a window shopper; each user is one, an hour ago."""
    hour_ago_ms = int(time.time() * 1_000) - 3_600_000
    calls = [
        {
            "type": "track",
            "messageId": f"m{number}-{view}",
            "userId": f"user-{number}",
            "event": "Product Viewed",
            "timestamp": hour_ago_ms + view,
            "properties": {"product_id": "p1", "category": "shoes"},
        }
        for view in range(5)
        for number in numbers
    ]
    path.write_text("".join(json.dumps(call) + "\n" for call in calls))


@contextmanager
def working(env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as sink:
        command = [sys.executable, "-m", "stream", "worker"]
        worker = subprocess.Popen(command, env=env, cwd=ROOT, stdout=sink, stderr=sink)
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def fetched(port: int, path: str) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return str(answer.headers) + str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return str(error.headers) + error.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return ""


async def entries(given: Settings, segment: str, count: int) -> list[str]:
    """Read back, as a member of the subscriber's group, until so many have entered a segment."""
    consumer = AIOKafkaConsumer(
        PREFIX + "segment-changes",
        bootstrap_servers=given.brokers,
        group_id=GROUP,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        **kafka_security(given),
    )
    found: list[str] = []
    async with asyncio.timeout(60), consumer:
        while len(found) < count:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                values = [record.value.decode() for record in records]
                found += [value for value in values if json.loads(value)["segment"] == segment]
    return found


async def spoil(given: Settings) -> None:
    """Send what can only become a dead letter."""
    async with AIOKafkaProducer(bootstrap_servers=given.brokers, **kafka_security(given)) as producer:
        await producer.send_and_wait(PREFIX + "clickstream", b"{", partition=0)


async def misplace(given: Settings, user: str) -> None:
    """Send a click to a partition where its user does not belong, for a worker to send it on."""
    call = {"type": "track", "userId": user, "event": "Product Viewed", "timestamp": int(time.time() * 1_000)}
    call["properties"] = {"product_id": "p1", "category": "shoes"}
    wrong = (partition_of(user.encode(), given.partitions) + 1) % given.partitions
    async with AIOKafkaProducer(bootstrap_servers=given.brokers, **kafka_security(given)) as producer:
        await producer.send_and_wait(PREFIX + "clickstream", json.dumps(call).encode(), partition=wrong)


class Place:
    """The broker with one account a role, and the shop's topics on it."""

    def __init__(self, secure: SecureBroker, folder: Path) -> None:
        self.secure, self.folder = secure, folder
        self.said: list[str] = []
        self.changes: list[str] = []
        for role in ROLES:
            self.add(role, acls(role, folder))

    def add(self, user: str, allowed: Sequence[Acl]) -> None:
        self.secure.add_account(user, CANARY)
        self.secure.allow(user, allowed)

    def stream(self, user: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        run = stream(*arguments, env=environment(settings(self.secure, user)))
        self.said.append(run.stdout + run.stderr)
        return run

    def play(self, numbers: Sequence[int]) -> subprocess.CompletedProcess[str]:
        history = self.folder / "history.jsonl"
        write_history(history, numbers)
        return self.stream("play", "play", str(history), "--format", "segment")


@pytest.fixture(scope="module")
def place(secure: SecureBroker, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """After one worker went the whole way: a changelog with profiles, then events that wait for the next worker."""
    made = Place(secure, tmp_path_factory.mktemp("place"))
    created = made.stream("topics", "topics")
    assert created.returncode == 0, made.said[-1]
    assert made.play(range(8)).returncode == 0, made.said[-1]
    asyncio.run(spoil(settings(made.secure, "play")))
    _go_the_whole_way(made)
    assert made.play(range(100, 108)).returncode == 0, made.said[-1]
    asyncio.run(misplace(settings(made.secure, "play"), "user-200"))
    return made


def _go_the_whole_way(made: Place) -> None:
    log, port = made.folder / "worker.log", free_ports(1)[0]
    with working(environment(settings(made.secure, "worker"), STREAM_HTTP_PORT=str(port)), log) as worker:
        made.changes = asyncio.run(entries(settings(made.secure, "subscriber"), "window_shopper", 8))
        made.said += [fetched(port, path) for path in ("/", "/metrics", "/health", "/ready", "/nowhere")]
        made.said.append(Path(f"/proc/{worker.pid}/cmdline").read_text())
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0, log.read_text()
    made.said.append(log.read_text())


def test_topics_worker_play_and_subscriber_need_no_more_than_is_written_down(place: Place):
    decided = [json.loads(change) for change in place.changes]
    assert {change["user_id"] for change in decided} == {f"user-{number}" for number in range(8)}
    assert {change["change"] for change in decided} == {"entered"}


def test_no_log_at_debug_no_page_and_no_command_line_shows_a_password(place: Place):
    said = "".join(place.said)
    for expected in ("took over tasks", "stream_profiles", "alive", "played", "created"):
        assert expected in said
    assert CANARY not in said


# ------------------------------------------------------------------------------- one permission less


def without(role: str) -> list[object]:
    with tempfile.TemporaryDirectory() as folder:
        return [pytest.param(acl, id=str(acl)) for acl in acls(role, Path(folder))]


async def failure(given: Settings) -> str:
    """Run a worker until it gives up, which it must do soon, and return what it says."""
    worker = make_worker(load(read_config(ROOT / "config")), given)
    with pytest.raises(WorkerFailed) as failed:
        async with asyncio.timeout(30):
            await worker.run(asyncio.Event())
    return str(failed.value)


def one_less(place: Place, role: str, missing: Acl) -> str:
    """Make an account that lacks one permission of its role."""
    user = f"{role}-{acls(role, place.folder).index(missing)}"
    place.add(user, [acl for acl in acls(role, place.folder) if acl != missing])
    return user


@pytest.mark.parametrize("missing", without("worker"))
async def test_a_worker_stops_and_names_the_permission_it_lacks(place: Place, missing: Acl):
    user = await asyncio.to_thread(one_less, place, "worker", missing)
    said = await failure(settings(place.secure, user))
    kind = {"group": "consumer group", "transactional-id": "transactional id"}.get(missing.kind, missing.kind)
    assert said.startswith(f"the account {user!r} lacks a permission on {kind} {missing.name}"), said
    assert said.endswith("deploy/kafka/acls.sh lists what each needs")


@pytest.mark.parametrize("missing", without("play")[:1])
def test_play_stops_and_names_the_permission_it_lacks(place: Place, missing: Acl):
    user = one_less(place, "play", missing)
    run = place.stream(user, "play", str(place.folder / "history.jsonl"), "--format", "segment")
    assert run.returncode == 2
    assert f"Error: the account {user!r} lacks a permission on topic {missing.name}" in run.stderr.splitlines()[-1]


@pytest.mark.parametrize("missing", without("topics")[:3])
def test_topics_stops_and_names_the_permission_it_lacks(place: Place, missing: Acl):
    user = one_less(place, "topics", missing)
    app = {"STREAM_APP": "another"} if missing.operation == "Create" else {}
    run = stream("topics", env=environment(settings(place.secure, user), **app))
    assert run.returncode == 2
    assert f"Error: the account {user!r} lacks a permission on topic" in run.stderr.splitlines()[-1]


def needed_to_requeue() -> list[object]:
    """What bringing back one letter of the clickstream takes."""
    with tempfile.TemporaryDirectory() as folder:
        allowed = [acl for acl in acls("requeue", Path(folder)) if acl.name.removeprefix(PREFIX) not in UNUSED]
    return [pytest.param(acl, id=str(acl)) for acl in allowed]


@pytest.mark.parametrize("missing", needed_to_requeue())
def test_requeue_stops_and_names_the_permission_it_lacks(place: Place, missing: Acl):
    user = one_less(place, "requeue", missing)
    run = place.stream(user, "requeue")
    assert run.returncode == 2
    kind = {"transactional-id": "transactional id"}.get(missing.kind, missing.kind)
    assert f"Error: the account {user!r} lacks a permission on {kind} {missing.name}" in run.stderr.splitlines()[-1]


def test_requeue_needs_no_more_than_is_written_down(place: Place):
    for count in (1, 0):
        run = place.stream("requeue", "requeue")
        assert run.returncode == 0, run.stderr
        assert f"requeued {count} dead letter" in run.stdout


# ------------------------------------------------------------------------------------- who gets in


@pytest.mark.parametrize(
    ("user", "mechanism", "why"),
    [
        ("worker", "SCRAM-SHA-256", "it refuses the account 'worker'"),
        ("nobody", "SCRAM-SHA-512", "it refuses the account 'nobody'"),
        (PLAIN_USER, "PLAIN", f"it refuses the account '{PLAIN_USER}'"),
    ],
)
def test_a_wrong_password_ends_a_worker_in_one_line_without_showing_it(
    place: Place, user: str, mechanism: str, why: str
):
    given = msgspec.structs.replace(settings(place.secure, user), sasl_mechanism=mechanism, sasl_password=Secret(WRONG))
    run = stream("worker", env=environment(given))
    assert run.returncode == 1
    assert (
        f"Error: the worker stopped: no Kafka broker answers at {given.brokers}: {why}" in run.stderr.splitlines()[-1]
    )
    assert WRONG not in run.stdout + run.stderr
