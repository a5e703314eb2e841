"""TLS and SASL against a real broker: the right account gets in and no other, a strange certificate is refused."""

import subprocess
from pathlib import Path

import msgspec
import pytest
from aiokafka.errors import KafkaError

from stream.runtime.settings import Secret, load_settings
from stream.runtime.topics_on_broker import ensure_topics
from tests.kafka.broker import Broker, free_ports

STORE_PASSWORD = "changeit"
JAAS = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_worker="hunter2";'


def keytool(folder: Path, *arguments: str) -> None:
    """Run Java's key tool on the store of the test; it comes with the Java that Kafka needs."""
    store = ["-alias", "broker", "-keystore", str(folder / "keys.p12"), "-storepass", STORE_PASSWORD]
    subprocess.run(["keytool", *arguments, *store], check=True, capture_output=True)


def secure(broker: Broker, folder: Path) -> str:
    """Restart the broker with a SASL_SSL listener of its own certificate, `ca.pem`; return the listener's address."""
    certificate = ["-keyalg", "RSA", "-validity", "2", "-dname", "CN=127.0.0.1", "-ext", "SAN=ip:127.0.0.1"]
    keytool(folder, "-genkeypair", "-storetype", "PKCS12", *certificate)
    keytool(folder, "-exportcert", "-rfc", "-file", str(folder / "ca.pem"))
    port, controller = free_ports(2)
    broker.settings.update(
        {
            "listeners": f"PLAINTEXT://{broker.bootstrap},SECURE://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.secure.plain.sasl.jaas.config": JAAS,
            "ssl.keystore.location": str(folder / "keys.p12"),
            "ssl.keystore.type": "PKCS12",
            "ssl.keystore.password": STORE_PASSWORD,
        }
    )
    broker.restart()
    return f"127.0.0.1:{port}"


async def test_the_right_account_gets_in_over_tls_and_nobody_else(broker_to_break: Broker, tmp_path: Path):
    text = (
        f"brokers: {secure(broker_to_break, tmp_path)}\nsecurity_protocol: SASL_SSL\nsasl_mechanism: PLAIN\n"
        f"sasl_username: worker\nssl_cafile: {tmp_path / 'ca.pem'}\n"
    )
    settings = load_settings(text, {"STREAM_SASL_PASSWORD": "hunter2"})
    assert {finding.state for finding in await ensure_topics(settings, create=True)} == {"created"}
    refused = {
        "another password": msgspec.structs.replace(settings, sasl_password=Secret("hunter3")),
        "a certificate of an unknown authority": msgspec.structs.replace(settings, ssl_cafile=""),
        "no TLS": msgspec.structs.replace(settings, security_protocol="SASL_PLAINTEXT", ssl_cafile=""),
    }
    for wrong in refused.values():
        with pytest.raises((KafkaError, OSError)) as refusal:
            await ensure_topics(wrong, create=False)
        assert "hunter" not in str(refusal.value)
