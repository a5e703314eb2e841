"""A real Kafka that lets nobody in unasked: an authorizer that denies by default, SASL, TLS, and accounts to give out.

Four listeners on one node: PLAINTEXT for the test itself, whose anonymous principal may do everything; SASL_PLAINTEXT
and SASL_SSL for accounts with SCRAM or PLAIN; SSL for those who show a certificate of the test's own authority.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from tests.kafka.broker import Broker, free_ports

ACLS = Path(__file__).parents[2] / "deploy" / "kafka" / "acls.sh"
PLAIN_USER, PLAIN_PASSWORD = "plain-account", "plain-canary-41c7"
CERTIFIED = "certified"
"""The common name of the client certificate that `Certificates.make` leaves in `client.pem` and `client.key`."""

JAAS_PLAIN = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required "
    f'username="broker" password="unused" user_{PLAIN_USER}="{PLAIN_PASSWORD}";'
)
JAAS_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
PROTOCOLS = ("PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL", "SSL")


@dataclass(frozen=True)
class Acl:
    """One permission, as `deploy/kafka/acls.sh` asks for it."""

    kind: str
    name: str
    pattern: str
    operation: str

    def __str__(self) -> str:
        return f"{self.operation} on {self.kind} {self.name}{'*' if self.pattern == 'prefixed' else ''}"


def written_acls(role: str, folder: Path, **variables: str) -> list[Acl]:
    """Run `deploy/kafka/acls.sh` for a role, with a `kafka-acls.sh` that only notes what it was asked; return that."""
    folder.mkdir(parents=True, exist_ok=True)
    noted, fake = folder / "asked", folder / "kafka-acls.sh"
    noted.write_text("")
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{noted}"\n')
    fake.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "KAFKA_ACLS": str(fake), **variables}
    command = ["sh", str(ACLS), role, "User:somebody", "broker:9092"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return [acl for line in noted.read_text().splitlines() for acl in _parsed(line.split())]


def _parsed(words: list[str]) -> Iterator[Acl]:
    given: dict[str, list[str]] = {}
    for flag, value in zip(words, [*words[1:], "--"], strict=True):
        if flag.startswith("--"):
            given.setdefault(flag, []).extend([] if value.startswith("--") else [value])
    assert given.keys() <= {
        *("--bootstrap-server", "--command-config", "--add", "--force", "--allow-principal", "--operation"),
        *("--topic", "--group", "--transactional-id", "--resource-pattern-type"),
    }, words
    assert given["--allow-principal"] == ["User:somebody"]
    pattern = given.get("--resource-pattern-type", ["literal"])[0]
    for kind in ("topic", "group", "transactional-id"):
        for name in given.get(f"--{kind}", []):
            for operation in given["--operation"]:
                yield Acl(kind, name, pattern, operation)


class SecureBroker:
    """The broker, its certificates, and an administrator's hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broker = Broker()
        make_certificates(folder)
        ports = free_ports(len(PROTOCOLS))
        self.at = {protocol: f"127.0.0.1:{port}" for protocol, port in zip(PROTOCOLS, ports, strict=True)}
        self.at["PLAINTEXT"] = self.broker.bootstrap
        self.broker.settings.update(self._settings(free_ports(1)[0]))
        self._admin: AdminClient | None = None

    def start(self) -> None:
        self.broker.start()
        self._admin = AdminClient({"bootstrap.servers": self.broker.bootstrap, "log_level": 0})

    def add_account(self, user: str, password: str) -> None:
        """Make an account with SCRAM-SHA-256 and SCRAM-SHA-512; without an ACL it may do nothing."""
        assert self._admin is not None
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            wanted = UserScramCredentialUpsertion(user, ScramCredentialInfo(mechanism, 4096), password.encode())
            # Two mechanisms in one request are refused as a doubled change of one account.
            for done in self._admin.alter_user_scram_credentials([wanted]).values():
                done.result(20)

    def allow(self, user: str, acls: Iterable[Acl]) -> None:
        """Give an account permissions; when it returns, the broker knows of them, and of the account."""
        assert self._admin is not None
        bindings = [
            AclBinding(
                ResourceType[acl.kind.replace("-", "_").upper()],
                acl.name,
                ResourcePatternType[acl.pattern.upper()],
                f"User:{user}",
                "*",
                _OPERATIONS[acl.operation],
                AclPermissionType.ALLOW,
            )
            for acl in acls
        ]
        for done in self._admin.create_acls(bindings).values():
            done.result(20)
        # The controller answers a little before the broker has heard of it; accounts come to it in the same order.
        deadline = time.monotonic() + 20
        while len(self._admin.describe_acls(_all_of(user)).result(20)) < len(bindings):
            assert time.monotonic() < deadline, f"the broker knows too few permissions of {user}"
            time.sleep(0.05)

    def remove(self) -> None:
        self._admin = None
        self.broker.remove()

    def _settings(self, controller_port: int) -> dict[str, str]:
        """Kafka 4 reads keys and certificates as PEM."""
        listeners = [f"{protocol}://{address}" for protocol, address in self.at.items()]
        own = (self.folder / "broker.key").read_text() + (self.folder / "broker.pem").read_text()
        (self.folder / "keystore.pem").write_text(own)
        return {
            "listeners": ",".join([*listeners, f"CONTROLLER://127.0.0.1:{controller_port}"]),
            "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
            "listener.security.protocol.map": ",".join([*(f"{p}:{p}" for p in PROTOCOLS), "CONTROLLER:PLAINTEXT"]),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": "User:ANONYMOUS",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            **{
                f"listener.name.{listener}.{mechanism}.sasl.jaas.config": jaas
                for listener in ("sasl_plaintext", "sasl_ssl")
                for mechanism, jaas in (
                    ("plain", JAAS_PLAIN),
                    ("scram-sha-256", JAAS_SCRAM),
                    ("scram-sha-512", JAAS_SCRAM),
                )
            },
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.folder / "keystore.pem"),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.folder / "ca.pem"),
            "listener.name.ssl.ssl.client.auth": "required",
            "listener.name.ssl.ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/",
        }


_OPERATIONS = {
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "Create": AclOperation.CREATE,
    "Describe": AclOperation.DESCRIBE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
}


def _all_of(user: str) -> AclBindingFilter:
    everything = (ResourceType.ANY, None, ResourcePatternType.ANY)
    return AclBindingFilter(*everything, f"User:{user}", None, AclOperation.ANY, AclPermissionType.ANY)


def make_certificates(folder: Path) -> None:
    """Write `ca.pem`, `broker.*` for 127.0.0.1 by address only, `client.*`, and `other-ca.pem` that signed none."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("ca", "other-ca"):
        _openssl(folder, "req", "-x509", *_NEW_KEY, f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN=test {name}")
    for name, subject, extension in (
        ("broker", "broker", "subjectAltName=IP:127.0.0.1"),
        ("client", CERTIFIED, "extendedKeyUsage=clientAuth"),
    ):
        (folder / f"{name}.ext").write_text(extension)
        _openssl(folder, "req", *_NEW_KEY, f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={subject}")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext")
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", *signed)


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout")


def _openssl(folder: Path, *arguments: str) -> None:
    run = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@contextmanager
def secure_kafka(folder: Path) -> Iterator[SecureBroker]:
    """A started one, removed at the end; skips where there is no `openssl`; raises KafkaUnavailableError."""
    if shutil.which("openssl") is None:
        pytest.skip("needs `openssl` on the PATH to make certificates with")
    secure = SecureBroker(folder)
    try:
        secure.start()
        yield secure
    finally:
        secure.remove()
