"""A real Apache Kafka broker on this machine, for tests, benches and demos.

One node in KRaft mode (broker and controller in one process), on free loopback ports, its log in a folder of its own.
The jars come from Maven by their coordinates, once, into `build/kafka/`; `KAFKA_HOME` names an unpacked Kafka to use
instead. Run as a program it starts a broker, prints its address and waits for Ctrl-C.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

KAFKA_VERSION = "4.1.0"
BUILD = Path(__file__).resolve().parents[2] / "build" / "kafka"
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 30.0
FETCH_TIMEOUT_S = 600.0

# log4j-slf4j-impl is no dependency of Kafka's own jars: without it the broker says nothing about why it failed.
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>stream</groupId><artifactId>kafka-for-tests</artifactId><version>1</version><packaging>pom</packaging><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version></dependency>
<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version></dependency>
</dependencies></project>
"""

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "num.partitions": "4",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "500",
    # A killed broker may register again only when its former session has ended, so a restart waits at most this long.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Played histories carry old timestamps, which time-based retention would delete at once.
    "log.retention.ms": "-1",
    "log.cleaner.backoff.ms": "500",
    # The default of 128 MiB does not fit a small heap.
    "log.cleaner.dedupe.buffer.size": "8388608",
}


class KafkaUnavailableError(Exception):
    """No Kafka can be had on this machine; the text says what is missing."""


class BrokerFailedError(Exception):
    """The broker was started and did not come up; the text holds the end of its log."""


def classpath() -> str:
    """The jars to run, fetched first if need be; raises KafkaUnavailableError where that is not possible."""
    if shutil.which("java") is None:
        raise KafkaUnavailableError("no `java` on the PATH (Kafka 4 needs Java 17)")
    home = os.environ.get("KAFKA_HOME")
    if home is None:
        return str(_fetched_jars() / "*")
    if not (Path(home) / "libs").is_dir():
        raise KafkaUnavailableError(f"KAFKA_HOME={home} has no `libs` folder")
    return str(Path(home) / "libs" / "*")


def _fetched_jars() -> Path:
    """The folder of jars under `build/`; a marker file says it is complete, a lock keeps a second process waiting."""
    jars = BUILD / KAFKA_VERSION
    complete = jars / "complete"
    if complete.exists():
        return jars
    if shutil.which("mvn") is None:
        raise KafkaUnavailableError("no `mvn` on the PATH to fetch Kafka's jars with, and no KAFKA_HOME")
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            _fetch(jars)
            complete.touch()
    return jars


def _fetch(jars: Path) -> None:
    (BUILD / "pom.xml").write_text(POM)
    command = ["mvn", "-q", "-B", "-f", str(BUILD / "pom.xml"), "dependency:copy-dependencies"]
    command += [f"-DoutputDirectory={jars}", "-DincludeScope=runtime"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False)
    if run.returncode != 0:
        said = (run.stdout + run.stderr)[-600:]
        raise KafkaUnavailableError(f"Maven could not fetch kafka_2.13 {KAFKA_VERSION}: {said}")


def free_ports(count: int) -> list[int]:
    """Loopback ports nobody listens on now; held together while they are chosen, so that no two are equal."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for held in sockets:
            held.bind(("127.0.0.1", 0))
        return [held.getsockname()[1] for held in sockets]


@dataclass
class Broker:
    """One broker process; ports and log folder stay the same over `restart`, so that clients find it again."""

    settings: dict[str, str] = field(default_factory=dict)
    heap: str = "512m"
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        self._classpath = classpath()
        self.folder = Path(tempfile.mkdtemp(prefix="stream-kafka-"))
        self._port, self._controller_port = free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """The process id, None while it is down."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process is not None else None

    @property
    def log_path(self) -> Path:
        return self.folder / "broker.log"

    def start(self) -> Broker:
        """Start it and return when it answers; raises BrokerFailedError with the end of its log."""
        if self.pid is not None:
            return self
        config = self._write_config()
        if not (self.folder / "log" / "meta.properties").exists():
            # The first byte is fixed, since an id that begins with a dash would be taken for an option.
            cluster_id = base64.urlsafe_b64encode(b"k" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
            with self.log_path.open("ab") as log:
                format_command = [*self._java("kafka.tools.StorageTool"), "format", "-t", cluster_id, "-c", str(config)]
                if subprocess.run(format_command, stdout=log, stderr=log, check=False).returncode != 0:
                    raise BrokerFailedError(f"formatting the log folder failed:\n{self.log_tail()}")
        with self.log_path.open("ab") as log:
            # Its own session: Ctrl-C in a terminal must reach Kafka through stop(), not past it.
            command = [*self._java("kafka.Kafka"), str(config)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        atexit.register(self.kill)
        self._await_answer()
        return self

    def stop(self) -> None:
        """End it orderly; killed if it takes longer than STOP_TIMEOUT_S."""
        if self._process is not None and self.pid is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_TIMEOUT_S)
        self.kill()

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        if self._process is not None and self.pid is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        atexit.unregister(self.kill)

    def restart(self) -> None:
        """Stop it if it runs, and start it on the same log folder and ports."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """Kill it and delete its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_tail(self, lines: int = 40) -> str:
        if not self.log_path.exists():
            return "(no log)"
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def __enter__(self) -> Broker:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.remove()

    def _java(self, main_class: str) -> list[str]:
        # The serial collector keeps the broker small beside the tests, which share the machine with it.
        options = [f"-Xmx{self.heap}", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Dlog4j2.level=WARN"]
        return ["java", *options, "-cp", self._classpath, main_class]

    def _write_config(self) -> Path:
        settings = {
            **SETTINGS,
            "listeners": f"PLAINTEXT://127.0.0.1:{self._port},CONTROLLER://127.0.0.1:{self._controller_port}",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "log.dirs": str(self.folder / "log"),
            **self.settings,
        }
        config = self.folder / "server.properties"
        config.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        return config

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.pid is None:
                break
            if self._listens() and answers(self.bootstrap):
                return
            time.sleep(0.1)
        self.kill()
        raise BrokerFailedError(f"the broker did not come up; the end of {self.log_path}:\n{self.log_tail()}")

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1.0):
            return True
        return False


def answers(bootstrap: str, timeout_s: float = 5.0) -> bool:
    """Whether the cluster at this address gives its metadata and has a broker."""
    try:
        client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0, "socket.timeout.ms": 3000})
        return bool(client.list_topics(timeout=timeout_s).brokers)
    except KafkaException:
        return False


@contextlib.contextmanager
def running_kafka() -> Iterator[str]:
    """The address of a Kafka: `KAFKA_BOOTSTRAP_SERVERS` if given, else that of a broker started for the context."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if given is None:
        with Broker() as broker:
            yield broker.bootstrap
    elif answers(given, timeout_s=15.0):
        yield given
    else:
        raise KafkaUnavailableError(f"KAFKA_BOOTSTRAP_SERVERS={given} does not answer")


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt), Broker() as broker:
        sys.stdout.write(f"{broker.bootstrap}\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main()
