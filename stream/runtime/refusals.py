"""Why Kafka does not let us in or through, in one line for whoever runs it.

aiokafka tells it to its log alone: to the caller every certificate and password that is refused is a broker that does
not answer.
"""

import asyncio
import ssl
from collections.abc import Iterator
from typing import Final

from aiokafka.conn import create_conn
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from stream.runtime.security import kafka_security
from stream.runtime.settings_fields import Settings

_ANSWER_MS: Final = 5_000
_PROTECTED: Final = {
    TopicAuthorizationFailedError: "topic",
    GroupAuthorizationFailedError: "consumer group",
    TransactionalIdAuthorizationFailed: "transactional id",
    ClusterAuthorizationFailedError: "the cluster",
}


async def described(error: BaseException, settings: Settings) -> str:
    """Return a line for the error and what caused it; nothing where it is neither a door shut nor a permission."""
    for one in _with_causes(error):
        if permission := _missing_permission(one):
            return (
                f"{_account(settings)} lacks a permission on {permission}; deploy/kafka/acls.sh lists what each needs"
            )
        if isinstance(one, KafkaConnectionError):
            reasons = await _shut_doors(settings)
            return f"no Kafka broker answers at {settings.brokers}" + (f": {reasons}" if reasons else "")
    return ""


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _missing_permission(error: BaseException) -> str:
    """Return what the broker keeps from us, by kind and name."""
    for kind, protected in _PROTECTED.items():
        if isinstance(error, kind):
            given = error.args[0] if error.args else ""
            names = sorted(map(str, given)) if isinstance(given, set | frozenset | list) else [str(given)]
            return f"{protected} {', '.join(names)}".rstrip()
    return ""


async def _shut_doors(settings: Settings) -> str:
    """Knock at every broker again; return what each says, those left out where simply nobody answers."""
    addresses = settings.brokers.split(",")
    said = await asyncio.gather(*(_knock(address, settings) for address in addresses))
    reasons = {address: reason for address, reason in zip(addresses, said, strict=True) if reason}
    if len(addresses) == 1:
        return "".join(reasons.values())
    return "; ".join(f"{address} {reason}" for address, reason in reasons.items())


async def _knock(address: str, settings: Settings) -> str:
    host, _, port = address.rpartition(":")
    try:
        connection = await create_conn(
            host.strip("[]"), int(port), request_timeout_ms=_ANSWER_MS, **kafka_security(settings)
        )
        try:
            # A listener that wants an account names its versions to anyone, and breaks off at the first question.
            await connection.send(MetadataRequest([]))
        finally:
            connection.close()
    except (OSError, KafkaError, TimeoutError) as error:
        return _reason(error, settings)
    return ""


def _reason(error: BaseException, settings: Settings) -> str:
    protocol = settings.security_protocol
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is refused, {error.verify_message.rstrip('.')}"
        case ssl.SSLError():
            return f"TLS fails, {error.reason or error}: does it speak {protocol} there{_or_certificate(settings)}?"
        case SaslAuthenticationFailed():
            return f"it refuses {_account(settings)}: wrong name, password or mechanism ({settings.sasl_mechanism})"
        case UnsupportedSaslMechanismError():
            return f"it does not know {settings.sasl_mechanism}"
        case KafkaError() | ConnectionResetError() | TimeoutError():
            return f"it breaks off or keeps silent: does it speak {protocol} there{_or_certificate(settings)}?"
    return ""


def _or_certificate(settings: Settings) -> str:
    """A broker that wants certificates takes the handshake first, and breaks off at the first question."""
    is_asked = settings.security_protocol.endswith("SSL") and not settings.ssl_certfile
    return ", or want a certificate of ours (ssl_certfile)" if is_asked else ""


def _account(settings: Settings) -> str:
    return f"the account {settings.sasl_username!r}" if settings.sasl_username else "this client, without account,"
