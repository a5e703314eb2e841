"""Who may reach a worker: the web page takes nothing in and holds no line; useless certificates are named."""

import asyncio
import logging
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stream.runtime.metrics import Metrics
from stream.runtime.security import CertificateUnreadable, kafka_security
from stream.runtime.settings import Settings, load_settings
from stream.runtime.web import Readiness, WebServer

PATIENCE_S = 0.3


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = WebServer(Settings(http_port=0), Metrics(), Readiness(), patience_s=PATIENCE_S)
    yield await server.start()
    await server.stop()


async def answer(port: int, request: bytes, *, within_s: float = 5.0) -> bytes:
    """Send bytes, and return all that comes back until the other side hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(within_s):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def request(method: str, path: str, headers: str = "", body: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: worker\r\nConnection: close\r\n{headers}\r\n{body}".encode()


async def status(port: int, *given: str) -> int:
    return int((await answer(port, request(*given))).split()[1])


def other_address() -> str:
    """An address of this machine that is not loopback, where it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: it only asks which address would be used. 192.0.2.0/24 is reserved for documentation.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return str(probe.getsockname()[0])


async def test_the_page_is_reached_from_this_machine_alone_unless_told_otherwise(port: int):
    assert Settings().http_host == "127.0.0.1"
    outside = other_address()
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection(outside, port)
    told = WebServer(load_settings("", {"STREAM_HTTP_HOST": outside, "STREAM_HTTP_PORT": "0"}), Metrics(), Readiness())
    reached = await told.start()
    reader, writer = await asyncio.open_connection(outside, reached)
    writer.write(request("GET", "/health"))
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()
    await told.stop()


@pytest.mark.parametrize("path", ["/metrics", "/health", "/ready", "/"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_pages_are_read_and_nothing_else(port: int, method: str, path: str):
    assert await status(port, method, path) == 405


@pytest.mark.parametrize(
    "path", ["/nowhere", "/metrics/", "//metrics", "/../etc/passwd", "/%2e%2e/etc/passwd", "/ready.json"]
)
async def test_no_other_path_leads_anywhere(port: int, path: str):
    assert await status(port, "GET", path) == 404


async def test_no_page_takes_anything_in(port: int):
    plain = await answer(port, request("GET", "/ready"))
    canary = "canary-input-3d1"
    dressed = request(
        "GET",
        f"/ready?{canary}={canary}",
        f"Cookie: {canary}\r\nX-{canary}: 1\r\nContent-Length: {len(canary)}\r\n",
        canary,
    )
    assert (await answer(port, dressed)).rpartition(b"\r\n")[2] == plain.rpartition(b"\r\n")[2]
    missing = await answer(port, request("GET", f"/{canary}"))
    assert canary.encode() not in missing


@pytest.mark.parametrize(
    "large",
    [
        request("GET", "/" + "a" * 100_000),
        request("GET", "/health", f"X: {'a' * 100_000}\r\n"),
        request("GET", "/health", "".join(f"X-{number}: a\r\n" for number in range(100_000))),
    ],
    ids=["path", "header", "headers"],
)
async def test_a_request_that_is_too_large_is_refused_and_leaves_no_traceback(
    port: int, large: bytes, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.DEBUG):
        assert not (await answer(port, large)).startswith(b"HTTP/1.1 200")
    assert "Traceback" not in caplog.text
    assert "aaaa" not in caplog.text


async def test_a_large_body_is_not_waited_for(port: int):
    announced = request("POST", "/metrics", "Content-Length: 1000000000\r\n", "the beginning")
    assert (await answer(port, announced)).startswith(b"HTTP/1.1 405")


@pytest.mark.parametrize(
    "beginning", [b"", b"GET /hea", b"GET / HTTP/1.1\r\nHost: worker\r\nX: a"], ids=["nothing", "a path", "a header"]
)
async def test_a_request_that_never_ends_does_not_hold_the_line(port: int, beginning: bytes):
    assert not (await answer(port, beginning, within_s=5)).startswith(b"HTTP/1.1 200")


# ------------------------------------------------------------------------------------------------ certificates


def settings(**files: Path) -> Settings:
    return load_settings(
        "security_protocol: SSL", {f"STREAM_{name.upper()}": str(path) for name, path in files.items()}
    )


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_an_authority_that_cannot_be_read_is_named_with_its_setting(tmp_path: Path, text: str | None):
    file = tmp_path / "authorities.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(CertificateUnreadable, match=r"ssl_cafile .*authorities.pem"):
        kafka_security(settings(ssl_cafile=file))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs `openssl` to make a key with")
def test_a_key_with_a_password_is_refused_and_not_asked_for_on_the_terminal(tmp_path: Path):
    certificate, key = tmp_path / "own.pem", tmp_path / "own.key"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-passout", "pass:secret", "-subj", "/CN=worker"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    with pytest.raises(CertificateUnreadable, match=r"ssl_certfile or ssl_keyfile .*own.key"):
        kafka_security(settings(ssl_certfile=certificate, ssl_keyfile=key))
