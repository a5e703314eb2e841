"""docker-compose.yml and the Dockerfile against a schema, each other and the code; no Docker engine is needed."""

import re
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from stream.cli import commands
from stream.runtime.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
SERVICES: dict[str, Any] = COMPOSE["services"]
PROMETHEUS: dict[str, Any] = YAML(typ="safe").load(ROOT / "deploy/prometheus/prometheus.yml")
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()

TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
DURATION = {"type": "string", "pattern": r"^\d+(ms|s|m)$"}
SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["image"],
    "properties": {
        "image": {"type": "string"},
        "build": {
            "type": "object",
            "additionalProperties": False,
            "required": ["context", "dockerfile"],
            "properties": {"context": {"type": "string"}, "dockerfile": {"type": "string"}},
        },
        "command": TEXTS,
        "environment": {"type": "object", "additionalProperties": {"type": "string"}},
        "ports": {"type": "array", "items": {"type": "string", "pattern": r"^127\.0\.0\.1:\d+(-\d+)?:\d+$"}},
        "volumes": {"type": "array", "items": {"type": "string", "pattern": r"^[^:]+:/[^:]+(:ro)?$"}},
        "depends_on": {"type": ["array", "object"]},
        "healthcheck": {
            "type": "object",
            "additionalProperties": False,
            "required": ["test", "interval", "timeout", "retries"],
            "properties": {
                "test": TEXTS,
                "interval": DURATION,
                "timeout": DURATION,
                "retries": {"type": "integer"},
                "start_period": DURATION,
            },
        },
        "stop_grace_period": DURATION,
        "restart": {"enum": ["unless-stopped"]},
    },
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "services", "volumes"],
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"const": "stream"},
        "services": {"type": "object", "additionalProperties": SERVICE},
        "volumes": {"type": "object"},
    },
}


def test_the_file_has_the_form_of_a_compose_file():
    jsonschema.validate(COMPOSE, SCHEMA)


def test_every_part_is_there():
    assert set(SERVICES) == {"kafka", "topics", "worker", "prometheus", "grafana"}


def test_every_image_is_of_a_fixed_version_or_built_here():
    for name, service in SERVICES.items():
        assert "build" in service or re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+", service["image"]), name


def test_services_wait_for_services_that_exist_and_can_say_when():
    for service in SERVICES.values():
        needed = service.get("depends_on", {})
        for name in needed:
            assert name in SERVICES
            if isinstance(needed, dict) and needed[name]["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[name]


def test_topics_are_made_before_a_worker_starts_and_after_the_broker():
    assert SERVICES["worker"]["depends_on"] == {"topics": {"condition": "service_completed_successfully"}}
    assert SERVICES["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert "restart" not in SERVICES["topics"]


def test_every_mounted_file_and_volume_exists():
    for service in SERVICES.values():
        for source in (volume.split(":")[0] for volume in service.get("volumes", ())):
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


@pytest.mark.parametrize("name", ["topics", "worker"])
def test_our_commands_and_variables_are_understood(name: str):
    service = SERVICES[name]
    command, *arguments = service["command"]
    found = commands.get_command(commands.make_context("stream", ["--help"], resilient_parsing=True), command)
    assert found is not None
    assert found.make_context(command, list(arguments)).params["config"] == Path("config")
    settings = load_settings((ROOT / "config/settings.yaml").read_text(), service["environment"])
    assert settings.brokers == "kafka:19092"


def test_the_brokers_address_is_the_one_that_kafka_gives_to_containers():
    kafka = SERVICES["kafka"]["environment"]
    advertised = dict(one.split("://") for one in kafka["KAFKA_ADVERTISED_LISTENERS"].split(","))
    listeners = dict(one.split("://") for one in kafka["KAFKA_LISTENERS"].split(","))
    brokers = SERVICES["worker"]["environment"]["STREAM_BROKERS"]
    assert advertised["CONTAINERS"] == brokers
    assert listeners["CONTAINERS"] == f":{brokers.split(':')[1]}"
    assert brokers in SERVICES["kafka"]["healthcheck"]["test"][1]
    assert kafka["KAFKA_INTER_BROKER_LISTENER_NAME"] == "CONTAINERS"
    assert set(listeners) == {one.split(":")[0] for one in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}


def test_programs_on_this_machine_reach_kafka_where_the_settings_look_for_it():
    advertised = dict(
        one.split("://") for one in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    )
    assert advertised["HOST"] == Settings().brokers
    assert "127.0.0.1:9092:9092" in SERVICES["kafka"]["ports"]


def test_one_broker_keeps_single_copies_of_its_own_topics_too():
    kafka = SERVICES["kafka"]["environment"]
    assert all(value == "1" for key, value in kafka.items() if key.endswith(("REPLICATION_FACTOR", "MIN_ISR")))
    assert Settings().replication == 1


def test_prometheus_finds_the_workers_by_name_and_port():
    (job,) = PROMETHEUS["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    worker = SERVICES["worker"]
    assert found["names"] == ["worker"]
    assert found["port"] == Settings().http_port == int(worker["environment"]["STREAM_HTTP_PORT"])
    assert worker["environment"]["STREAM_HTTP_HOST"] == "0.0.0.0"
    assert worker["ports"][0].endswith(f":{found['port']}")
    assert f":{found['port']}/ready" in worker["healthcheck"]["test"][-1]


def test_grafana_asks_the_prometheus_that_runs_beside_it():
    (source,) = YAML(typ="safe").load(ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert SERVICES["prometheus"]["ports"] == ["127.0.0.1:9090:9090"]
    assert source["jsonData"]["timeInterval"] == PROMETHEUS["global"]["scrape_interval"]


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", DOCKERFILE, re.MULTILINE)


def test_the_image_copies_files_that_exist():
    for instruction in instructions("COPY"):
        *sources, _ = shlex.split(instruction)
        if not sources[0].startswith("--from"):
            assert all((ROOT / source).exists() for source in sources)


def test_the_image_is_locked_by_hash_and_not_run_by_root():
    assert any("--require-hashes -r requirements.lock" in run for run in instructions("RUN"))
    (user,) = instructions("USER")
    assert int(user) >= 10_000
    assert DOCKERFILE.index("\nUSER ") > DOCKERFILE.rindex("\nFROM ")


def test_the_image_serves_the_port_of_the_settings_and_starts_the_worker():
    assert instructions("EXPOSE") == [str(Settings().http_port)]
    (command,) = instructions("CMD")
    assert command == '["worker", "--config", "config"]'
