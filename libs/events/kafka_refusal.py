"""Why no broker lets a client in, where a setting can mend it: the library says only that it could not connect."""

import ssl
from typing import TYPE_CHECKING

from aiokafka.conn import collect_hosts, create_conn  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

if TYPE_CHECKING:
    from libs.events.kafka import Kafka

_ANOTHER_NAME = (62, 64)  # of OpenSSL: the host's name, its address


class NotLetIn(Exception):
    """A setting and the brokers disagree; the message names the setting, the rule and what is right, no secret."""


async def refusal(kafka: "Kafka") -> NotLetIn | None:
    """What the first broker that answers has against the settings; None when it lets us in, or none answers."""
    for host, port, _family in collect_hosts(kafka.bootstrap):
        try:
            connection = await create_conn(host, port, **kafka.connecting())
        except (ssl.SSLError, SaslAuthenticationFailed, UnsupportedSaslMechanismError) as error:
            return _said(kafka, f"{host}:{port}", error)
        except (OSError, KafkaError, TimeoutError):
            continue
        connection.close()
        return None
    return None


def _said(kafka: "Kafka", broker: str, error: Exception) -> NotLetIn:
    match error:
        case ssl.SSLCertVerificationError() if error.verify_code in _ANOTHER_NAME:
            what = f"the certificate of {broker} is made for another name; name brokers as their certificates do"
            return NotLetIn(f"{kafka.setting('BOOTSTRAP')}: {what}")
        case ssl.SSLCertVerificationError():
            trusted = kafka.ca_file or "the authorities of this system"
            what = f"the certificate of {broker} is not to be trusted by {trusted} ({error.verify_message})"
            return NotLetIn(f"{kafka.setting('CA_FILE')}: {what}; name the PEM file of the authority that signed it")
        case ssl.SSLError():
            what = f"{broker} does not speak TLS as {kafka.security} needs it ({error.reason})"
            return NotLetIn(f"{kafka.setting('SECURITY')}: {what}; name the protocol of that listener")
        case UnsupportedSaslMechanismError():
            what = f"{broker} lets nobody sign in by {kafka.mechanism}; name a mechanism of that listener"
            return NotLetIn(f"{kafka.setting('MECHANISM')}: {what}")
        case _:
            account = f"{kafka.setting('USER')}, {kafka.setting('PASSWORD')}"
            what = f"{broker} did not let {kafka.user!r} sign in by {kafka.mechanism}"
            return NotLetIn(f"{account}: {what}; an account of the cluster and its password are needed")
