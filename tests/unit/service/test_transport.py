"""The transport is chosen by the environment, and a wrong setting says what would be right."""

from pathlib import Path

import pytest

from libs.events.kafka import Kafka
from libs.service.transport import kafka_from
from libs.values.errors import Invalid
from tests.support.certificates import authority

CHOSEN = {"JINGUO_TRANSPORT": "kafka", "JINGUO_KAFKA_BOOTSTRAP": "one:9092,two:9092"}
SIGNED = CHOSEN | {"JINGUO_KAFKA_USER": "registry", "JINGUO_KAFKA_PASSWORD": "geheim"}


@pytest.mark.parametrize("environment", [{}, {"JINGUO_TRANSPORT": "table"}, {"JINGUO_TRANSPORT": ""}])
def test_without_a_choice_facts_go_by_the_table(environment: dict[str, str]) -> None:
    assert kafka_from(environment) is None


def test_kafka_needs_no_more_than_its_brokers() -> None:
    assert kafka_from(CHOSEN) == Kafka("one:9092,two:9092")


def test_a_cluster_with_accounts_and_its_own_authority(tmp_path: Path) -> None:
    trusted = authority(tmp_path, "ca").file
    more = {
        "JINGUO_KAFKA_SECURITY": "SASL_SSL",
        "JINGUO_KAFKA_CA_FILE": str(trusted),
        "JINGUO_KAFKA_REPLICATION": "3",
    }
    found = kafka_from(SIGNED | more | {"JINGUO_KAFKA_PREFIX": "guizhou."})
    assert found == Kafka(
        "one:9092,two:9092",
        prefix="guizhou.",
        security="SASL_SSL",
        user="registry",
        password="geheim",
        ca_file=trusted,
        replication=3,
    )
    assert found is not None
    assert found.setting("USER") == "JINGUO_KAFKA_USER"
    assert "geheim" not in repr(found)


def test_a_file_that_holds_no_certificate_is_told_before_anything_connects(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    with pytest.raises(Invalid, match="it holds no certificate"):
        kafka_from(CHOSEN | {"JINGUO_KAFKA_SECURITY": "SSL", "JINGUO_KAFKA_CA_FILE": str(empty)})


@pytest.mark.parametrize(
    ("environment", "field", "words"),
    [
        ({"JINGUO_TRANSPORT": "rabbit"}, "JINGUO_TRANSPORT", "table or kafka"),
        ({"JINGUO_TRANSPORT": "kafka"}, "JINGUO_KAFKA_BOOTSTRAP", "host:port"),
        (CHOSEN | {"JINGUO_KAFKA_BOOTSTRAP": "kafka"}, "JINGUO_KAFKA_BOOTSTRAP", "host:port"),
        (CHOSEN | {"JINGUO_KAFKA_BOOTSTRAP": "kafka:99999"}, "JINGUO_KAFKA_BOOTSTRAP", "host:port"),
        (CHOSEN | {"JINGUO_KAFKA_BOOTSTRAPS": "kafka:1"}, "JINGUO_KAFKA_BOOTSTRAPS", "no such setting"),
        (CHOSEN | {"JINGUO_KAFKA_SECURITY": "TLS"}, "JINGUO_KAFKA_SECURITY", "PLAINTEXT, SSL"),
        (CHOSEN | {"JINGUO_KAFKA_SECURITY": "SASL_SSL"}, "JINGUO_KAFKA_USER", "is not set"),
        (SIGNED, "JINGUO_KAFKA_USER", "does not sign in"),
        (CHOSEN | {"JINGUO_KAFKA_MECHANISM": "GSSAPI"}, "JINGUO_KAFKA_MECHANISM", "SCRAM-SHA-512"),
        (CHOSEN | {"JINGUO_KAFKA_CA_FILE": "/no"}, "JINGUO_KAFKA_CA_FILE", "not encrypted"),
        (
            CHOSEN | {"JINGUO_KAFKA_SECURITY": "SSL", "JINGUO_KAFKA_CA_FILE": "/no"},
            "JINGUO_KAFKA_CA_FILE",
            "no such file",
        ),
        (CHOSEN | {"JINGUO_KAFKA_REPLICATION": "0"}, "JINGUO_KAFKA_REPLICATION", "from 1 on"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_right(environment: dict[str, str], field: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as error:
        kafka_from(environment)
    assert error.value.field == field
    assert field in error.value.message
    assert "geheim" not in error.value.message
