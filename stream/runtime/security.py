"""How the clients prove who they are, and to whom: TLS and SASL, made from the settings in one place."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from stream.runtime.settings_fields import Settings


class CertificateUnreadable(OSError):
    """A file of certificates or keys cannot be used; the message names its setting."""


def kafka_security(settings: Settings) -> dict[str, object]:
    """Return aiokafka's keyword arguments; raises CertificateUnreadable."""
    arguments: dict[str, object] = {"security_protocol": settings.security_protocol}
    if settings.security_protocol.endswith("SSL"):
        arguments["ssl_context"] = _ssl_context(settings)
    if settings.security_protocol.startswith("SASL_"):
        arguments["sasl_mechanism"] = settings.sasl_mechanism
        arguments["sasl_plain_username"] = settings.sasl_username
        arguments["sasl_plain_password"] = settings.sasl_password.reveal()
    return arguments


def librdkafka_security(settings: Settings) -> dict[str, object]:
    """Return the same as librdkafka's settings. It verifies certificate and host name by default, from TLS 1.2 on."""
    found: dict[str, object] = {"security.protocol": settings.security_protocol}
    if settings.security_protocol.endswith("SSL"):
        given = {
            "ssl.ca.location": settings.ssl_cafile,
            "ssl.certificate.location": settings.ssl_certfile,
            "ssl.key.location": settings.ssl_keyfile,
        }
        found.update((name, path) for name, path in given.items() if path)
    if settings.security_protocol.startswith("SASL_"):
        found["sasl.mechanisms"] = settings.sasl_mechanism
        found["sasl.username"] = settings.sasl_username
        found["sasl.password"] = settings.sasl_password.reveal()
    return found


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    """Return a context that verifies certificate and host name, and shows our own certificate where we have one."""
    with _naming("ssl_cafile", settings.ssl_cafile):
        context = ssl.create_default_context(cafile=settings.ssl_cafile or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.ssl_certfile:
        with _naming("ssl_certfile or ssl_keyfile", f"{settings.ssl_certfile}, {settings.ssl_keyfile}"):
            # Without a password OpenSSL would ask for that of an encrypted key on the terminal, and wait there.
            context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile, password="")
    return context


@contextmanager
def _naming(setting: str, path: str) -> Iterator[None]:
    """Say which setting's file is meant: ssl's own errors name none."""
    try:
        yield
    except OSError as error:
        raise CertificateUnreadable(f"{setting} {path}: {error}") from error
