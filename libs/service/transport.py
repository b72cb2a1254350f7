"""Which transport carries facts between services: JINGUO_TRANSPORT=table (default) or kafka, with JINGUO_KAFKA_….

Read from the environment by a composition root; every wrong value is named with what would be right, a password never.
"""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn, cast, get_args

from libs.events.kafka import Kafka, Mechanism, Security
from libs.values.errors import Invalid

TRANSPORT: Final = "JINGUO_TRANSPORT"
PREFIX: Final = "JINGUO_KAFKA_"
BOOTSTRAP: Final = f"{PREFIX}BOOTSTRAP"
TOPIC_PREFIX: Final = f"{PREFIX}PREFIX"
SECURITY: Final = f"{PREFIX}SECURITY"
MECHANISM: Final = f"{PREFIX}MECHANISM"
USER: Final = f"{PREFIX}USER"
PASSWORD: Final = f"{PREFIX}PASSWORD"
CA_FILE: Final = f"{PREFIX}CA_FILE"
REPLICATION: Final = f"{PREFIX}REPLICATION"
KNOWN: Final = (BOOTSTRAP, TOPIC_PREFIX, SECURITY, MECHANISM, USER, PASSWORD, CA_FILE, REPLICATION)


def kafka_from(environment: Mapping[str, str]) -> Kafka | None:
    """The cluster to be used, None for the table transport; raises Invalid."""
    name = environment.get(TRANSPORT) or "table"
    if name not in {"table", "kafka"}:
        _wrong(TRANSPORT, name, "there are two transports", "table or kafka")
    if name == "table":
        return None
    unknown = sorted(each for each in environment if each.startswith(PREFIX) and each not in KNOWN)
    if unknown:
        _wrong(unknown[0], environment[unknown[0]], "there is no such setting", ", ".join(KNOWN))
    security = environment.get(SECURITY) or "PLAINTEXT"
    if security not in get_args(Security):
        _wrong(SECURITY, security, "not a security protocol of Kafka", ", ".join(get_args(Security)))
    mechanism = environment.get(MECHANISM) or "SCRAM-SHA-512"
    if mechanism not in get_args(Mechanism):
        _wrong(MECHANISM, mechanism, "not a mechanism this client has", ", ".join(get_args(Mechanism)))
    user, password = _sign_in(environment, security)
    return Kafka(
        _bootstrap(environment.get(BOOTSTRAP, "")),
        prefix=environment.get(TOPIC_PREFIX, "jinguo."),
        security=cast("Security", security),
        mechanism=cast("Mechanism", mechanism),
        ca_file=_ca_file(environment.get(CA_FILE, ""), security),
        replication=_replication(environment.get(REPLICATION, "")),
        user=user,
        password=password,
        settings=PREFIX,
    )


def _bootstrap(value: str) -> str:
    for part in value.split(","):
        host, _, port = part.strip().rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65_536:
            _wrong(BOOTSTRAP, value, "one or more brokers, separated by commas", "host:port, for example kafka:9092")
    return value


def _sign_in(environment: Mapping[str, str], security: str) -> tuple[str, str]:
    user, password = environment.get(USER, ""), environment.get(PASSWORD, "")
    for name, value in ((USER, user), (PASSWORD, password)):
        if security.startswith("SASL") and not value:
            _wrong(name, "", f"{security} signs in", "set it")
        if value and not security.startswith("SASL"):
            _wrong(name, "", f"{security} does not sign in", f"leave it out, or {SECURITY}=SASL_SSL")
    return user, password


def _ca_file(value: str, security: str) -> Path | None:
    if not value:
        return None
    if not security.endswith("SSL"):
        _wrong(CA_FILE, value, f"{security} is not encrypted", f"leave it out, or {SECURITY}=SSL or SASL_SSL")
    if not Path(value).is_file():
        _wrong(CA_FILE, value, "there is no such file", "a PEM file with the cluster's certificate authority")
    try:
        ssl.create_default_context(cafile=value)
    except (ssl.SSLError, OSError):
        _wrong(CA_FILE, value, "it holds no certificate", "a PEM file with the cluster's certificate authority")
    return Path(value)


def _replication(value: str) -> int | None:
    if value and not (value.isdigit() and 0 < int(value) < 100):
        _wrong(REPLICATION, value, "the number of copies of a topic that is made", "a number from 1 on, for example 3")
    return int(value) if value else None


def _wrong(name: str, value: str, rule: str, right: str) -> NoReturn:
    shown = f"{name}={value}" if value else f"{name} is not set" if right == "set it" else name
    message = f"{shown}: {rule}; right: {right}."
    raise Invalid("transport.setting", message, field=name, value=value, rule=rule, right=right)
