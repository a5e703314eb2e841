"""TLS on a real broker: certificates are verified both ways, and each refusal says what it is about."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stream.definitions import load
from stream.runtime.settings import Secret, Settings
from stream.runtime.topics_on_broker import ensure_topics
from stream.runtime.worker import WorkerFailed, make_worker
from stream.testkit.files import read_config
from tests.kafka.secure_broker import CERTIFIED, PLAIN_PASSWORD, PLAIN_USER, SecureBroker, written_acls

ROOT = Path(__file__).parents[2]
SCRAM_USER, SCRAM_PASSWORD = "tls-account", "canary-tls-55b0"
MUTUAL = {"ssl_certfile": "client.pem", "ssl_keyfile": "client.key"}


@pytest.fixture(scope="module")
def tls(secure: SecureBroker) -> SecureBroker:
    """The broker, where everyone of this module may look at the topics and create them."""
    allowed = [acl for role in ("topics", "worker") for acl in written_acls(role, secure.folder, STREAM_APP="tls")]
    secure.add_account(SCRAM_USER, SCRAM_PASSWORD)
    for user in (CERTIFIED, PLAIN_USER, SCRAM_USER):
        secure.allow(user, allowed)
    return secure


def settings(tls: SecureBroker, protocol: str, **given: Any) -> Settings:
    """Return settings for a listener; files are those of the test's folder."""
    files = {"ssl_cafile": "ca.pem"} if protocol.endswith("SSL") else {}
    chosen = {"brokers": tls.at[protocol], "security_protocol": protocol} | files | given
    named = {name: str(tls.folder / file) for name, file in chosen.items() if name.startswith("ssl_") and file}
    return msgspec.structs.replace(Settings(app="tls", http_port=0), **(chosen | named))


def account(mechanism: str) -> dict[str, Any]:
    if mechanism == "PLAIN":
        return {"sasl_mechanism": mechanism, "sasl_username": PLAIN_USER, "sasl_password": Secret(PLAIN_PASSWORD)}
    return {"sasl_mechanism": mechanism, "sasl_username": SCRAM_USER, "sasl_password": Secret(SCRAM_PASSWORD)}


async def refusal(given: Settings) -> str:
    """Run a worker that cannot get in, and return what it says."""
    worker = make_worker(load(read_config(ROOT / "config")), given)
    with pytest.raises(WorkerFailed) as failed:
        async with asyncio.timeout(30):
            await worker.run(asyncio.Event())
    assert str(failed.value).startswith(f"no Kafka broker answers at {given.brokers}: ")
    return str(failed.value)


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
async def test_an_account_gets_in_with_every_mechanism(tls: SecureBroker, protocol: str, mechanism: str):
    findings = await ensure_topics(settings(tls, protocol, **account(mechanism)), create=True)
    assert {finding.state for finding in findings} <= {"created", "right"}


async def test_a_worker_gets_in_by_its_certificate_alone(tls: SecureBroker):
    given = settings(tls, "SSL", **MUTUAL)
    await ensure_topics(given, create=True)
    worker, stop = make_worker(load(read_config(ROOT / "config")), given), asyncio.Event()
    running = asyncio.ensure_future(worker.run(stop))
    async with asyncio.timeout(60):
        while worker.readiness.missing and not running.done():
            await asyncio.sleep(0.05)
        stop.set()
        await running


async def test_a_broker_whose_certificate_another_authority_signed_is_refused(tls: SecureBroker):
    said = await refusal(settings(tls, "SASL_SSL", ssl_cafile="other-ca.pem", **account("PLAIN")))
    assert "its certificate is refused, " in said
    assert "issuer certificate" in said


async def test_a_broker_of_another_name_than_its_certificate_s_is_refused(tls: SecureBroker):
    port = tls.at["SASL_SSL"].partition(":")[2]
    said = await refusal(settings(tls, "SASL_SSL", brokers=f"localhost:{port}", **account("PLAIN")))
    assert "certificate is not valid for 'localhost'" in said


async def test_without_a_certificate_of_its_own_a_worker_is_told_that_one_may_be_wanted(tls: SecureBroker):
    assert "or want a certificate of ours (ssl_certfile)?" in await refusal(settings(tls, "SSL"))


async def test_each_protocol_is_told_from_the_others(tls: SecureBroker):
    at = tls.at
    said = await refusal(settings(tls, "SSL", brokers=at["SASL_PLAINTEXT"]))
    assert "does it speak SSL there" in said
    said = await refusal(settings(tls, "SASL_PLAINTEXT", brokers=at["SASL_SSL"], **account("PLAIN")))
    assert "does it speak SASL_PLAINTEXT there" in said
    said = await refusal(settings(tls, "PLAINTEXT", brokers=at["SASL_PLAINTEXT"]))
    assert "does it speak PLAINTEXT there" in said


async def test_no_refusal_shows_a_password(tls: SecureBroker):
    wrong = settings(tls, "SASL_SSL", **account("PLAIN") | {"sasl_password": Secret("canary-tls-wrong")})
    said = await refusal(wrong)
    assert "it refuses the account" in said
    assert "canary" not in said
