"""Every published contract says what it means to reporting."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import fields

import pytest

from libs.events import contracts
from libs.events.contract import Contract
from services.reporting.consumers import CONSUMERS
from services.reporting.domain.mapping import BY_TYPE, TABLES
from services.reporting.domain.mapping.row import Context, Measures, Outcomes, Row

FIELDS_OF_MEASURES = {
    "measure_id", "first", "last", "quantity", "delivered", "fen", "need", "funding", "of_id", "on", "good",
}  # fmt: skip


def published() -> Iterator[type[Contract]]:
    """Every contract of every publisher's module."""
    for module in pkgutil.iter_modules(contracts.__path__):
        if module.ispkg:
            continue
        found = importlib.import_module(f"{contracts.__name__}.{module.name}")
        yield from (
            each
            for each in vars(found).values()
            if isinstance(each, type) and issubclass(each, Contract) and each.__module__ == found.__name__
        )


def missing(known: set[str]) -> set[str]:
    return {contract.type for contract in published()} - known


def test_every_published_contract_has_a_row() -> None:
    assert missing(set(BY_TYPE)) == set()


def test_a_contract_without_a_row_is_found() -> None:
    assert missing(set(BY_TYPE) - {"training.attended.v1"}) == {"training.attended.v1"}


def test_every_row_stands_in_the_table_of_its_publisher_and_is_consumed() -> None:
    for source, rows in TABLES.items():
        assert {row.contract.topic for row in rows} == {source}
    consumed = {contract.type for consumer in CONSUMERS for contract in consumer.handles}
    assert consumed == set(BY_TYPE)


@pytest.mark.parametrize("row", BY_TYPE.values(), ids=BY_TYPE.keys())
def test_a_row_names_fields_that_the_contract_has(row: Row) -> None:
    named = set(row.women)
    if isinstance(row.effect, Measures | Outcomes):
        named |= {getattr(row.effect, f.name) for f in fields(row.effect) if f.name in FIELDS_OF_MEASURES} - {None}
    elif not isinstance(row.effect, Context):
        named |= {value for f in fields(row.effect) if isinstance(value := getattr(row.effect, f.name), str)}
    assert named <= set(row.contract.model_fields)
