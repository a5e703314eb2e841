"""Prometheus itself, for tests: found on the PATH or in build/, started on a free port of this machine."""

import contextlib
import json
import math
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "deploy/prometheus"
_UNPACKED = ROOT / "build/prometheus/usr/bin"


def binary(name: str) -> str:
    """Return the path of `prometheus` or `promtool`; without one the test is skipped, and under CI it fails."""
    found = shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}{_UNPACKED}")
    if found:
        return found
    message = f"needs {name}: tests/deploy/install-prometheus.sh fetches it"
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def free_port() -> int:
    """Return a port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def config_for(folder: Path, target_port: int) -> Path:
    """Write the shipped config with a fixed target instead of the containers' names, and quicker; return its path."""
    yaml = YAML()
    config = yaml.load(SHIPPED / "prometheus.yml")
    config["global"].update(scrape_interval="250ms", scrape_timeout="250ms", evaluation_interval="250ms")
    (job,) = config["scrape_configs"]
    del job["dns_sd_configs"]
    job["static_configs"] = [{"targets": [f"127.0.0.1:{target_port}"]}]
    shutil.copytree(SHIPPED / "rules", folder / "rules")
    path = folder / "prometheus.yml"
    with path.open("w") as file:
        yaml.dump(config, file)
    return path


class Prometheus:
    """A running Prometheus, asked over its HTTP API."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def query(self, expression: str) -> list[float]:
        """Return the values an instant query yields, NaN apart; raises AssertionError where the query is wrong."""
        asked = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(f"{self._url}/api/v1/query?{asked}", timeout=10) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{expression}: {error.read().decode()}") from error
        values = [float(series["value"][1]) for series in answer["data"]["result"]]
        return [value for value in values if not math.isnan(value)]

    def is_ready(self) -> bool:
        """Whether it answers queries."""
        try:
            with urllib.request.urlopen(f"{self._url}/-/ready", timeout=1) as response:
                return bool(response.status == 200)
        except OSError:
            return False


@contextlib.contextmanager
def running_prometheus(folder: Path, target_port: int) -> Iterator[Prometheus]:
    """Yield a Prometheus with our config that scrapes the port; it ends with the context."""
    port = free_port()
    command = [
        binary("prometheus"),
        f"--config.file={config_for(folder, target_port)}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    log = folder / "prometheus.log"
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            prometheus = Prometheus(port)
            deadline = time.monotonic() + 30
            while not prometheus.is_ready():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            yield prometheus
        finally:
            process.terminate()
